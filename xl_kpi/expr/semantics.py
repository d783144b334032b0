"""The one table of decisions that both compilers follow: words, blanks, errors, rounding, comparing.

| question                    | decision                                                                    |
|-----------------------------|-----------------------------------------------------------------------------|
| a cell nobody filled        | is "" once adopted; it is never 0 and never "not triggered"                  |
| “无” in a rate              | fills it where the scheme says what nothing to rate is worth (`if_none`); it is a    |
|                             | text, never 0, and contradicts a count above 0 of what is rated                      |
| a task that nothing is      | shows 不参评 in place of a score and has no points; sums pass over the word          |
| assessed of                 |                                                                                      |
| an error value in an input  | becomes the text ERROR_TEXT, so that its status is 有误 and nothing is scored |
| a task with unready inputs  | shows the word 未填 or 有误 in place of a score; sums pass over words         |
| rounding                    | half away from zero on 15 significant digits, as Excel's ROUND               |
| comparing                   | both sides are rounded to COMPARE_DIGITS decimals first                      |
| comparing texts             | case does not count, as in Excel                                             |
| percentages                 | are stored as fractions: 95% is 0.95                                         |
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

COMPARE_DIGITS: Final = 9

# The words a cell may show in place of a number.
FILLED: Final = "已填"
OPTIONAL: Final = "选填"
MISSING: Final = "未填"
INVALID: Final = "有误"
OUT_OF_RANGE: Final = "超范围"
INCONSISTENT: Final = "不一致"
PASSED: Final = "通过"
TRIGGERED: Final = "触发"
NOT_TRIGGERED: Final = "未触发"
UNFINISHED: Final = "未完成"
EXCLUDED: Final = "不参评"
COMPLETE: Final = "已完成"
ERROR_TEXT: Final = "错误值"
NONE: Final = "无"  # what is answered where nothing happened that could be rated


def excel_round(x: Floats, digits: int) -> Floats:
    """Round half away from zero as Excel does: 1.005 to two digits is 1.01.

    Excel decides on the decimal value a user sees (15 significant digits), not on the binary one; NaN stays NaN.
    """
    return _at_digits(x, digits, 0.5)


def excel_rounddown(x: Floats, digits: int) -> Floats:
    """Cut towards zero as Excel's ROUNDDOWN does: 0.29*100 cut to a whole number is 29."""
    return _at_digits(x, digits, 0.0)


def _at_digits(x: Floats, digits: int, add: float) -> Floats:
    shown = _shown(np.abs(x))
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = shown * 10.0**digits
        cut = np.floor(_shown(scaled) + add) / 10.0**digits
        # From 15 digits before the point on there is nothing left to round.
        return np.sign(x) * np.where(scaled >= 1e15, shown, cut)


_LARGE = 1e10  # from here on the whole part is split off: scaling it up would cost it its last digits


def _shown(x: Floats) -> Floats:
    """The value at 15 significant digits, which is what Excel shows and rounds; x is not negative."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        whole = np.where(x >= _LARGE, np.floor(x), 0.0)
        rest = x - whole
        exponent = np.where(x == 0, 0.0, np.floor(np.log10(x)))
        exponent = np.where(10.0**exponent > x, exponent - 1, exponent)  # log10 of 999999999999998 is 15
        places = np.clip(14 - exponent, -300, 300)
        # Scale by a power of ten that is exact (up to 1e22), dividing for large values: no error of its own.
        up = 10.0 ** np.maximum(places, 0)
        down = 10.0 ** np.maximum(-places, 0)
        rounded = np.where(places >= 0, whole + np.rint(rest * up) / up, np.rint(x / down) * down)
        return np.where(np.isfinite(x), rounded, x)
