"""What a file shows against what its answers come to: formulas that are gone, values that are stale."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import Finding, finding
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.program import STAGES
from xl_kpi.workbook.cells import ReadValue, Value
from xl_kpi.workbook.draft import Address, a1
from xl_kpi.workbook.plan import Plan, plan_of
from xl_kpi.workbook.read import Filled

Place = tuple[str, Address]
_TOLERANCE = 1e-9


def shown(plan: Plan, batch: Batch, row: int) -> dict[Place, Value]:
    """What every formula cell shows in one workbook of a batch, by sheet and address; an empty text is ""."""
    at_home = {place: node for node, place in plan.homes.items()}
    values: dict[Place, Value] = {}
    for sheet in plan.sheets.values():
        for address, cell in sheet.cells.items():
            if cell.op is not None:
                node = at_home.get((sheet.name, address))
                if node is None:
                    node = f"{sheet.name}!{a1(*address)}"
                    batch.compute(node, cell.op)
                value = batch.value(node, row)
                values[sheet.name, address] = "" if value is None else value
    return values


@lru_cache(maxsize=16)
def blank_values(scheme: Scheme) -> dict[Place, Value]:
    """What every formula cell shows in a blank workbook."""
    plan = plan_of(scheme)
    batch = Batch(1)
    for bound in plan.program.inputs():
        for stage in STAGES:
            batch.put(bound.id + stage, [None])
    for node, expression in plan.program.formulas.items():
        batch.compute(node, expression)
    return shown(plan, batch, 0)


def findings(plan: Plan, filled: Filled, batch: Batch, row: int) -> Iterator[Finding]:
    """A finding for each formula that is gone, and for each cell whose value is not what its formula comes to.

    A workbook that still shows everywhere what it showed when blank was filled by a program and never recalculated:
    that is said once, and is nothing to hold against the unit.
    """
    stale: list[Finding] = []
    as_blank = True
    blank = blank_values(plan.scheme)
    for (sheet, address), computed in shown(plan, batch, row).items():
        name = a1(*address)
        cell = filled.cells[sheet].get(name)
        at = f"{sheet}!{name}"
        if cell is None or cell.formula is None:
            yield finding("formula-changed", at=at, computed=_say(computed))
            continue
        value = "" if cell.value is None else cell.value
        if not _same(value, computed):
            stale.append(finding("stale", at=at, shown=_say(value), computed=_say(computed)))
        as_blank = as_blank and _same(value, blank[sheet, address])
    if stale and as_blank:
        yield finding("not-recalculated", count=len(stale))
    else:
        yield from stale


def _same(left: ReadValue, right: ReadValue) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= _TOLERANCE * max(1.0, abs(left), abs(right))
    return left == right


def _say(value: ReadValue) -> str:
    if value is None or value == "":
        return "空白"
    return f"{value:.10g}" if isinstance(value, float) else f"“{value}”"
