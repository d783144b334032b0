"""composite: several rules on one task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from pydantic import Field

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import Constraint, Kind, Model, circled, share_of, show

_A: dict[str, Any] = {
    "type": "threshold",
    "input": {"id": "a", "label": "办结及时率", "kind": "percent"},
    "at_least": 1,
}
_B: dict[str, Any] = {
    "type": "threshold",
    "input": {"id": "b", "label": "回访满意率", "kind": "percent"},
    "at_least": 0.95,
}
_HALVES = {"parts": [{"label": "办结", "rule": _A}, {"label": "回访", "rule": _B}]}
_SEVEN_THREE = {"parts": [{"label": "办结", "weight": 0.7, "rule": _A}, {"label": "回访", "weight": 0.3, "rule": _B}]}
_OFF_C = {
    "type": "deduct",
    "items": [{"input": {"id": "c", "label": "违规次数", "kind": "count"}, "each": 20}],
}
_OFF_D = {
    "type": "step",
    "input": {"id": "d", "label": "签发率", "kind": "percent"},
    "at_least": 0.9,
    "each": 5,
}
_TOGETHER = {
    "combine": "deductions",
    "parts": [{"label": "违规", "rule": _OFF_C}, {"label": "签发率", "rule": _OFF_D}],
}
_MAYBE_A = _A | {"input": _A["input"] | {"if_none": "exclude"}}
_MAYBE_B = _B | {"input": _B["input"] | {"if_none": "exclude"}}
_OUT = {"parts": [{"label": "办结", "rule": _MAYBE_A}, {"label": "回访", "rule": _B}]}
_NOTHING = {"parts": [{"label": "办结", "rule": _MAYBE_A}, {"label": "回访", "rule": _MAYBE_B}]}


class Part(Model):
    """One of the rules, what it is called in the workbook, and its weight among the parts."""

    label: str
    weight: float = Field(default=1, gt=0)
    rule: AnyRule


class Composite(Rule):
    """Several rules, each shown in a row of its own.

    shares: the points are divided among the parts by weight (equal unless given), and the parts' scores add up.
    all: full points when every part earns its full points, otherwise none.
    deductions: every part takes its deduction from the same full points, not below 0.
    """

    type: Literal["composite"] = "composite"
    combine: Literal["shares", "all", "deductions"] = "shares"
    parts: tuple[Part, ...] = Field(min_length=2)

    def _at_stake(self, part: Part, context: Context) -> Context:
        if self.combine != "shares":
            return context
        return context.of(share_of(context.points, part.weight, sum(p.weight for p in self.parts)))

    def constraints(self, context: Context) -> Iterator[Constraint]:
        for part in self.parts:
            yield from part.rule.constraints(self._at_stake(part, context))

    def lower(self, context: Context) -> ops.Op:
        if self.combine == "shares":
            return ops.total(
                *(
                    ops.Step(f"{part.label}——得分", "分", part.rule.lower(self._at_stake(part, context)))
                    for part in self.parts
                )
            )
        left = _less(context.points, self.left_out(context))
        if self.combine == "all":
            kept = [
                ops.Step(
                    f"{part.label}（达到为1）",
                    "",
                    ops.If(self._full(part, context), ops.Const(1), ops.Const(0)),
                )
                for part in self.parts
            ]
            met = ops.Compare("=", ops.total(*kept), ops.Const(len(kept)))
            return ops.If(met, left, ops.Const(0))
        # A part's own floor at 0 does not matter here: a deduction of all the points leaves nothing anyway.
        off = ops.total(
            *(
                ops.Step(
                    f"{part.label}——扣分", "分", ops.Sub(self._judged_of(part, context), part.rule.lower(context))
                )
                for part in self.parts
            )
        )
        return ops.Max((ops.Const(0), ops.Sub(left, off)))

    def _judged_of(self, part: Part, context: Context) -> ops.Op:
        """The points that a part is assessed of."""
        return _less(context.points, part.rule.left_out(context))

    def _full(self, part: Part, context: Context) -> ops.Op:
        return ops.Compare(">=", part.rule.lower(context), self._judged_of(part, context))

    def left_out(self, context: Context) -> ops.Op | None:
        """With shares, what the parts leave out of theirs; otherwise all the points, where every part leaves out all."""
        lost = [part.rule.left_out(self._at_stake(part, context)) for part in self.parts]
        there = [one for one in lost if one is not None]
        if self.combine == "shares":
            return ops.total(*there) if there else None
        if len(there) < len(lost):
            return None
        gone = ops.every(*(ops.Compare(">=", one, context.points) for one in there))
        return ops.If(gone, context.points, ops.Const(0))

    def most_off(self, points: float) -> float:
        if self.combine != "deductions":
            return 0.0
        return sum(max(points, part.rule.most_off(points)) for part in self.parts)

    def explain(self) -> str:
        return self._join(lambda rule: rule.explain())

    def explain_measured(self, subject: str, kind: Kind) -> str:
        return self._join(lambda rule: rule.explain_measured(subject, kind))

    def _join(self, sentence: Callable[[Rule], str]) -> str:
        parts = "；".join(
            f"（{i}）{part.label}：{circled(sentence(part.rule))}" for i, part in enumerate(self.parts, 1)
        )
        if self.combine == "all":
            return f"以下各项都达到得满分，任一项未达到不得分：{parts}"
        if self.combine == "deductions":
            return f"以下各项分别扣分，合计扣完为止：{parts}"
        weights = [part.weight for part in self.parts]
        if len(set(weights)) == 1:
            return f"{len(weights)}项分值相等：{parts}"
        unit: Kind = "percent" if sum(weights) == 1 else "number"
        return f"各项按{'∶'.join(show(weight, unit) for weight in weights)}分配分值：{parts}"

    EXAMPLES = (
        Example(_HALVES, 5, {"a": 1, "b": 0.95}, 5, "两项都达标"),
        Example(_HALVES, 5, {"a": 0.99, "b": 0.95}, 2.5, "只有回访达标，得一半"),
        Example(_HALVES, 5, {"a": 0, "b": 0}, 0, "都不达标"),
        Example(_HALVES, 5, {"a": 1}, MISSING, "回访没有填"),
        Example(_HALVES, 5, {"a": 1, "b": "很满意"}, "有误", "文字不是比率"),
        Example(_SEVEN_THREE, 160, {"a": 1, "b": 0.5}, 112, "160×70%＝112"),
        Example(_SEVEN_THREE, 160, {"a": 0.5, "b": 1}, 48, "160×30%＝48"),
        Example(_HALVES | {"combine": "all"}, 5, {"a": 1, "b": 0.95}, 5, "两项都达标"),
        Example(_HALVES | {"combine": "all"}, 5, {"a": 1, "b": 0.94}, 0, "回访未达标，不得分"),
        Example(_TOGETHER, 20, {"c": 0, "d": 0.88}, 10, "低2个百分点，20－10＝10"),
        Example(_TOGETHER, 20, {"c": 1, "d": 0.88}, 0, "应扣20＋10＝30，扣完为止"),
        Example(_TOGETHER, 20, {"c": 0, "d": 1}, 20, "都不扣"),
        Example(_OUT, 5, {"a": "无", "b": 0.95}, 2.5, "办结没有发生，不参评，只计回访的2.5分"),
        Example(_OUT, 5, {"a": 1, "b": 0}, 2.5, "都发生的照常计分"),
        Example(_OUT | {"combine": "all"}, 5, {"a": "无", "b": 0.95}, 5, "不参评的不妨碍，回访达标"),
        Example(_OUT | {"combine": "all"}, 5, {"a": "无", "b": 0.9}, 0, "回访未达标"),
        Example(_NOTHING, 5, {"a": "无", "b": "无"}, "不参评", "两项都没有发生"),
        Example(_NOTHING | {"combine": "all"}, 5, {"a": "无", "b": "无"}, "不参评", "两项都没有发生"),
        Example(_NOTHING | {"combine": "deductions"}, 5, {"a": "无", "b": "无"}, "不参评", "两项都没有发生"),
        Example(_NOTHING | {"combine": "deductions"}, 5, {"a": "无", "b": 0.9}, 0, "办结不扣，回访扣5分"),
    )


def _less(points: ops.Op, left_out: ops.Op | None) -> ops.Op:
    return points if left_out is None else ops.Sub(points, left_out)
