"""limited: what another rule gives, squeezed between a least and a most number of points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import SETUP, Ask, Constraint, Number, in_full, show, term

_SIGNED = {
    "least": 3,
    "most": 8,
    "rule": {
        "type": "threshold",
        "input": {"id": "signed", "label": "签约金额", "unit": "亿元"},
        "at_least": 1,
        "otherwise": "proportional",
    },
}
_LEADS = {"most": 3, "rule": {"type": "judged", "label": "招商线索", "mode": "score"}}


class Limited(Rule):
    """`least` points and a share of the points between it and `most`: the share of its full points the rule inside earns.

    Used inside cases, so that a lesser achievement never earns more than a greater one.
    """

    type: Literal["limited"] = "limited"
    least: Number = 0.0
    most: Number
    rule: AnyRule

    def _span(self) -> ops.Op:
        if self.least == 0:
            return term(self.most)
        if isinstance(self.least, float) and isinstance(self.most, float):
            return ops.Const(max(0.0, round(self.most - self.least, 6)))
        return ops.Max((ops.Const(0), ops.Sub(term(self.most), term(self.least))))

    def constraints(self, context: Context) -> Iterator[Constraint]:
        if isinstance(self.most, Ask) and isinstance(self.least, Ask):
            on = in_full(SETUP, self.most.ask.id)
            ordered = ops.Compare("<=", term(self.least), term(self.most))
            yield Constraint(on, ordered, f"“{self.most.ask.label}”不得小于“{self.least.ask.label}”")
        yield from self.rule.constraints(context.of(self._span()))

    def lower(self, context: Context) -> ops.Op:
        earned = self.rule.lower(context.of(self._span()))
        return earned if self.least == 0 else ops.Add((term(self.least), earned))

    def left_out(self, context: Context) -> ops.Op | None:
        return self.rule.left_out(context.of(self._span()))

    def explain(self) -> str:
        least, most = _points(self.least), _points(self.most)
        between = f"最高得{most}" if self.least == 0 else f"在{least}与{most}之间折算"
        judged = self.rule.explain()
        full = "（以下“满分”指这一最高得分）" if "满分" in judged else ""
        return f"{between}{full}：{judged}"

    EXAMPLES = (
        Example(_SIGNED, 10, {"signed": 1}, 8, "签约满1亿元，得到上限8分，不到10分"),
        Example(_SIGNED, 10, {"signed": 5}, 8, "超额也只到上限"),
        Example(_SIGNED, 10, {"signed": 0.5}, 5.5, "3＋（8－3）×50%＝5.5"),
        Example(_SIGNED, 10, {"signed": 0.01}, 3.05, "3＋5×1%＝3.05，再小的签约也高于只有线索的3分"),
        Example(_SIGNED, 10, {"signed": 0}, 3, "下限"),
        Example(_SIGNED, 10, {}, MISSING, "没有填报"),
        Example(_SIGNED, 10, {"signed": "在谈"}, "有误", "文字不是金额"),
        Example(_LEADS, 10, {"judged": 3, "judged_reason": "已实地考察"}, 3, "线索最高3分"),
        Example(_LEADS, 10, {"judged": 4, "judged_reason": "已实地考察"}, "有误", "超过线索的最高分"),
        Example(_LEADS, 10, {"judged": 0}, 0, "没有线索"),
        Example(_LEADS | {"most": 10}, 10, {"judged": 10, "judged_reason": "已签约"}, 10, "上限就是分值"),
    )


def _points(number: Number) -> str:
    """So many points, or what the bureau's number is called."""
    return show(number) if isinstance(number, Ask) else f"{show(number)}分"
