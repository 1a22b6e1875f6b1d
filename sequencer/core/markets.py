"""What is listed now: the markets of the deployment, and those that the queue listed or changed since then."""

from dataclasses import replace

from sequencer.batching.prices import Panel
from sequencer.core.genesis import Genesis
from zkclear.rules.state import MarketConfig


class Markets:
    """Names, rules and the oracle's terms, by market index. They hold for the batch that opens next."""

    def __init__(self, genesis: Genesis) -> None:
        self.names: list[str] = list(genesis.names)
        self.configs: list[MarketConfig] = list(genesis.configs)
        self.panel: Panel = genesis.panel

    def __len__(self) -> int:
        return len(self.names)

    def change(self, index: int, config: MarketConfig) -> None:
        """New rules for a listed market; lot and tick stay, which the rule book checked."""
        self.configs[index] = config

    def list(self, name: str, config: MarketConfig) -> None:
        """One market more: from now on a report has one price more."""
        self.names.append(name)
        self.configs.append(config)
        self.panel = replace(self.panel, ticks_e8=(*self.panel.ticks_e8, config.tick_e8))
