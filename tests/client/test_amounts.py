"""Numbers in and out of the SDK."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkclear.client import amounts, round_to_step
from zkclear.client.errors import BadRequest, InvalidOrder


@pytest.mark.parametrize(
    ("call", "fix"),
    [
        (lambda: amounts.size_e8(0.5, lot_e8=1), "size='0.5'"),
        (lambda: amounts.price_e8(3000.1, tick_e8=1), "price='3000.1'"),
        (lambda: amounts.money_e6(10.5), "amount='10.5'"),
    ],
)
def test_a_float_is_refused_with_the_string_to_pass(call, fix):
    with pytest.raises(TypeError, match=fix):
        call()


@pytest.mark.parametrize("value", [True, None, b"1", [1]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match="must be a Decimal, str or int"):
        amounts.decimal(value, name="size")


@pytest.mark.parametrize("value", ["", "abc", "1,5", "NaN", "Infinity"])
def test_text_that_is_no_number_says_how_to_write_it(value):
    with pytest.raises(BadRequest) as caught:
        amounts.decimal(value, name="size")
    assert caught.value.metadata["field"] == "size"


@pytest.mark.parametrize("value", [Decimal("0.5"), "0.5", "0.50"])
def test_a_size_on_its_lot_is_exact(value):
    assert amounts.size_e8(value, lot_e8=100_000) == 50_000_000


def test_a_size_off_its_lot_names_its_neighbours():
    with pytest.raises(InvalidOrder) as caught:
        amounts.size_e8("0.5005", lot_e8=100_000)
    assert caught.value.reason == "SIZE_OFF_LOT"
    assert caught.value.metadata == {
        "nearest_down_e8": "50000000",
        "nearest_up_e8": "50100000",
        "lot_e8": "100000",
    }


def test_a_price_off_its_tick_names_its_neighbours():
    with pytest.raises(InvalidOrder, match=r"the nearest are 3000\.1 and 3000\.2") as caught:
        amounts.price_e8("3000.15", tick_e8=10_000_000)
    assert caught.value.reason == "PRICE_OFF_TICK"


@pytest.mark.parametrize("value", ["0", "-1", "0.00000000001"])
def test_a_size_must_be_positive_and_the_nearest_is_one_lot(value):
    with pytest.raises(InvalidOrder) as caught:
        amounts.size_e8(value, lot_e8=100_000)
    assert caught.value.metadata["nearest_up_e8"] == "100000"


@pytest.mark.parametrize("value", ["0.0000001", "0", "-3", str(2**64)])
def test_money_has_at_most_six_decimals_and_is_positive(value):
    with pytest.raises(BadRequest, match="at most 6 decimals"):
        amounts.money_e6(value)


@given(st.integers(1, 2**40 - 1), st.integers(1, 2**20))
def test_sizes_on_the_grid_come_back(lots, lot_e8):
    assert amounts.size_e8(amounts.from_e8(lots * lot_e8), lot_e8=lot_e8) == lots * lot_e8


@given(st.integers(0, 2**63))
def test_units_are_exact_and_have_no_trailing_zeros(value):
    text = f"{amounts.from_e8(value):f}"
    assert Decimal(text) * 10**8 == value
    assert not text.endswith("0") or "." not in text


def test_rounding_is_asked_for_and_says_which_way():
    step = Decimal("0.1")
    assert round_to_step("3000.19", step) == Decimal("3000.1")
    assert round_to_step("3000.11", step, up=True) == Decimal("3000.2")
    assert round_to_step("3000.1", step, up=True) == Decimal("3000.1")


@pytest.mark.parametrize(
    ("given_span", "seconds"),
    [("90s", 90), ("15m", 900), ("24h", 86_400), ("30d", 2_592_000), (60, 60), (timedelta(hours=1), 3_600)],
)
def test_spans_of_time(given_span, seconds):
    assert amounts.seconds(given_span) == seconds


@pytest.mark.parametrize("span", ["soon", "-1h", "0s", 0, -5, "1 week"])
def test_a_span_that_is_none_says_so(span):
    with pytest.raises(BadRequest):
        amounts.seconds(span)


def test_a_fraction_may_be_a_percentage():
    assert amounts.fraction("1%", name="slippage") == amounts.fraction("0.01", name="slippage")
    with pytest.raises(BadRequest, match="below 1"):
        amounts.fraction("100%", name="slippage")
