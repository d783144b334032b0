"""The engine of our own: numpy over the plan. The fastest, and it knows nothing but workbooks of ours.

It reads what was typed and works out the plan's formulas, whatever formulas the file holds: so it is what `check` goes
by, and what the other engines, which calculate the file as it is, are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

from xl_kpi.engines.base import RecalculationError, Value
from xl_kpi.findings import XlKpiError
from xl_kpi.workbook import compare
from xl_kpi.workbook.read import read

_NAME = "native"


class NativeEngine:
    """`xl_kpi.engines.base.Engine` on `Program.evaluate`; only for workbooks of ours."""

    name = _NAME

    def recalculate(self, workbooks: Sequence[bytes]) -> list[dict[str, Value]]:
        results: list[dict[str, Value]] = []
        for index, workbook in enumerate(workbooks):
            try:
                filled = read((f"{index + 1}.xlsx", workbook))
            except XlKpiError as error:
                raise RecalculationError(_NAME, str(error), index=index) from error
            batch = filled.plan.program.evaluate([filled.typed()])
            values = compare.by_place(filled.plan, compare.shown(filled.plan, batch)[0])
            results.append({f"{sheet}!{name}": value for (sheet, name), value in values.items()})
        return results
