"""What an input is asked for in, in words an official uses: beside its cell, in the boxes of Excel, and in findings.

Dates are dates, percentages carry their sign, and a limit that only keeps a machine's numbers in hand is not spoken of.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

from xl_kpi.expr import semantics
from xl_kpi.rules.parts import Input, Kind
from xl_kpi.words import Fact, Said, in_words, said
from xl_kpi.xlsx.cells import serial

# From here on a greatest number is there for the machine: nobody has to be told.
_MACHINE = 1e6
_FEW = 100  # a range up to here is something to go by: months, an index, points
# Below this a least number says that there must be something.
_ABOVE_NOTHING = 1e-4
_LAST_DAY = serial(datetime.date(9999, 12, 31))

PERCENTAGE = "连百分号一起输入，如 98.5%、0.4%"


def plain(number: float) -> str | Said:
    """A number as one writes it: no exponent, no more than ten digits that count."""
    text = f"{number:.10g}"
    if "e" not in text:
        return text
    size = math.floor(math.log10(abs(number)))
    if size >= 16:
        return said("asking.digits", count=size + 1)
    if size < -12:
        return said("asking.next-to-nothing")
    return format(Decimal(text), "f")


def shown(number: float, kind: Kind) -> str | Said:
    """An answer or a limit as one writes it: 2022-10-25, 98.5%, 12."""
    if kind == "percent":
        # Scaled as a decimal: 0.07 is 7%, not 7.000000000000001%.
        scaled = float(Decimal(repr(number)).scaleb(2))
        if not math.isfinite(scaled):
            return plain(number)
        percent = plain(scaled)
        return f"{percent}%" if isinstance(percent, str) else said("asking.percent", number=percent)
    if kind == "date" and 1 <= number <= _LAST_DAY:
        return _day(number)
    return plain(number)


def _day(number: float) -> str:
    moment = datetime.datetime(1899, 12, 30) + datetime.timedelta(days=number)
    return f"{moment:%Y-%m-%d}" if number == int(number) else f"{moment:%Y-%m-%d %H:%M}"


# beside the cell


def manner(spec: Input) -> str:
    """How to fill an input in, with what the scheme says about it: for the column beside it and the box at the cell."""
    return "；".join(text for text in (hint(spec), spec.note) if text)


def hint(spec: Input) -> str:
    """How to fill an input in, as far as the scheme's own note does not say it."""
    if spec.kind == "choice":
        return f"从下拉框选择：{'、'.join(spec.choices)}"
    if spec.kind == "text":
        return "用文字填写"
    low, high = spec.bounds
    if spec.kind == "date":
        return f"{'如' if '日期' in spec.note else '填日期，如'} {_example(spec)}"
    if spec.kind == "percent":
        none = "" if spec.if_none is None else f"；没有发生填“{semantics.NONE}”"
        return PERCENTAGE + ("；可以大于100%" if high > 1 else "") + ("；下降的填负数" if low < 0 else "") + none
    what = _counted(spec) if spec.kind == "count" else _measured(spec)
    if high <= _FEW:
        least = in_words(plain(max(low, 0) if low < 1e-3 else low), "zh")
        return f"{what}，{least}至{in_words(plain(high), 'zh')}"
    if low > 0:
        return f"{what}，须大于0"
    if low < 0:
        return f"{what}，可填负数"
    if spec.kind == "count" and "填0" not in spec.note:
        none = "没有发生" if spec.unit in _HAPPENINGS else "没有的"
        return f"{what}；{none}填0，不要写“无”"
    return what


_HAPPENINGS = frozenset(["起", "次", "例", "件"])
_NUMBERED = frozenset(
    ["起", "次", "例", "件", "人", "项", "个", "家", "场", "条", "种", "类", "个月", "个季度", "天"]
)
_MEASURES = {"小时": "72", "天": "8.5", "万元": "120.5", "亿元": "1.2", "元": "60", "升": "1850.5", "平方米": "3200"}


def _counted(spec: Input) -> str:
    return f"填{spec.unit.removeprefix('个') or '个'}数" if spec.unit in _NUMBERED else "填整数"


def _measured(spec: Input) -> str:
    example = _MEASURES.get(spec.unit)
    return f"按{spec.unit}填，如 {example}" if example else "填数字，可带小数"


def _example(spec: Input) -> str:
    """A date that may be filled in: 25 October of the year in the middle of the range, if it lies within."""
    low, high = spec.bounds
    if not 1 <= low <= high <= _LAST_DAY:
        return "2022-10-25"
    middle = datetime.date(1899, 12, 30) + datetime.timedelta(days=(low + high) // 2)
    day = datetime.date(middle.year, 10, 25)
    return f"{day if low <= serial(day) <= high else middle}"


# what is not accepted


def wanted(spec: Input) -> Said:
    """What an input must be, as a request: for the box that refuses an answer, and for what to do about one."""
    if spec.kind == "choice":
        if len(spec.choices) == 2:
            return said("asking.choose-one-of-two", one=spec.choices[0], other=spec.choices[1])
        return said("asking.choose-one", choices=spec.choices)
    if spec.kind == "text":
        return said("asking.text")
    low, high = spec.bounds
    if spec.kind == "date":
        return _wanted_date(spec)
    if spec.kind == "percent":
        if high > 1:
            return said("asking.percentage", none=_or_none(spec))
        return said("asking.percentage-within", range=_between(spec), none=_or_none(spec))
    number = said(f"kind.{spec.kind}")
    if high <= _FEW:
        return said("asking.within", range=_between(spec), number=number)
    if low >= _ABOVE_NOTHING:
        return said("asking.at-least", least=plain(low), number=number)
    if low > 0:
        return said("asking.above-0", number=number)
    if high < _MACHINE and spec.unit in _MEASURES:
        return said("asking.measured", unit=spec.unit, example=_MEASURES[spec.unit])
    return said("asking.not-below-0" if low == 0 else "asking.any", number=number)


def _or_none(spec: Input) -> Fact:
    return "" if spec.if_none is None else said("asking.or-none")


def _wanted_date(spec: Input) -> Said:
    low, high = (_day(limit) if 1 <= limit <= _LAST_DAY else "" for limit in spec.bounds)
    if spec.bounds[1] - spec.bounds[0] > 3 * 366:  # so wide that it only keeps slips out
        return said("asking.date", example=_example(spec))
    if low[4:] == "-01-01" and high[4:] == "-12-31" and low[:4] == high[:4]:
        return said("asking.date-of-year", year=low[:4], example=_example(spec))
    return said("asking.date-within", range=_between(spec), example=_example(spec))


def _between(spec: Input) -> Said:
    return said("asking.above" if _only_above(spec) else "asking.between", **_ends(spec))


def _only_above(spec: Input) -> bool:
    """Whether the least is there only so that there is something: it is told as above 0."""
    return 0 < spec.bounds[0] < _ABOVE_NOTHING


def _ends(spec: Input) -> dict[str, Fact]:
    low, high = spec.bounds
    return {"first": shown(0.0 if _only_above(spec) else low, spec.kind), "last": shown(high, spec.kind)}


def outside(number: float, spec: Input) -> Said:
    """Why a number is out of range, and what the range is."""
    low, high = spec.bounds
    if high < _MACHINE or spec.kind == "date":
        must = said("asking.must-lie-above" if _only_above(spec) else "asking.must-lie-between", **_ends(spec))
    elif number > high:
        must = said("asking.too-large")
    elif low == 0:
        must = said("asking.not-negative")
    elif _only_above(spec):
        must = said("asking.must-be-above-0")
    else:
        must = said("asking.must-be-at-least", least=shown(low, spec.kind))
    return said("asking.outside", value=shown(number, spec.kind), must=must)


def remedy_for_blank(spec: Input) -> Said:
    """What to do about an input that is not filled in."""
    if spec.kind == "choice":
        return said("asking.blank-choice")
    if spec.kind == "date":
        return said("asking.blank-date", example=_example(spec))
    if spec.kind == "percent":
        return said("asking.blank-percentage", none=_or_none(spec))
    if spec.kind == "text" or spec.bounds[0] > 0:
        return said("asking.blank")
    if spec.kind == "count" and (spec.unit in _HAPPENINGS or not spec.unit):
        return said("asking.blank-happening")
    return said("asking.blank-or-0")
