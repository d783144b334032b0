"""step: so many points off for each step past the standard."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Measured
from xl_kpi.rules.parts import Kind, Number, show, term
from xl_kpi.words import SaidError, said

_RATE = {"id": "rate", "label": "签发率", "kind": "percent"}
_WASTE = {"id": "waste", "label": "废证率", "kind": "percent"}

_COUNTING = {
    "whole": "不足{step}的不扣分",
    "started": "不足{step}的按{step}扣",
    "proportional": "不足{step}的按比例扣",
}


class Step(Measured):
    """Full points less `each` points for every `per` the value is past the standard, not below 0."""

    type: Literal["step"] = "step"
    at_least: Number | None = None
    at_most: Number | None = None
    per: float = Field(default=0.01, gt=0, description="一档的大小，百分点写 0.01")
    each: float = Field(gt=0, description="每档扣的分")
    counting: Literal["whole", "started", "proportional"] = "whole"

    @model_validator(mode="after")
    def _one_standard(self) -> Step:
        if (self.at_least is None) == (self.at_most is None):
            raise SaidError(said("rules.one-bound"))
        return self

    def judge(self, context: Context, value: ops.Op) -> ops.Op:
        if self.at_least is not None:
            past = ops.Sub(term(self.at_least), value)
        else:
            assert self.at_most is not None
            past = ops.Sub(value, term(self.at_most))
        # Rounded before it is cut, so that 90%-89% is one whole step and not 0.99999.
        steps: ops.Op = ops.Round(ops.Div(ops.Max((ops.Const(0), past)), ops.Const(self.per)), 6)
        if self.counting == "whole":
            steps = ops.RoundDown(steps, 0)
        elif self.counting == "started":
            steps = ops.ceiling(steps)
        off = ops.Mul(steps, ops.Const(self.each))
        return ops.Max((ops.Const(0), ops.Sub(context.points, off)))

    def explain_measured(self, subject: str, kind: Kind) -> str:
        direction = "低" if self.at_least is not None else "高"
        step = "1个百分点" if (self.per, kind) == (0.01, "percent") else show(self.per, kind)
        return (
            f"{subject}{self.standard(kind)}不扣分，每{direction}{step}扣{show(self.each)}分"
            f"（{_COUNTING[self.counting].format(step=step)}），扣完为止"
        )

    def standard(self, kind: Kind) -> str:
        if self.at_least is not None:
            return f"≥{show(self.at_least, kind)}"
        assert self.at_most is not None
        return f"≤{show(self.at_most, kind)}"

    EXAMPLES = (
        Example({"input": _RATE, "at_least": 0.9, "each": 5}, 20, {"rate": 0.9}, 20, "恰好达标，不扣"),
        Example({"input": _RATE, "at_least": 0.9, "each": 5}, 20, {"rate": 0.89}, 15, "低1个百分点，扣5分"),
        Example({"input": _RATE, "at_least": 0.9, "each": 5}, 20, {"rate": 0.885}, 15, "低1.5个百分点，满1个扣5分"),
        Example(
            {"input": _RATE, "at_least": 0.9, "each": 5, "counting": "started"},
            20,
            {"rate": 0.885},
            10,
            "低1.5个百分点，按2个扣10分",
        ),
        Example(
            {"input": _RATE, "at_least": 0.9, "each": 5, "counting": "started"},
            20,
            {"rate": 0.88},
            10,
            "低2个百分点，扣10分",
        ),
        Example(
            {"input": _RATE, "at_least": 0.9, "each": 5, "counting": "proportional"},
            20,
            {"rate": 0.885},
            12.5,
            "低1.5个百分点，1.5×5＝7.5分",
        ),
        Example({"input": _RATE, "at_least": 0.9, "each": 5}, 20, {"rate": 0}, 0, "低90个百分点，扣完为止"),
        Example({"input": _RATE, "at_least": 0.9, "each": 5}, 20, {"rate": 1}, 20, "超额不加分"),
        Example({"input": _WASTE, "at_most": 0.01, "each": 5}, 20, {"waste": 0.01}, 20, "恰为1%，不超过"),
        Example({"input": _WASTE, "at_most": 0.01, "each": 5}, 20, {"waste": 0.03}, 10, "超过2个百分点，扣10分"),
        Example(
            {"input": _WASTE | {"if_none": "full"}, "at_most": 0.01, "each": 5},
            20,
            {"waste": "无"},
            20,
            "没有发生，不扣",
        ),
        Example({"input": _WASTE, "at_most": 0.01, "each": 5}, 20, {}, MISSING, "没有填报"),
        Example({"input": _WASTE, "at_most": 0.01, "each": 5}, 20, {"waste": "1%以内"}, "有误", "文字不是比率"),
    )
