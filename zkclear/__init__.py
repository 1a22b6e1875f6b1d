"""The version of zkclear, and nothing else."""

__version__ = "0.1.0"
