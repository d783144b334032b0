"""judged: what the text leaves to the assessor, with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from xl_kpi.expr import ops
from xl_kpi.rules.base import MISSING, Context, Example, Rule
from xl_kpi.rules.parts import Constraint, Id, Input

_OFF = {"id": "judged", "label": "据实扣分"}
_SCORE = {"id": "judged", "label": "酌情得分", "mode": "score"}


class Judged(Rule):
    """The assessor's deduction (or score) in points, between 0 and the points at stake.

    A deduction above 0, or a score, must come with a reason.
    """

    type: Literal["judged"] = "judged"
    id: Id = "judged"
    label: str
    mode: Literal["deduct", "score"] = "deduct"

    def inputs(self) -> Iterator[Input]:
        yield Input(id=self.id, label=self.label, unit="分", min=0, note="不超过该项分值")
        what = "扣分" if self.mode == "deduct" else "得分"
        yield Input(
            id=f"{self.id}_reason",
            label=f"{self.label}——{what}理由",
            kind="text",
            required=False,
            note=f"有{what}须写理由",
        )

    def constraints(self, context: Context) -> Iterator[Constraint]:
        none = ops.Compare("=", ops.Ref(self.id), ops.Const(0))
        reasoned = ops.Or((none, ops.Filled(f"{self.id}_reason")))
        # A share such as 20/3 cannot be typed exactly: two decimals of it are enough to take or give all.
        most = ops.Round(context.points, 2)
        within = ops.Compare("<=", ops.Ref(self.id), most)
        yield Constraint(self.id, within, f"“{self.label}”不得超过该项分值", "judged.too-many", most)
        told = f"judged.{'deduction' if self.mode == 'deduct' else 'score'}-unexplained"
        yield Constraint(self.id, reasoned, f"“{self.label}”不为0的，须写明理由", told, there=f"{self.id}_reason")

    def lower(self, context: Context) -> ops.Op:
        given = ops.Ref(self.id)
        if self.mode == "score":
            return ops.Min((context.points, given))
        return ops.Max((ops.Const(0), ops.Sub(context.points, given)))

    def explain(self) -> str:
        if self.mode == "score":
            return f"{self.label}：由考核人员酌情给分，不超过分值，须写明理由"
        return f"{self.label}：由考核人员据实扣分，扣完为止，扣分须写明理由"

    EXAMPLES = (
        Example(_OFF, 10, {"judged": 0}, 10, "不扣分，不需理由"),
        Example(_OFF, 10, {"judged": 2.5, "judged_reason": "轮岗未完成"}, 7.5, "10－2.5＝7.5"),
        Example(_OFF, 10, {"judged": 2.5}, "有误", "扣分没有理由"),
        Example(_OFF, 10, {"judged": 12, "judged_reason": "均未完成"}, "有误", "扣分超过分值"),
        Example(_OFF, 10, {"judged": 10, "judged_reason": "均未完成"}, 0, "恰好扣完"),
        Example(_OFF, 10, {}, MISSING, "没有评判"),
        Example(_OFF, 10, {"judged": "少扣", "judged_reason": "x"}, "有误", "文字不是分数"),
        Example(_SCORE, 10, {"judged": 6, "judged_reason": "项目已洽谈"}, 6, "酌情得6分"),
        Example(_SCORE, 10, {"judged": 0}, 0, "得0分"),
    )
