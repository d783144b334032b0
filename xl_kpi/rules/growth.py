"""growth: this year over last year, against a standard or another growth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import InputRef, Model, key, label_of

_BLOOD = {
    "label": "无偿献血量同比增长率",
    "current": {"id": "now", "label": "本年献血量", "unit": "升"},
    "previous": {"id": "last", "label": "上年献血量", "unit": "升"},
    "then": {"type": "threshold", "at_least": 0.05},
}
_FISCAL = {
    "label": "财政支出增长率",
    "current": {"id": "fiscal_now", "label": "本年财政支出"},
    "previous": {"id": "fiscal_last", "label": "上年财政支出"},
}


_PER_HEAD = {
    "label": "人均拨款递增率",
    "current": {
        "numerator": {"id": "now", "label": "本年拨款"},
        "denominator": {"id": "staff", "label": "本年编制"},
    },
    "previous": {
        "numerator": {"id": "last", "label": "上年拨款"},
        "denominator": {"id": "were", "label": "上年编制"},
    },
    "then": {"type": "threshold", "above": 0},
}


class Quotient(Model):
    """A value per something, such as funding per head."""

    numerator: InputRef
    denominator: InputRef


Value = InputRef | Quotient


class Reference(Model):
    """Another growth to keep up with."""

    label: str
    current: Value
    previous: Value


class Growth(Rule):
    """current / previous - 1, less the growth it is held against if any; then judged by another rule.

    Both growths stand in rows of their own. A previous value of 0 is out of range: growth has no meaning there.
    """

    type: Literal["growth"] = "growth"
    label: str
    current: Value
    previous: Value
    against: Reference | None = None
    then: AnyRule

    def divisors(self) -> Iterator[str]:
        values = [self.current, self.previous]
        if self.against is not None:
            values += [self.against.current, self.against.previous]
        for number, value in enumerate(values):
            previous = number % 2 == 1
            if isinstance(value, Quotient):
                yield key(value.denominator)
                if previous:
                    yield key(value.numerator)
            elif previous:
                yield key(value)
        yield from self.then.divisors()

    def lower(self, context: Context) -> ops.Op:
        if self.against is None:
            measure: ops.Op = ops.Step(
                self.label, "%", _rate(self.current, self.previous), self.then.standard("percent")
            )
        else:
            other = self.against
            own = ops.Step(self.label, "%", _rate(self.current, self.previous), f"对照{other.label}")
            held = ops.Step(other.label, "%", _rate(other.current, other.previous))
            measure = ops.Sub(own, held)
        return self.then.lower(context.measuring(measure))

    def explain(self) -> str:
        now, last = _name(self.current), _name(self.previous)
        what = f"{self.label}＝（{now}－{last}）÷{last}"
        if self.against is None:
            return f"{what}；{self.then.explain_measured(self.label, 'percent')}"
        if self.then.standard("percent") == "≥0%":
            return f"{what}；{self.label}不低于{self.against.label}的得满分，否则不得分"
        difference = f"{self.label}减去{self.against.label}"
        return f"{what}，与{self.against.label}对照；{self.then.explain_measured(difference, 'percent')}"

    EXAMPLES = (
        Example(_BLOOD, 10, {"now": 105, "last": 100}, 10, "恰好增长5%"),
        Example(_BLOOD, 10, {"now": 104.9, "last": 100}, 0, "4.9%，未达标"),
        Example(_BLOOD, 10, {"now": 0, "last": 100}, 0, "下降100%"),
        Example(_BLOOD, 10, {"now": 200, "last": 100}, 10, "超额不加分"),
        Example(_BLOOD, 10, {"now": 105, "last": 0}, "有误", "上年为0，无法计算增长"),
        Example(_BLOOD, 10, {"now": 105}, MISSING, "缺上年数"),
        Example(_BLOOD, 10, {"now": "持平", "last": 100}, "有误", "文字不是数量"),
        Example(
            _BLOOD | {"against": _FISCAL, "then": {"type": "threshold", "at_least": 0}},
            48,
            {"now": 108, "last": 100, "fiscal_now": 540, "fiscal_last": 500},
            48,
            "8%与8%相等，不低于",
        ),
        Example(
            _BLOOD | {"against": _FISCAL, "then": {"type": "threshold", "at_least": 0}},
            48,
            {"now": 107, "last": 100, "fiscal_now": 540, "fiscal_last": 500},
            0,
            "7%低于8%",
        ),
        Example(_PER_HEAD, 9, {"now": 300, "staff": 60, "last": 240, "were": 50}, 9, "5÷4.8－1＝4.2%，增长"),
        Example(_PER_HEAD, 9, {"now": 300, "staff": 60, "last": 250, "were": 50}, 0, "5÷5－1＝0，没有增长"),
        Example(_PER_HEAD, 9, {"now": 300, "staff": 0, "last": 250, "were": 50}, "有误", "编制为0，无法计算"),
    )


def _value(value: Value) -> ops.Op:
    if isinstance(value, Quotient):
        return ops.Div(ops.Ref(key(value.numerator)), ops.Ref(key(value.denominator)))
    return ops.Ref(key(value))


def _name(value: Value) -> str:
    if isinstance(value, Quotient):
        return f"（{label_of(value.numerator)}÷{label_of(value.denominator)}）"
    return label_of(value)


def _rate(current: Value, previous: Value) -> ops.Op:
    now, last = _value(current), _value(previous)
    return ops.Div(ops.Sub(now, last), last)
