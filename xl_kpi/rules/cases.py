"""cases: the first condition that holds decides which rule applies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, AnyRule, Context, Example, Rule
from xl_kpi.rules.parts import Model, When, circled
from xl_kpi.words import SaidError, said

_STARTED = {"id": "started", "label": "签约开工的亿元以上项目数", "kind": "count"}
_SIGNED = {"id": "signed", "label": "已签约未开工金额", "unit": "亿元"}
_INVEST = {
    "cases": [
        {"when": {"input": _STARTED, "at_least": 1}, "rule": {"type": "full"}},
        {
            "when": {"input": _SIGNED, "above": 0},
            "rule": {"type": "threshold", "input": "signed", "at_least": 1, "otherwise": "proportional"},
        },
        {"rule": {"type": "judged", "label": "招商线索", "mode": "score"}},
    ]
}


class Case(Model):
    """A rule and when it applies; only the last case may go without a condition."""

    when: When | None = None
    rule: AnyRule


class Cases(Rule):
    """The rule of the first case whose condition holds; nothing when none does. Every input is asked all the same."""

    type: Literal["cases"] = "cases"
    cases: tuple[Case, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _only_the_last_is_open(self) -> Cases:
        if any(case.when is None for case in self.cases[:-1]):
            raise SaidError(said("rules.last-case"))
        return self

    def lower(self, context: Context) -> ops.Op:
        score: ops.Op = ops.Const(0)
        for case in reversed(self.cases):
            own = case.rule.lower(context)
            score = own if case.when is None else ops.If(case.when.holds(), own, score)
        return score

    def left_out(self, context: Context) -> ops.Op | None:
        lost = [case.rule.left_out(context) for case in self.cases]
        if all(one is None for one in lost):
            return None
        points: ops.Op = ops.Const(0)
        for case, one in reversed(list(zip(self.cases, lost, strict=True))):
            own = ops.Const(0) if one is None else one
            points = own if case.when is None else ops.If(case.when.holds(), own, points)
        return points

    def explain(self) -> str:
        sentences = [
            f"{case.when.sentence()}的，{case.rule.explain()}" if case.when else f"其他情形，{case.rule.explain()}"
            for case in self.cases
        ]
        return "按以下顺序适用第一种符合的情形：" + "；".join(
            f"（{i}）{circled(s)}" for i, s in enumerate(sentences, 1)
        )

    EXAMPLES = (
        Example(_INVEST, 10, {"started": 1, "signed": 0, "judged": 0}, 10, "有开工项目，满分"),
        Example(_INVEST, 10, {"started": 2, "signed": 0.3, "judged": 0}, 10, "超额也只得满分"),
        Example(_INVEST, 10, {"started": 0, "signed": 0.4, "judged": 0}, 4, "0.4亿元÷1亿元×10＝4"),
        Example(_INVEST, 10, {"started": 0, "signed": 1, "judged": 0}, 10, "签约满1亿元"),
        Example(
            _INVEST,
            10,
            {"started": 0, "signed": 0, "judged": 2, "judged_reason": "洽谈中"},
            2,
            "只有线索，酌情得2分",
        ),
        Example(_INVEST, 10, {"started": 0, "signed": 0, "judged": 0}, 0, "什么都没有，得0分"),
        Example(_INVEST, 10, {"signed": 0.4, "judged": 0}, MISSING, "没有填开工项目数"),
        Example(_INVEST, 10, {"started": "一个", "signed": 0, "judged": 0}, "有误", "文字不是个数"),
    )
