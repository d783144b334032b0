"""A plan as a workbook to be written: its formulas in words, its looks from their names, what a blank shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache

from xl_kpi.expr import ops, semantics
from xl_kpi.layout import sheet as layout
from xl_kpi.layout.plan import Plan
from xl_kpi.layout.style import CONDITION_LOOKS, LOOKS
from xl_kpi.layout.values import blank_values
from xl_kpi.xlsx.addresses import Address, a1
from xl_kpi.xlsx.sheet import Cell, Condition, Frame, Look, Sheet, Workbook
from xl_kpi.xlsx.triangles import ignored
from xl_kpi.xlsx.write import parts_of

# Answers and words that every table of texts begins with, whether or not the blank shows them.
_WORDS = (
    *("是", "否", "无"),
    *(semantics.FILLED, semantics.OPTIONAL, semantics.MISSING, semantics.INVALID, semantics.OUT_OF_RANGE),
    *(semantics.INCONSISTENT, semantics.PASSED, semantics.TRIGGERED, semantics.NOT_TRIGGERED),
    *(semantics.UNFINISHED, semantics.COMPLETE, semantics.ERROR_TEXT),
)


def render(plan: Plan) -> dict[str, bytes]:
    """The parts of a plan's workbook, blank, with its calculated values in it; the unit's name still to be put in (clone)."""
    formulas = {(formula.sheet, formula.name): formula.text for formula in plan.formula_cells}
    values = blank_values(plan)

    def cell(sheet: str, name: str, planned: layout.Cell) -> Cell:
        place = (sheet, name)
        value = planned.value if planned.op is None else values[place]
        look = _look(planned.style, planned.number_format)
        return Cell(look, value, formulas.get(place), planned.link, planned.tip)

    sheets = [
        _framed(planned, {at: cell(planned.name, a1(*at), held) for at, held in planned.cells.items()})
        for planned in plan.sheets.values()
    ]
    return parts_of(Workbook(plan.scheme.title, sheets, [*plan.names()], _words(plan)))


@cache
def _look(style: str, number_format: str) -> Look:
    return replace(LOOKS[style], number_format=number_format)


def _framed(planned: layout.Sheet, cells: dict[Address, Cell]) -> Sheet:
    """A sheet of the plan as it is written, with these cells."""
    frame = {field.name: getattr(planned, field.name) for field in fields(Frame)}
    conditions = [Condition(c.cells, c.formula, CONDITION_LOOKS[c.look]) for c in planned.conditions]
    return Sheet(**frame, cells=cells, conditions=conditions, ignored=[*ignored(cells)])


def _words(plan: Plan) -> Iterator[str]:
    """Every word that an answer or a formula of the workbook can be."""
    yield from _WORDS
    for bound in plan.program.inputs():
        yield from bound.spec.choices
    for formula in plan.formula_cells:
        yield from (text for text in ops.texts(formula.op) if text)
