"""What a text seems to say where a number, a date or a choice belongs: so that its remedy can be named.

A text does not count, here as in the workbook's own formulas: it is 有误 until it is typed anew. Where it says one thing
only, that is what to type; where it does not, it is never guessed at.

| a text                                     | seems to say                                                          |
|--------------------------------------------|-----------------------------------------------------------------------|
| ' 95 ', '９５', '－5', '+95', '007'          | 95, 95, -5, 95, 7: width, kind of dash, case and outer space tell nothing |
| '1,234', '1，234.5'                         | 1234, 1234.5: commas only between proper groups of three               |
| '95分', '95 分', where 分 is the input's unit | 95: the input's own unit says nothing new                              |
| '95%', for a percentage                    | 0.95: percentages are fractions                                        |
| '95%', where the unit of a number is %     | 95: a number counts in its unit, as one in ‰ does (4.5‰ is 4.5)        |
| '2022-10-31', '2022/10/31', '2022.10.31', '2022年10月31日', '20221031', each also with a time of midnight | the serial number of that date |
| 'a++ ', 'Ａ＋＋', ' 是 '                     | the one listed choice that is equal but for width, dash, case and space |
| ' 无 ', where the scheme takes it         | “无”, nothing to rate                                                 |
| '—', 'nan', '1e5', '1_000', '1,23', '½', '5²', '九十五', '95-98', '约95', '95左右', '≥95', '95起' where the unit is 分, '95' or '0.95' or '9.5‰' for a percentage, '44865' or '31.10.2022' for a date | nothing: it stays invalid |
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata

from xl_kpi.expr import semantics
from xl_kpi.rules.parts import Input
from xl_kpi.xlsx.cells import serial

_NUMBER = re.compile(r"[-+]?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?")

_MIDNIGHT = r"(?:[ t]0?0:00(?::00)?)?"
_DATES = [
    re.compile(day + _MIDNIGHT)
    for day in (
        r"(?P<year>[0-9]{4})(?P<by>[-/.])(?P<month>[0-9]{1,2})(?P=by)(?P<day>[0-9]{1,2})",
        r"(?P<year>[0-9]{4}) ?年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?日",
        r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})",
    )
]
_FIRST_DAY = datetime.date(1900, 3, 1)  # Excel numbers the days before as if 1900 had been a leap year


def reading(text: str, spec: Input) -> float | str | None:
    """What a text stands for as an answer to an input, or None where it does not say one thing only.

    A number in the input's own unit (percentages as fractions), a date as its serial number of the 1900 system, one of
    the choices as listed, or “无” for a rate that takes it. Whether the answer is whole and in range is not judged here.
    For an input of kind text it is None: any text is an answer as it stands.
    """
    plain = _folded(text)
    if spec.kind == "text":
        return None
    if spec.kind == "choice":
        equal = [choice for choice in spec.choices if _folded(choice) == plain]
        return equal[0] if len(equal) == 1 else None
    if spec.kind == "date":
        return _date(plain)
    if spec.if_none is not None and plain == semantics.NONE:
        return semantics.NONE
    return _number(plain, spec)


def _number(plain: str, spec: Input) -> float | None:
    percentage = spec.kind == "percent"
    digits = plain.removesuffix("%" if percentage else _folded(spec.unit)).rstrip()
    # A percentage must say so: a bare '1' typed as text may be 1 % or 100 %.
    if not _NUMBER.fullmatch(digits) or (percentage and digits == plain):
        return None
    # The exponent goes into the decimal text: 95.3% is then exactly what 0.953 is.
    hundredths = "e-2" if percentage else ""
    number = float(digits.replace(",", "") + hundredths) + 0.0  # -0 is 0
    return number if math.isfinite(number) else None


def _date(plain: str) -> float | None:
    found = next((match for pattern in _DATES if (match := pattern.fullmatch(plain))), None)
    if found is None:
        return None
    try:
        day = datetime.date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:  # the 31st of February
        return None
    return serial(day) if day >= _FIRST_DAY else None


def _folded(text: str) -> str:
    """The text without differences that tell nothing: width, kind of dash, case, outer white space."""
    return "".join(map(_narrow, text)).translate(_DASHES).casefold().strip()


_DASHES = str.maketrans(dict.fromkeys("‐‒–—―−", "-"))
_WIDTHS = ("<wide>", "<narrow>", "<small>", "<noBreak>")


def _narrow(char: str) -> str:
    """The character at ordinary width. The whole of NFKC would make 52 of 5², and 1 of ①."""
    width, _, code = unicodedata.decomposition(char).partition(" ")
    return chr(int(code, 16)) if width in _WIDTHS else char
