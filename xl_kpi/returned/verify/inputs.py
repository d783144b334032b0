"""The answers as they count: dates from 1904, formulas in place of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from xl_kpi.findings import Finding, finding
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.outward import masked
from xl_kpi.program import asking, nodes
from xl_kpi.program.inputs import BoundInput
from xl_kpi.returned.read import Filled, input_cells
from xl_kpi.rules.parts import Input, Kind
from xl_kpi.scheme.model import Scheme
from xl_kpi.words import Said, said
from xl_kpi.xlsx.cells import Value

_1904 = 1462  # days between the two date systems


@dataclass(frozen=True)
class Computed:
    """An input in which a formula stands: its cell, what it asks for, its stored result as it counts, whether it is a
    picture that WPS put into the cell."""

    at: str
    spec: Input
    result: Value
    picture: bool

    def told(self, counts: bool) -> Finding:
        """What there is to say of it, in one line; `counts`: its stored result is an answer in order."""
        spec, result = self.spec, self.result
        what = said("returned.picture") if self.picture else said("returned.formula")
        if result is None:
            how = said("returned.formula-no-result")
        else:
            shown = asking.shown(result, spec.kind) if isinstance(result, float) else masked(result)
            how = said("returned.formula-result-used", shown=shown)
            if not counts:
                how = said("returned.formula-result-unfit", shown=shown)
        return finding("input-formula", at=self.at, label=spec.label, what=what, how=how, remedy=_remedy(spec))


def _remedy(spec: Input) -> Said:
    if spec.kind == "choice":
        return said("returned.choose")
    return said(f"returned.input-type-{_TYPES.get(spec.kind, 'number')}")


_TYPES: dict[Kind, str] = {"text": "words", "date": "date"}


def counted(filled: Filled, typed: dict[str, Value]) -> dict[str, Value]:
    """The answers as they count: dates of a workbook that counts from 1904 are the days that it shows."""
    if not filled.book.date1904:
        return typed
    dates = {node for node, bound in _inputs(filled.plan.scheme).items() if bound.spec.kind == "date"}
    return {
        node: value + _1904 if isinstance(value, float) and node in dates else value for node, value in typed.items()
    }


def computed(filled: Filled, counted: dict[str, Value]) -> Iterator[Computed]:
    """The inputs in which a formula stands."""
    inputs = _inputs(filled.plan.scheme)
    for node, sheet, name in input_cells(filled.plan.scheme):
        cell = filled.sheets[sheet].cells.get(name)
        if cell is not None and cell.formula is not None:
            picture = bool(_PICTURE.match(cell.formula))
            yield Computed(f"{sheet}!{name}", inputs[node].spec, counted.get(node), picture)


_PICTURE = re.compile(r"(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)  # how WPS keeps a picture in a cell


@lru_cache(maxsize=16)
def _inputs(scheme: Scheme) -> dict[str, BoundInput]:
    """The inputs of a settled scheme, by the node of each of their cells."""
    program = plan_of(scheme).program
    return {nodes.typed(bound.id, stage): bound for bound in program.inputs() for stage in program.stages}
