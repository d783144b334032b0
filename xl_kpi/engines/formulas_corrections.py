"""Where the package ``formulas`` differs from Excel within our allow-list, put right in one place.

`CORRECTIONS` replaces functions in the table that ``formulas.get_functions()`` hands out; nothing in
``formulas`` itself is patched, and no replacement calls what it replaces through that table, so that
`apply` may run any number of times. The table is one for the process: every model compiled after
`apply` is corrected, models compiled before keep what they had.

Each function says what Excel gives. The tests by the same names in
``tests/engines/test_formulas_corrections.py`` hold them to it. What is not corrected, because the
allow-list keeps it out of our workbooks, stands as a known difference in
``tests/engines/test_engines_against_excel.py``.

In ``formulas``, an argument that is a reference to cells arrives as `Ranges`, the result of an
expression as an array or a plain value, and a blank cell is ``schedula.EMPTY``.
"""

from __future__ import annotations

import collections
import decimal
import math
import operator
import re
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import formulas
import numpy as np
import schedula
from formulas.errors import FoundError
from formulas.functions import COMPILING, wrap_func, wrap_impure_func, wrap_ufunc
from formulas.functions.logic import FUNCTIONS as _LOGIC

_DIVISION_BY_ZERO = formulas.DIV
_NOT_A_NUMBER = formulas.NUM
_WRONG_TYPE = formulas.VALUE


# Rounding


_FIFTEEN_DIGITS = decimal.Context(prec=15, rounding=decimal.ROUND_HALF_UP)
_UNLIMITED = decimal.Context(prec=1000)  # a double has at most 309 digits before the point


def _rounded(value: float, places: float, rounding: str) -> float:
    """`value` at `places` after the point, read to 15 significant digits first, as Excel reads it.

    1.005 is stored as 1.00499999999999989..., and 1.5*0.95 as 1.42499999999999982...; both are ties
    to Excel. Adding 0.0 turns -0.0 into 0.
    """
    read = _FIFTEEN_DIGITS.create_decimal_from_float(value)
    unit = decimal.Decimal(1).scaleb(-max(-400, min(400, int(places))))
    return float(read.quantize(unit, rounding=rounding, context=_UNLIMITED)) + 0.0


def _round(value: float, places: float) -> float:
    """ROUND: half away from zero. Excel: ROUND(1.005,2)=1.01, ROUND(-2.5,0)=-3."""
    return _rounded(value, places, decimal.ROUND_HALF_UP)


def _rounddown(value: float, places: float) -> float:
    """ROUNDDOWN: toward zero. Excel: ROUNDDOWN(0.29*100,0)=29, though the product is 28.999...96."""
    return _rounded(value, places, decimal.ROUND_DOWN)


# Numbers and what only looks like one


def _is_number(value: object) -> bool:
    """ISNUMBER: the text "3" is not a number, nor is TRUE, nor an error."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))


def _values(argument: Any) -> Iterator[Any]:
    """The values of one argument, cell by cell; a reference without values yet raises, as it should."""
    data = argument.value if isinstance(argument, formulas.Ranges) else argument
    yield from np.ravel(np.asarray(data, object))


def _numbers(arguments: tuple[Any, ...]) -> list[float]:
    """The numbers that SUM, MIN, MAX, AVERAGE and MEDIAN take from their arguments.

    From cells: numbers alone; texts (also "3" and ""), booleans and blanks are passed over. From an
    expression: a boolean counts as 0 or 1, a text must read as a number. An error is the result.

    Raises:
        FoundError: an error value among the arguments.
        ValueError: an expression gives a text that is no number: #VALUE! to Excel.
    """
    found = []
    for argument in arguments:
        from_cells = isinstance(argument, formulas.Ranges)
        for value in _values(argument):
            if isinstance(value, formulas.XlError):
                raise FoundError(err=value)
            if _is_number(value) or not (from_cells or value is schedula.EMPTY):
                found.append(float(value))
    return found


def _sum(*arguments: Any) -> float:
    return math.fsum(_numbers(arguments))


def _min(*arguments: Any) -> float:
    """MIN: 0 where there is no number."""
    return min(_numbers(arguments), default=0.0)


def _max(*arguments: Any) -> float:
    """MAX: 0 where there is no number."""
    return max(_numbers(arguments), default=0.0)


def _average(*arguments: Any) -> Any:
    """AVERAGE: #DIV/0! where there is no number."""
    numbers = _numbers(arguments)
    return math.fsum(numbers) / len(numbers) if numbers else _DIVISION_BY_ZERO


def _median(*arguments: Any) -> Any:
    """MEDIAN: #NUM! where there is no number."""
    numbers = _numbers(arguments)
    return statistics.median(numbers) if numbers else _NOT_A_NUMBER


def _count(*arguments: Any) -> int:
    """COUNT: the numbers in cells, and the arguments that are or read as one; errors are passed over."""
    count = 0
    for argument in arguments:
        from_cells = isinstance(argument, formulas.Ranges)
        for value in _values(argument):
            if _is_number(value) or (not from_cells and (value is True or _as_number(value) is not None)):
                count += 1
    return count


def _sumproduct(*arrays: Any) -> float:
    """SUMPRODUCT: what is not a number counts as 0, also the text "3"; shapes that differ are #VALUE!."""
    tables = [np.atleast_2d(np.asarray(array, object)) for array in arrays]
    if len({table.shape for table in tables}) > 1:
        raise FoundError(err=_WRONG_TYPE)
    products = []
    for factors in zip(*(table.ravel() for table in tables), strict=True):
        for factor in factors:
            if isinstance(factor, formulas.XlError):
                raise FoundError(err=factor)
        products.append(math.prod(float(v) if _is_number(v) else 0.0 for v in factors))
    return math.fsum(products)


# Counting by a criterion


_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.ASCII | re.IGNORECASE)
_ORDERINGS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_CRITERION = re.compile(r"(>=|<=|<>|>|<|=)?(.*)", re.DOTALL)


def _as_number(value: object) -> float | None:
    """The number that a cell's text reads as to a criterion, such as "3" or " 0.5"; else None."""
    is_text = isinstance(value, str) and not isinstance(value, schedula.Token)
    return float(str(value)) if is_text and _NUMBER.fullmatch(str(value)) else None


def _countif(cells: Any, criterion: Any) -> int:
    """COUNTIF as Excel reads a criterion.

    "<>" counts what is not blank, a formula's "" included; "=" counts the blank; "" both. "<>否" counts
    everything but 否, numbers and blanks too. An ordering with a number passes over text, also "9".
    Texts match whole, without regard to case, with the wildcards * and ?. A blank criterion is 0.
    """
    (wanted,) = _values(criterion)
    matches = _matcher(0 if wanted is schedula.EMPTY else wanted)
    return sum(map(matches, _values(cells)))


def _matcher(wanted: Any) -> Callable[[Any], bool]:
    """Whether one cell's value meets the criterion `wanted`."""
    if not isinstance(wanted, str) or isinstance(wanted, formulas.XlError):
        return lambda value: _equals(value, wanted)
    sign, operand = _CRITERION.fullmatch(wanted).groups()  # type: ignore[union-attr]  # matches any text
    if sign in _ORDERINGS:
        return _ordering(_ORDERINGS[sign], operand)
    equal = _equality(sign, operand)
    return (lambda value: not equal(value)) if sign == "<>" else equal


def _equality(sign: str | None, operand: str) -> Callable[[Any], bool]:
    if operand == "":
        if sign is None:
            return lambda value: value is schedula.EMPTY or _text(value) == ""
        return lambda value: value is schedula.EMPTY
    number = _as_number(operand)
    if number is not None:
        return lambda value: _equals(value, number)
    pattern = _wildcards(operand)
    return lambda value: (text := _text(value)) is not None and pattern.fullmatch(text) is not None


def _ordering(compare: Callable[[Any, Any], bool], operand: str) -> Callable[[Any], bool]:
    number = _as_number(operand)
    if number is not None:
        return lambda value: _is_number(value) and compare(value, number)
    folded = operand.casefold()
    return lambda value: (text := _text(value)) is not None and compare(text.casefold(), folded)


def _equals(value: Any, wanted: Any) -> bool:
    """Equality with a criterion that is not a text: a text that reads as the number equals it."""
    if _is_number(wanted):
        return bool(value == wanted if _is_number(value) else _as_number(value) == wanted)
    return type(value) is type(wanted) and bool(value == wanted)


def _text(value: Any) -> str | None:
    """The text of a cell that holds text; None for numbers, booleans, errors and blanks."""
    return str(value) if isinstance(value, str) and not isinstance(value, schedula.Token) else None


def _wildcards(operand: str) -> re.Pattern[str]:
    """`operand` as a pattern: * is any text, ? any one character, ~ takes the next one as it stands."""
    pieces = re.findall(r"~[*?~]|.", operand, re.DOTALL)
    signs = {"*": ".*", "?": "."}
    return re.compile(
        "".join(signs.get(piece) or re.escape(piece[-1]) for piece in pieces), re.IGNORECASE | re.DOTALL
    )


# Choosing


def _if(condition: Any, then: Any, otherwise: Any = False) -> Any:
    """IF gives the branch itself: a branch that is a reference stays one.

    So a blank branch is still equal to "" and still passed over by MIN, where ``formulas`` alone makes
    it 0. Conditions that are arrays are left to ``formulas``.
    """
    tests = list(_values(condition))
    if len(tests) != 1:
        return _LOGIC["IF"]["function"](condition, then, otherwise)
    (test,) = tests
    if isinstance(test, formulas.XlError):
        raise FoundError(err=test)
    if _text(test) is not None:
        raise FoundError(err=_WRONG_TYPE)
    return then if test is not schedula.EMPTY and test else otherwise


CORRECTIONS: dict[str, Any] = {
    "ROUND": wrap_ufunc(_round),
    "ROUNDDOWN": wrap_ufunc(_rounddown),
    "ISNUMBER": wrap_ufunc(
        _is_number,
        # Neither errors nor blanks are to be replaced or passed on before they are looked at.
        input_parser=lambda value: (value,),
        args_parser=lambda value: (value,),
        check_error=lambda value: None,
        check_nan=False,
    ),
    "SUM": wrap_func(_sum, ranges=True),
    "MIN": wrap_func(_min, ranges=True),
    "MAX": wrap_func(_max, ranges=True),
    "AVERAGE": wrap_func(_average, ranges=True),
    "MEDIAN": wrap_func(_median, ranges=True),
    "COUNT": wrap_func(_count, ranges=True),
    "COUNTIF": wrap_func(_countif),
    "SUMPRODUCT": wrap_func(_sumproduct),
    # COMPILING keeps ``formulas`` from settling a constant condition on a reference without values.
    "IF": {
        "extra_inputs": collections.OrderedDict([(COMPILING, False)]),
        "function": wrap_impure_func(wrap_func(_if, ranges=True)),
    },
}
"""What replaces what, by Excel's name of the function."""


def apply() -> None:
    """Put `CORRECTIONS` in force for every model compiled from now on."""
    formulas.get_functions().update(CORRECTIONS)
