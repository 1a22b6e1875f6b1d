"""How an audit tells what it is doing."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


def silent(_what: str, _done: int, _all: int) -> None:
    """For whoever does not want to know."""
