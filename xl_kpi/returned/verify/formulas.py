"""Formulas that are not the plan's: which of them leave nothing to compute by, and which reach out of the workbook."""

from __future__ import annotations

from collections.abc import Iterator

from xl_kpi.findings import Finding, finding
from xl_kpi.outward import masked
from xl_kpi.returned.blueprint import Blueprint
from xl_kpi.returned.read import Filled
from xl_kpi.words import Said, said
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.formulas import circular, taken_apart


def has_others(plan: Blueprint, filled: Filled) -> bool:
    """Whether a formula stands where there may be anything, or where nothing should be."""
    if any(True for _ in _added(filled)):
        return True
    for name, sheet in plan.sheets.items():
        cells = filled.sheets[name].cells
        if any(cells[at].formula is not None for at in (cells.keys() & sheet.free) | (cells.keys() - sheet.used)):
            return True
    return False


def computable(plan: Blueprint, filled: Filled, changed: set[Place]) -> Iterator[Finding]:
    """Whether formulas in place of the plan's have a value at all, and which formulas refer to something outside.

    What stands in a cell that the plan computes nothing in needs no value: nothing reads it, or it is an answer, whose
    stored result is judged as any answer (inputs.py).
    """
    own = {
        (sheet, name): cell.formula
        for sheet, read in filled.sheets.items()
        for name, cell in read.cells.items()
        if cell.formula is not None and (name not in plan.sheets[sheet].formulas or (sheet, name) in changed)
    }
    for sheet, name, text in _added(filled):
        if _strange(text)[1]:
            yield _outside(f"{sheet}!{name}")
    if not own:
        return
    texts = {(f.sheet, f.name): f.text for f in plan.plan.formula_cells} | own
    texts = {place: text for place, text in texts.items() if text and (place in own or place not in changed)}
    for place, text in own.items():
        at = "!".join(place)
        unknown, outside = _strange(text)
        if place in changed and unknown:
            why = said("returned.function-unknown", unknown=unknown)
            yield finding("not-computable", at=at, why=why)
        elif place in changed and circular(place, texts):
            yield finding("not-computable", at=at, why=said("returned.circular"))
        if outside:
            yield _outside(at)


def _added(filled: Filled) -> Iterator[tuple[str, str, str]]:
    """The formulas on sheets that somebody added: sheet, cell, text."""
    for sheet, read in filled.added.items():
        for name, cell in read.cells.items():
            if cell.formula is not None:
                yield sheet, name, cell.formula


def _outside(at: str) -> Finding:
    what = said("returned.formula-refers-outside", at=at)
    return finding("foreign", at=at, what=what)


def _strange(formula: str) -> tuple[str | Said, bool]:
    """A function no engine knows (or ""), and whether the formula refers to anything outside the workbook."""
    apart = taken_apart(formula)
    if apart is None:
        return masked(formula), False
    unknown, outside = apart
    first = unknown[0] if unknown else ""
    return first if first.isascii() else masked(first), outside
