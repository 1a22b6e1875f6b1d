"""How long a search looks: a first look for every change, and `--hypothesis-profile=long` for the longer one."""

from hypothesis import settings

LONGER = 5
"""How many times as much the long profile looks for."""
QUICK_EXAMPLES = 1_000
"""The quick profile has fewer examples than this, the long one more."""


def times(count: int) -> int:
    """`count` for every change, and `LONGER` times as many in the long profile."""
    return count * LONGER if settings().max_examples > QUICK_EXAMPLES else count
