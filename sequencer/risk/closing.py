"""
The closing rule, asked after every fill: could this account end the batch as it stands now?

Home: `zkclear/rules/closing.py`. Compared with it by `tests/sequencer/test_risk.py`.
"""

from sequencer.batching.rows import Row
from sequencer.risk.margin import Valuation
from zkclear.rules.orders import did_not_grow
from zkclear.rules.units import QUOTE_BOUND, SIZE_BOUND, Lots


def may_close(row: Row, collateral: int, sizes: list[int], valuation: Valuation) -> bool:
    """Whether `row` with these values is unchanged, healthy or reduced against its opening state."""
    if sizes == row.opening_sizes and collateral >= row.opening_collateral:
        return True
    equity = valuation.equity(collateral, sizes)
    if equity >= valuation.initial(sizes):
        return True
    return _reduced(row, equity, sizes, valuation)


def _reduced(row: Row, equity: int, sizes: list[int], valuation: Valuation) -> bool:
    required_before = valuation.maintenance(row.opening_sizes)
    if required_before == 0 or row.withdrawn != 0:
        return False
    if not all(
        did_not_grow(Lots(before), Lots(after))
        for before, after in zip(row.opening_sizes, sizes, strict=True)
    ):
        return False
    equity_before = valuation.equity(row.opening_collateral, row.opening_sizes)
    return equity * required_before >= equity_before * valuation.maintenance(sizes)


def in_bounds(row: Row, collateral: int, size: int, market: int, valuation: Valuation) -> bool:
    """Whether a position of `size` and this collateral fit the state; home: `closing.check_bounds`."""
    if not (-QUOTE_BOUND < collateral < QUOTE_BOUND and -SIZE_BOUND < size < SIZE_BOUND):
        return False
    grew = not did_not_grow(Lots(row.opening_sizes[market]), Lots(size))
    return not (grew and valuation.too_valuable(size, market))
