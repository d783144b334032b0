"""The answers as they count: texts that say a number, dates from 1904, formulas in place of numbers."""

from __future__ import annotations

from functools import lru_cache

from xl_kpi.findings import Finding, either, finding
from xl_kpi.outward import masked
from xl_kpi.rules.base import Input, show
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.program import STAGES, BoundInput
from xl_kpi.workbook.answers import reading
from xl_kpi.workbook.cells import Value
from xl_kpi.workbook.plan import plan_of
from xl_kpi.workbook.read import Filled, input_cells

_1904 = 1462  # days between the two date systems


def counted(filled: Filled, typed: dict[str, Value]) -> tuple[dict[str, Value], list[Finding]]:
    """The answers as they count, and a finding for each that does not count as it stands."""
    counted = dict(typed)
    findings = []
    inputs = _inputs(filled.plan.scheme)
    converted = False
    for node, value in typed.items():
        bound = inputs[node]
        if isinstance(value, str):
            read = _read(value, bound.spec)
            if read is not None:
                counted[node] = read
                shown = read if isinstance(read, str) else show(read, bound.spec.kind)
                details = {"label": bound.spec.label, "value": masked(value), "read": shown}
                findings.append(finding("text-number", at=filled.plan.at(node), **details))
        elif filled.book.date1904 and bound.spec.kind == "date" and value is not None:
            counted[node] = value + _1904
            converted = True
    if converted:
        findings.append(finding("date-1904"))
    for node, sheet, name in input_cells(filled.plan.scheme):
        cell = filled.sheets[sheet].cells.get(name)
        if cell is not None and cell.formula is not None:
            spec = inputs[node].spec
            value = typed.get(node)
            shown = show(value, spec.kind) if isinstance(value, float) else masked(value or "")
            details = {"label": spec.label, "value": shown or either("空白", "blank")}
            findings.append(finding("input-formula", at=f"{sheet}!{name}", **details))
    return counted, findings


@lru_cache(maxsize=16)
def _inputs(scheme: Scheme) -> dict[str, BoundInput]:
    """The inputs of a settled scheme, by the node of each of their cells."""
    return {bound.id + stage: bound for bound in plan_of(scheme).program.inputs() for stage in STAGES}


def _read(value: str, spec: Input) -> float | str | None:
    if spec.kind == "choice" and value in spec.choices:
        return None
    return reading(value, spec)
