"""The parts of the prover, made from the configuration and the chain. Each refuses what does not fit together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

from prover.config import ProverSettings, Settings
from prover.entries import SigningContext
from prover.line import Line
from prover.metrics import Metrics, Parts
from prover.proving.jobs import JobQueue
from prover.proving.keys import CircuitKeys, load_keys
from prover.proving.records import ProvedBatch
from prover.settlement.artifacts import contract_abi
from prover.settlement.chain import Chain, Landed
from prover.settlement.deploy import require_usable
from prover.settlement.errors import ChainMismatchError
from prover.settlement.genesis import read_genesis, read_listings
from prover.settlement.intents import IntentStore
from prover.settlement.outbox import Outbox, SettlementRules
from prover.settlement.watch import ChainWatch
from prover.settlement.worker import SettlementWorker
from prover.store import BatchStore
from zkclear import __version__
from zkclear.crypto.eip712 import Domain
from zkclear.crypto.entry import listing
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.shapes import SHAPES


@dataclass(frozen=True, slots=True)
class Stores:
    """What is on the disk."""

    batches: BatchStore
    intents: IntentStore

    def close(self) -> None:
        """Lets both files go."""
        self.batches.close()
        self.intents.close()


def contract_keys(chain: Chain, settings: ProverSettings) -> dict[str, CircuitKeys]:
    """The keys of the contract's shapes; each must be the key inside the deployed verifier."""
    names = {(shape.orders, shape.fills, shape.requests): shape.name for shape in SHAPES}
    found = {}
    for capacity, index in chain.shape_indexes().items():
        if capacity not in names:
            raise ChainMismatchError(
                f"the contract's shape {index} has capacities {capacity}, which no shape has"
            )
        keys = load_keys(names[capacity], keys_path=settings.keys_path, program=settings.program)
        require_usable(keys, chain_id=chain.chain_id, code=chain.verifier_code(index))
        found[keys.shape] = keys
    return found


def open_stores(chain: Chain, settings: ProverSettings) -> Stores:
    """The data folder, if it is that of this deployment."""
    path = settings.data_path
    stores = Stores(BatchStore(path / "batches.sqlite3"), IntentStore(path / "settlement.sqlite3"))
    block, timestamp = chain.genesis()
    stores.batches.require_identity(
        {
            "chain": str(chain.chain_id),
            "contract": chain.address,
            "circuits": chain.circuit_id().hex(),
            "deployment": f"block {block}, time {timestamp}",
        }
    )
    return stores


def replayed_line(
    chain: Chain,
    stores: Stores,
    queue: JobQueue,
    keys: Mapping[str, CircuitKeys],
    *,
    finality: int | str,
) -> Line:
    """State and tree after every batch in the data folder, compared with the last final one on the way."""
    tree = StateTree(read_genesis(chain.contract))
    final = chain.final_block(finality)
    block, _ = chain.genesis()
    number, root = chain.position(final) if final >= block else (0, tree.root)
    line = Line(
        store=stores.batches,
        queue=queue,
        keys=keys,
        signing=signing_context(chain),
        domain=chain.domain_word(),
        tree=tree,
        settled_number=number,
        settled_root=root,
        queued_market=chain.queued_market,
    )
    line.replay()
    return line


def metrics(
    chain: Chain,
    stores: Stores,
    queue: JobQueue,
    keys: Mapping[str, CircuitKeys],
    *,
    line: Line,
    worker: SettlementWorker,
    watch: ChainWatch,
) -> Metrics:
    """What Prometheus reads."""
    return Metrics(
        Parts(
            queue=queue,
            batches=stores.batches,
            intents=stores.intents,
            outbox=worker.outbox,
            watch=watch,
            line=line,
            max_lag_s=chain.max_lag_s(),
            build={"version": __version__, "circuit_id": f"0x{chain.circuit_id().hex()}"},
            keys={shape: f"0x{each.verifying_key_hash.hex()}" for shape, each in keys.items()},
        )
    )


def signing_context(chain: Chain) -> SigningContext:
    """What signatures depend on before batch 1: domain, markets and the token's symbol."""
    token = chain.node.eth.contract(
        address=to_checksum_address(chain.contract.functions.token().call()), abi=contract_abi("DevToken")
    )
    return SigningContext(
        domain=Domain(chain_id=chain.chain_id, contract=int(chain.address, 16)),
        listings=[listing(each.name, each.config) for each in read_listings(chain.contract)],
        asset=str(token.functions.symbol().call()),
    )


def settlement_worker(
    chain: Chain,
    account: LocalAccount,
    stores: Stores,
    settings: Settings,
    *,
    on_settled: Callable[[Landed], None],
    on_failed: Callable[[int, str], None],
) -> SettlementWorker:
    """The one user of the settlement key."""
    block, _ = chain.genesis()
    rules = SettlementRules(
        finality=settings.chain.finality,
        max_fee_gwei=settings.settlement.max_fee_gwei,
        bump_after_s=settings.settlement.bump_after_s,
        bump_percent=settings.settlement.bump_percent,
        max_in_flight=settings.settlement.max_in_flight,
        start_block=max(block, settings.chain.start_block),
    )

    def proved(number: int) -> ProvedBatch | None:
        kept, sealed = stores.batches.proved(number), stores.batches.sealed(number)
        if kept is None or sealed is None:
            return None
        return ProvedBatch(sealed, kept.proof, old_root=kept.old_root, new_root=kept.new_root)

    return SettlementWorker(
        chain=chain,
        intents=stores.intents,
        outbox=Outbox(chain, account, stores.intents, rules, clock_s=lambda: int(time.time())),
        proved=proved,
        on_settled=on_settled,
        on_failed=on_failed,
    )
