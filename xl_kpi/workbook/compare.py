"""What a file shows against what its answers come to: formulas that are gone, values that are stale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import Finding, either, finding
from xl_kpi.scheme.model import Scheme
from xl_kpi.workbook.cells import ReadValue, Value
from xl_kpi.workbook.draft import Address, a1
from xl_kpi.workbook.plan import ENTRY, Plan, plan_of
from xl_kpi.workbook.read import Filled
from xl_kpi.workbook.sheets.entry import LABEL

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
    batch = plan.program.evaluate([{}])
    return shown(plan, batch, 0)


def displaced(plan: Plan, filled: Filled) -> str:
    """The first label on 数据填报 that is not where the plan has it, as a sentence; empty when all are.

    Answers are read by address, so a row inserted or deleted must be noticed before anything is read.
    """
    sheet = plan.sheets[ENTRY]
    cells = filled.cells[ENTRY]
    for (row, column), cell in sorted(sheet.cells.items()):
        if isinstance(cell.value, str) and cell.value and column <= LABEL:
            name = a1(row, column)
            found = cells[name].value if name in cells else None
            if found != cell.value:
                return f"{ENTRY}!{name} {either('应为', 'should be')}“{cell.value}”"
    return ""


def findings(plan: Plan, filled: Filled, batch: Batch, row: int) -> Iterator[Finding]:
    """A finding for each formula that is gone or another, and for each cell that shows what its formula does not give.

    A workbook that still shows everywhere what it showed when blank was filled by a program and never recalculated:
    that is said once, and is nothing to hold against the unit.
    """
    stale: list[Finding] = []
    uncalculated = 0
    as_blank = True
    blank = blank_values(plan.scheme)
    values = shown(plan, batch, row)
    for sheet, name, address, formula in _formulas(plan.scheme):
        computed = values[sheet, address]
        cell = filled.cells[sheet].get(name)
        at = f"{sheet}!{name}"
        if cell is None or cell.formula is None or (cell.formula and _plain(cell.formula) != formula):
            yield finding("formula-changed", at=at, computed=_say(computed))
        elif cell.value is None:
            uncalculated += 1
        elif not _same(cell.value, computed):
            stale.append(finding("stale", at=at, shown=_say(cell.value), computed=_say(computed)))
        if cell is not None:
            as_blank = as_blank and _same(cell.value, blank[sheet, address])
    if uncalculated:
        yield finding("uncalculated", count=uncalculated)
    if stale and as_blank:
        yield finding("not-recalculated", count=len(stale))
    else:
        yield from stale


@lru_cache(maxsize=16)
def _formulas(scheme: Scheme) -> list[tuple[str, str, Address, str]]:
    """Every formula cell of a plan: sheet, name, address, and its formula as `_plain` has it."""
    addresses = {a1(*at): at for sheet in plan_of(scheme).sheets.values() for at in sheet.cells}
    return [(sheet, name, addresses[name], _plain(text[1:])) for sheet, name, _, text in plan_of(scheme).formulas()]


_LITERAL = re.compile(r'("(?:[^"]|"")*")')


def _plain(formula: str) -> str:
    """A formula without what programs write differently: spaces, and the quotes around sheet names."""
    parts = _LITERAL.split(formula)
    return "".join(part if number % 2 else re.sub(r"[\s']", "", part) for number, part in enumerate(parts))


def _same(left: ReadValue, right: ReadValue) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= _TOLERANCE * max(1.0, abs(left), abs(right))
    return left == right


def _say(value: ReadValue) -> str:
    if value is None or value == "":
        return "空白"
    return f"{value:.10g}" if isinstance(value, float) else f"“{value}”"
