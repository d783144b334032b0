"""是不是95%？ — the question about a percentage that may have been typed a hundred times too small or too large.

Spreadsheets take 0.95, typed into a cell for percentages, for 0.95%; a pasted 98.5 is 9850%. Neither may cost points
without a word, and neither is wrong for certain: so the workbook and the check ask, and what is typed counts until it
is changed. Whoever means it writes a word beside it, in 填报说明, and is not asked again.

| a value                                                                                  | is asked about as |
|------------------------------------------------------------------------------------------|-------------------|
| above 0 and below 1.5%, where the standard is over 50%                                    | 100 times as much |
| of which 100 times as much is in range and near the standard                              | 100 times as much |
| of which a hundredth is in range and near the standard                                    | a hundredth       |
| over the range and at least 1000%, of which a hundredth is in range                       | a hundredth       |

Near a standard is from half of it to twice as much; the value itself, a fiftieth of it at most or 50 times as much at
least, is not. A standard of at most 1.5% raises no question: there a small value
is a good one. Nor does 0. A standard of the bureau's counts once it is filled in.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from xl_kpi.expr import ops
from xl_kpi.rules.parts import Ask, ByLevel, Input, Number, key, term
from xl_kpi.rules.tree import walk

SMALL = 0.015  # of a standard and of a value, as a fraction
HIGH = 0.5
NEAR = 0.5, 2.0  # of the standard
LEAST_ASKED = 0.01  # 100 times a value, from which on it is named
NO_RATE = 10.0  # 1000%: from here on a value over its range is taken for one without its sign

_STANDARDS = ("at_least", "above", "at_most", "below", "equals", "target")

Standard = tuple[Number, Number]
"""The lowest and the highest number of a standard, in the unit of the input; the same unless it is a range."""


def standards(rule: BaseModel) -> Iterator[tuple[str, Standard]]:
    """The standard that a rule, or one inside it, sets for each of its inputs, by the input's id as the rule has it."""
    for part in walk(rule, stop=(Input, Ask, ByLevel)):
        asked = getattr(part, "input", None)
        if asked is not None and (found := _standard(part)) is not None:
            yield key(asked), found


def _standard(rule: BaseModel) -> Standard | None:
    between = getattr(rule, "between", None)
    if between is not None:
        return between[0], between[1]
    for name in _STANDARDS:
        number = getattr(rule, name, None)
        if isinstance(number, float | int | Ask | ByLevel):
            return number, number
    bands = getattr(rule, "bands", ())
    return (bands[0].at_least, bands[0].at_least) if bands else None


def question(node: str, note: str, spec: Input, standard: Standard | None) -> ops.Op:
    """What is asked about the percentage in a node, as a text; "" where there is nothing to ask, or a note is written."""
    asked = _over_its_range(node, spec)
    if standard is not None:
        first, last = (term(number) for number in standard)
        about = _by_standard(node, spec, first, last, asked)
        exempt = ops.Compare("<=", last, ops.Const(SMALL))
        if isinstance(last, ops.Const):
            asked = asked if last.value <= SMALL else about
        else:
            waited_for = [ops.IsNumber(number.id) for number in (first, last) if isinstance(number, ops.Ref)]
            asked = ops.If(ops.every(*dict.fromkeys(waited_for)), ops.If(exempt, asked, about), asked)
    asked = ops.If(ops.Filled(note), _NOTHING, ops.If(ops.IsNumber(node), asked, _NOTHING))
    return ops.IfError(asked, "")


_NOTHING = ops.Text("")
_MEANT = "请改正，或在填报说明中写明"
_WRONG = "请改正"


def _over_its_range(node: str, spec: Input) -> ops.Op:
    low, high = spec.bounds
    floor = max(NO_RATE, low * 100)
    if floor > high * 100:
        return _NOTHING
    value = ops.Ref(node)
    far_over = [ops.Compare(">=", value, ops.Const(floor)), ops.Compare("<=", value, ops.Const(high * 100))]
    if floor <= high:
        far_over.append(ops.Compare(">", value, ops.Const(high)))
    return ops.If(ops.every(*far_over), _is_it(value, 1, _WRONG), _NOTHING)


def _by_standard(node: str, spec: Input, first: ops.Op, last: ops.Op, otherwise: ops.Op) -> ops.Op:
    """The questions in the order of the table, from its end; what none of them asks about is left to `otherwise`."""
    value, (low, high) = ops.Ref(node), spec.bounds
    hundredfold = _is_it(value, 10000, _MEANT)
    hundredth = _is_it(value, 1, _WRONG)
    if not (isinstance(first, ops.Const) and first.value * NEAR[0] * 100 > high):
        over = ops.Compare(">", value, ops.Const(high))
        hundredth = ops.If(over, hundredth, _is_it(value, 1, _MEANT))
    least, most = max(low, LEAST_ASKED) / 100, high / 100
    # As many times the standard as this, a value is not near it itself: 50 times at least, or a fiftieth at most.
    up = _within(
        value, (ops.Const(least), _times(first, NEAR[0] / 100)), (ops.Const(most), _times(last, NEAR[1] / 100))
    )
    down = _within(
        value,
        (ops.Const(low * 100), _times(first, NEAR[0] * 100)),
        (ops.Const(high * 100), _times(last, NEAR[1] * 100)),
    )
    asked = ops.If(up, hundredfold, ops.If(down, hundredth, otherwise))
    if isinstance(first, ops.Const) and first.value <= HIGH:
        return asked
    named = _within(value, (ops.Const(least),), (ops.Const(most),))
    small = [ops.Compare(">", value, ops.Const(0)), ops.Compare("<", value, ops.Const(SMALL))]
    if not isinstance(first, ops.Const):
        small.append(ops.Compare(">", first, ops.Const(HIGH)))
    return ops.If(ops.every(*small), ops.If(named, hundredfold, ops.Text(_FAR_BELOW)), asked)


_FAR_BELOW = "远低于标准，请核对；连百分号一起输入"


def _is_it(value: ops.Op, times: float, then: str) -> ops.Op:
    """The question in words; the number is the percentage that so many times the value is, to four decimals."""
    return ops.Joined((ops.Text("是不是"), ops.Round(_times(value, times), 4), ops.Text(f"%？{then}")))


def _within(value: ops.Op, lows: tuple[ops.Op, ...], highs: tuple[ops.Op, ...]) -> ops.Op:
    """Whether a value lies between the highest of the lows and the lowest of the highs; numbers are compared here."""
    low = max((op.value for op in lows if isinstance(op, ops.Const)), default=None)
    high = min((op.value for op in highs if isinstance(op, ops.Const)), default=None)
    least = [ops.Const(round(low, 9))] if low is not None else []
    most = [ops.Const(round(high, 9))] if high is not None else []
    return ops.every(
        *(ops.Compare(">=", value, op) for op in (*least, *(o for o in lows if not isinstance(o, ops.Const)))),
        *(ops.Compare("<=", value, op) for op in (*most, *(o for o in highs if not isinstance(o, ops.Const)))),
    )


def _times(op: ops.Op, factor: float) -> ops.Op:
    if factor == 1:
        return op
    return ops.Const(round(op.value * factor, 12)) if isinstance(op, ops.Const) else ops.Mul(op, ops.Const(factor))
