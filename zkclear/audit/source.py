"""Where an audit's inputs come from: a chain, or a file that was written from one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from zkclear.audit import dump
from zkclear.audit.chain import ChainReader
from zkclear.audit.inputs import Inputs


class Source(Protocol):
    """Gives the inputs of one audit."""

    def collect(self) -> Inputs:
        """Everything that the audit looks at."""


@dataclass(frozen=True, slots=True)
class ChainSource:
    """An Ethereum node and the address of the contract: all that an auditor has to be told."""

    rpc_url: str
    contract: str

    def collect(self) -> Inputs:
        """Reads the chain up to its present head."""
        return ChainReader(self.rpc_url, self.contract).collect()


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of `zkclear verify --dump`."""

    path: Path

    def collect(self) -> Inputs:
        """Reads the file."""
        return dump.read(self.path)
