"""Rounding as Excel does it: by hand, and against decimal arithmetic on what Excel shows."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xl_kpi.expr.semantics import excel_round, excel_rounddown

ROUNDED = [
    (1.005, 2, 1.01),
    (-1.005, 2, -1.01),
    (2.675, 2, 2.68),
    (1.115, 2, 1.12),
    (2.5, 0, 3.0),
    (-2.5, 0, -3.0),
    (0.5, 0, 1.0),
    (-0.4, 0, 0.0),
    (0.29 * 100, 0, 29.0),
    (1.5 * 0.95, 2, 1.43),
    (39.95 * 0.7 + 90.15 * 0.3, 2, 55.01),
    (0.15 + 0.15 + 0.15, 1, 0.5),
    (1.4249999999, 2, 1.42),
    (2 / 3, 4, 0.6667),
    (10 * 2 / 3, 2, 6.67),
    (0.1 + 0.2, 9, 0.3),
    (1 - 0.9, 9, 0.1),
    (1e-10, 9, 0.0),
    (123456789.125, 2, 123456789.13),
    (0.0, 2, 0.0),
    (1e300, 2, 1e300),
    # 15 digits that already are the result stay: rounding is not counting up.
    (1234567890123.45, 2, 1234567890123.45),
    (223166.628839725, 9, 223166.628839725),
    (779202238877433.0, 0, 779202238877433.0),
    # The 16th digit is not shown: 1000000000000.005 is 1000000000000.01 in 15.
    (1e12 + 0.005, 2, 1000000000000.01),
]
CUT = [
    (0.29 * 100, 0, 29.0),
    (0.57 * 100, 0, 57.0),
    (4.35 * 100, 0, 435.0),
    (1.1 * 1.1 * 100, 0, 121.0),
    (8.7 / 0.1, 0, 87.0),
    (2.26 + 2.94, 2, 5.2),
    (1.005, 2, 1.0),
    (1.15, 2, 1.15),
    (2.999, 2, 2.99),
    (2.675, 2, 2.67),
    (-2.5, 0, -2.0),
    (-2.7, 0, -2.0),
    (0.999999, 0, 0.0),
    (1e12 + 0.005, 2, 1000000000000.01),
    (0.0, 0, 0.0),
]


def one(function: object, x: float, digits: int) -> float:
    """One number through a function of arrays."""
    assert callable(function)
    return float(function(np.array([x]), digits)[0])


def shown(x: float) -> str:
    """A number as Excel shows it: 15 significant digits."""
    return f"{x:.15g}"


@pytest.mark.parametrize(("x", "digits", "expected"), ROUNDED)
def test_rounds_half_away_from_zero_on_the_digits_excel_shows(x: float, digits: int, expected: float) -> None:
    assert shown(one(excel_round, x, digits) + 0.0) == shown(expected)


@pytest.mark.parametrize(("x", "digits", "expected"), CUT)
def test_cuts_towards_zero_on_the_digits_excel_shows(x: float, digits: int, expected: float) -> None:
    assert shown(one(excel_rounddown, x, digits) + 0.0) == shown(expected)


@pytest.mark.parametrize("function", [excel_round, excel_rounddown])
def test_nan_stays_nan_and_infinity_stays_infinity(function: object) -> None:
    assert math.isnan(one(function, math.nan, 2))
    assert one(function, math.inf, 2) == math.inf
    assert one(function, -math.inf, 2) == -math.inf


def test_every_element_is_rounded_by_itself() -> None:
    x = np.array([1.005, np.nan, -2.675, 0.0, 99.995, 1e9])
    assert np.array_equal(excel_round(x, 2), [1.01, np.nan, -2.68, 0.0, 100.0, 1e9], equal_nan=True)
    assert np.array_equal(excel_rounddown(x, 2), [1.0, np.nan, -2.67, 0.0, 99.99, 1e9], equal_nan=True)


def test_the_result_is_the_number_nearest_to_the_decimals() -> None:
    """A score of 6.67 is the float that a file saying 6.67 is read as: engines are compared exactly."""
    x = np.arange(0, 150_000) / 100
    assert np.array_equal(excel_round(x + 1e-12, 2), x)
    assert np.array_equal(excel_round(x, 2), [float(f"{value:.2f}") for value in x])


# What can be typed or shown: up to 15 significant digits, anywhere around the decimal point.
decimals = st.builds(
    lambda n, k: float(Decimal(n).scaleb(-k)), st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 15)
)
# What comes of calculating: the last binary digits are noise.
amounts = st.integers(0, 100_000).map(lambda n: n / 100)
computed = st.one_of(
    st.builds(lambda a, b: a * b, amounts, amounts),
    st.builds(lambda a, b: a / b, amounts, amounts.filter(bool)),
    st.builds(lambda a, b: a - b, amounts, amounts),
    st.builds(lambda a, b: a * 0.7 + b * 0.3, amounts, amounts),
)
digit_counts = st.integers(0, 9)


def by_decimal(x: float, digits: int, mode: str) -> str:
    """The same in decimal arithmetic, from what Excel shows of the number."""
    return shown(float(Decimal(shown(x)).quantize(Decimal(1).scaleb(-digits), mode)))


@given(x=st.one_of(decimals, computed), digits=digit_counts)
@example(x=779202238877433.0, digits=0)
def test_round_is_decimal_half_up_of_what_is_shown(x: float, digits: int) -> None:
    assert shown(one(excel_round, x, digits) + 0.0) == shown(float(by_decimal(x, digits, ROUND_HALF_UP)) + 0.0)


@given(x=st.one_of(decimals, computed), digits=digit_counts)
def test_rounddown_is_decimal_down_of_what_is_shown(x: float, digits: int) -> None:
    assert shown(one(excel_rounddown, x, digits) + 0.0) == shown(float(by_decimal(x, digits, ROUND_DOWN)) + 0.0)


@given(x=st.one_of(decimals, computed), digits=digit_counts)
def test_rounding_twice_is_rounding_once(x: float, digits: int) -> None:
    once = one(excel_round, x, digits)
    assert shown(one(excel_round, once, digits) + 0.0) == shown(once + 0.0)
    assert shown(one(excel_rounddown, once, digits) + 0.0) == shown(once + 0.0)
