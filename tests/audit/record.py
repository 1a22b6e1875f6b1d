"""
Writes `recorded.json`: the audit inputs of a real local network, with real proofs of shape tiny.

    python tests/audit/record.py

It opens two accounts, trades, withdraws both ways and names an agent. Needed again when the verifier's compiler settings, the words
or the rules change: the recording is then that of another system.
"""

import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from devnet.network import Network, network  # noqa: E402 - the path comes first
from devnet.oracles import Oracles  # noqa: E402 - as above
from zkclear.audit import dump  # noqa: E402 - as above
from zkclear.audit.source import ChainSource  # noqa: E402 - as above
from zkclear.client import Client, DevSigner  # noqa: E402 - as above

TARGET = Path(__file__).with_name("recorded.json")
PRICES = {"ETH-USD": Decimal("3000.15"), "BTC-USD": Decimal(60_000)}
LIMIT_S = 120
AGENT = "0x" + "11" * 20


def wait(done, what: str) -> None:
    """Looks until it is done, for a while."""
    deadline = time.monotonic() + LIMIT_S
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {LIMIT_S} s")
        time.sleep(0.5)


def play(running: Network, client: Client) -> None:
    """Every kind of entry and request that a batch of shape tiny can hold, a few batches long."""
    chains = [client.chain(running.rpc_url, DevSigner(n)) for n in (1, 2)]
    for chain in chains:
        chain.mint(20_000)
        chain.open(10_000)
    wait(lambda: len(client.sub_accounts(chains[1].address)) == 1, "the second account")
    seller, buyer = (client.trading(DevSigner(n), n + 1) for n in (1, 2))
    seller.place("ETH-USD", "sell", "0.25", "3000.10")
    buyer.place("ETH-USD", "buy", "0.25").wait("SETTLED", timeout=LIMIT_S)
    seller.withdraw("100.5").wait("SETTLED", timeout=LIMIT_S)
    chains[0].request_withdrawal(2, 50)
    chains[0].authorize_agent(2, AGENT)
    chains[0].claim()
    wait(lambda: client.account(2).state().agent == AGENT, "the agent")
    wait(lambda: all(batch.status == "SETTLED" for batch in client.batches()), "the last batch")


def main() -> None:
    """Starts a network, plays, and writes what an auditor sees."""
    with (
        tempfile.TemporaryDirectory() as folder,
        network(Path(folder), shapes=("tiny",), max_age_ms=1_500, progress=print) as running,
        Client(running.public, rpc_url=running.rpc_url) as client,
        Oracles(client, running.oracles) as oracles,
    ):
        oracles.show(PRICES)
        play(running, client)
        dump.write(ChainSource(running.rpc_url, running.deployment.settlement).collect(), TARGET)
    sys.stdout.write(f"written: {TARGET}\n")


if __name__ == "__main__":
    main()
