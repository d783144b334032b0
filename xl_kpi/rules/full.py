"""full: the points as they are; used inside cases."""

from __future__ import annotations

from typing import Literal

from xl_kpi.expr import ops
from xl_kpi.rules.base import Context, Example, Rule


class Full(Rule):
    """All the points at stake, whatever the inputs; for a case whose condition is the whole standard."""

    type: Literal["full"] = "full"

    def lower(self, context: Context) -> ops.Op:
        return context.points

    def explain(self) -> str:
        return "得满分"

    EXAMPLES = (Example({}, 10, {}, 10, "无条件得满分"),)
