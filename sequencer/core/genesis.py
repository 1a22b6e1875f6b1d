"""What the contract fixes for ever: the first command of every journal."""

from dataclasses import dataclass
from typing import Any

from sequencer.batching.prices import Panel
from zkclear.crypto.eip712 import Domain
from zkclear.rules.markets import CONFIG_FIELDS, config_of_fields
from zkclear.rules.shapes import MARKETS, Shape, shape_by_name
from zkclear.rules.state import MarketConfig, State, genesis
from zkclear.rules.units import Address, Quote, Seconds


@dataclass(frozen=True, slots=True)
class Genesis:
    """The exchange as it was deployed. `record` is the same as plain values, for the journal and between processes."""

    record: dict[str, Any]
    domain: Domain
    asset: str
    names: tuple[str, ...]
    configs: tuple[MarketConfig, ...]
    panel: Panel
    shapes: tuple[Shape, ...]
    fee_recipient: Address
    timestamp: Seconds
    deadline_s: Seconds
    bond_e6: Quote

    def state(self) -> State:
        """The state that the contract's constructor put into its first root."""
        return genesis(
            self.configs, fee_recipient=self.fee_recipient, timestamp=self.timestamp, markets=MARKETS
        )


def config_of_record(market: dict[str, Any]) -> MarketConfig:
    """The rules of a market in a record."""
    return config_of_fields([market[name] for name in CONFIG_FIELDS])


def read_genesis(record: dict[str, Any]) -> Genesis:
    """The exchange that a record describes. Addresses are 20 bytes there."""
    configs = tuple(config_of_record(market) for market in record["markets"])
    panel = Panel(
        signers=tuple(Address(int.from_bytes(signer, "big")) for signer in record["oracle_signers"]),
        quorum=record["oracle_quorum"],
        report_max_age=Seconds(record["report_max_age"]),
        max_move=record["max_move_ppm"],
        max_move_a_second=record["max_move_ppm_per_second"],
        ticks_e8=tuple(config.tick_e8 for config in configs),
    )
    return Genesis(
        record=record,
        domain=Domain(record["chain_id"], int.from_bytes(record["contract"], "big")),
        asset=record["asset"],
        names=tuple(market["name"] for market in record["markets"]),
        configs=configs,
        panel=panel,
        shapes=tuple(shape_by_name(name) for name in record["shapes"]),
        fee_recipient=Address(int.from_bytes(record["fee_recipient"], "big")),
        timestamp=Seconds(record["timestamp"]),
        deadline_s=Seconds(record["request_deadline"]),
        bond_e6=Quote(record["bond_e6"]),
    )
