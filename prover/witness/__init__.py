"""A sealed batch and the tree that it starts from become the private inputs of the circuit."""

from prover.witness.builder import Built, build_witness
from prover.witness.sealed import parse_batch

__all__ = ["Built", "build_witness", "parse_batch"]
