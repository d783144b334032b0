"""What every formula cell of a workbook shows, worked out in numpy over the plan."""

from __future__ import annotations

from collections.abc import Mapping

from xl_kpi.expr.to_numpy import Batch
from xl_kpi.scheme.program import STAGES
from xl_kpi.workbook.draft import a1
from xl_kpi.workbook.package import Value
from xl_kpi.workbook.plan import Plan


def blank_values(plan: Plan) -> dict[tuple[str, str], Value]:
    """The values of a blank workbook by (sheet, cell)."""
    return shown_values(plan, {})


def shown_values(plan: Plan, typed: Mapping[str, Value]) -> dict[tuple[str, str], Value]:
    """The values of every formula cell by (sheet, cell), from what was typed by node id (e.g. `t05.ontime@self`)."""
    batch = Batch(1)
    for bound in plan.program.inputs():
        for stage in STAGES:
            batch.put(bound.id + stage, [typed.get(bound.id + stage)])
    for node, expression in plan.program.formulas.items():
        batch.compute(node, expression)
    values: dict[tuple[str, str], Value] = {}
    for sheet in plan.sheets.values():
        for (row, column), cell in sheet.cells.items():
            if cell.op is not None:
                batch.compute("", cell.op)
                value = batch.value("", 0)
                values[sheet.name, a1(row, column)] = "" if value is None else value
    return values
