"""What an input is asked for in, in words an official uses: beside its cell, in the boxes of Excel, and in findings.

Dates are dates, percentages carry their sign, and a limit that only keeps a machine's numbers in hand is not spoken of.
"""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

from xl_kpi.expr import semantics
from xl_kpi.findings import either
from xl_kpi.rules.parts import Input, Kind
from xl_kpi.xlsx.cells import serial

# From here on a greatest number is there for the machine: nobody has to be told.
_MACHINE = 1e6
_FEW = 100  # a range up to here is something to go by: months, an index, points
# Below this a least number says that there must be something.
_ABOVE_NOTHING = 1e-4
_LAST_DAY = serial(datetime.date(9999, 12, 31))

PERCENTAGE = "连百分号一起输入，如 98.5%、0.4%"


def plain(number: float) -> str:
    """A number as one writes it: no exponent, no more than ten digits that count."""
    text = f"{number:.10g}"
    if "e" not in text:
        return text
    size = math.floor(math.log10(abs(number)))
    if size >= 16:
        return either(f"{size + 1}位数", f"a number of {size + 1} digits")
    if size < -12:
        return either("几乎是0的数", "a number next to 0")
    return format(Decimal(text), "f")


def shown(number: float, kind: Kind) -> str:
    """An answer or a limit as one writes it: 2022-10-25, 98.5%, 12."""
    if kind == "percent":
        # Scaled as a decimal: 0.07 is 7%, not 7.000000000000001%.
        scaled = float(Decimal(repr(number)).scaleb(2))
        return plain(scaled) + "%" if math.isfinite(scaled) else plain(number)
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
        return f"{what}，{plain(max(low, 0) if low < 1e-3 else low)}至{plain(high)}"
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


def wanted(spec: Input) -> str:
    """What an input must be, as a request: for the box that refuses an answer, and for what to do about one."""
    if spec.kind == "choice":
        if len(spec.choices) == 2:
            return either(f"只能选“{spec.choices[0]}”或“{spec.choices[1]}”", f"choose {' or '.join(spec.choices)}")
        return either(f"只能从下拉框选择：{'、'.join(spec.choices)}", f"choose one of {', '.join(spec.choices)}")
    if spec.kind == "text":
        return either("请用文字填写", "fill in a text")
    low, high = spec.bounds
    if spec.kind == "date":
        return _wanted_date(spec)
    if spec.kind == "percent":
        within = either(f"请填{_between(spec)}的百分数，", f"a percentage {_between(spec)}; ") if high <= 1 else ""
        none = "" if spec.if_none is None else either("；没有发生填“无”", "; “无” where there was none")
        return within + either("请" * (not within) + PERCENTAGE, "type it with its sign, as 98.5%") + none
    number = either(
        "整数" if spec.kind == "count" else "数", "a whole number" if spec.kind == "count" else "a number"
    )
    if high <= _FEW:
        text = either(f"请填{_between(spec)}的{number}", f"fill in {number} {_between(spec)}")
    elif low >= _ABOVE_NOTHING:
        text = either(f"请填不小于 {plain(low)} 的{number}", f"fill in {number}, at least {plain(low)}")
    elif low > 0:
        text = either(f"请填大于 0 的{number}", f"fill in {number} above 0")
    elif high < _MACHINE and spec.unit in _MEASURES:
        text = either(f"请{_measured(spec)}", f"fill in {number}, counted in {spec.unit}")
    elif low == 0:
        text = either(f"请填不小于 0 的{number}", f"fill in {number}, not below 0")
    else:
        text = either(f"请填{number}", f"fill in {number}")
    return text + either("，不带单位和文字", ", without unit or words")


def _wanted_date(spec: Input) -> str:
    low, high = (shown(limit, "date") for limit in spec.bounds)
    example = either(f"，如 {_example(spec)}", f", as {_example(spec)}")
    if spec.bounds[1] - spec.bounds[0] > 3 * 366:  # so wide that it only keeps slips out
        return either("请填写日期", "fill in a date") + example
    if low[4:] == "-01-01" and high[4:] == "-12-31" and low[:4] == high[:4]:
        return either(f"请填写{low[:4]}年内的日期", f"fill in a date of {low[:4]}") + example
    return either(f"请填写{_between(spec)}的日期", f"fill in a date {_between(spec)}") + example


def _between(spec: Input) -> str:
    low, high = spec.bounds
    least = 0.0 if 0 < low < _ABOVE_NOTHING else low
    first, last = shown(least, spec.kind), shown(high, spec.kind)
    if least != low:
        return either(f"大于 {first}、不超过 {last} ", f"above {first} and at most {last}")
    return either(f" {first} 至 {last} 之间", f"between {first} and {last}")


def outside(number: float, spec: Input) -> str:
    """Why a number is out of range, and what the range is."""
    low, high = spec.bounds
    value = shown(number, spec.kind)
    if high < _MACHINE or spec.kind == "date":
        must = either(f"应在{_between(spec)}" if low == 0 or low >= _ABOVE_NOTHING or low < 0 else f"应{_between(spec)}",
                      f"it must lie {_between(spec)}")  # fmt: skip
    elif number > high:
        must = either("太大了", "it is too large")
    elif low == 0:
        must = either("不能小于 0", "it may not be below 0")
    elif 0 < low < _ABOVE_NOTHING:
        must = either("应大于 0", "it must be above 0")
    else:
        must = either(f"应不小于 {shown(low, spec.kind)}", f"it must be at least {shown(low, spec.kind)}")
    return either(f"填的是 {value}，{must.strip()}", f"it is {value}, {must}")


def remedy_for_blank(spec: Input) -> str:
    """What to do about an input that is not filled in."""
    if spec.kind == "choice":
        return either("请从下拉框选择", "choose from its list")
    if spec.kind == "date":
        return either(f"请填日期，如 {_example(spec)}", f"fill in a date, as {_example(spec)}")
    if spec.kind == "percent":
        none = "" if spec.if_none is None else either("；没有发生填“无”", "; “无” where there was none")
        return either("请填写，" + PERCENTAGE, "fill it in with its sign, as 98.5%") + none
    if spec.kind == "text" or spec.bounds[0] > 0:
        return either("请填写", "fill it in")
    if spec.kind == "count" and (spec.unit in _HAPPENINGS or not spec.unit):
        return either("没有发生填 0", "put 0 where there was none")
    return either("请填写，没有的填 0", "fill it in, 0 for none")
