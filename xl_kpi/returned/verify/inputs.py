"""The answers as they count: dates from 1904, formulas in place of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xl_kpi.findings import Finding, finding
from xl_kpi.outward import masked
from xl_kpi.program import asking
from xl_kpi.returned.read import Filled
from xl_kpi.rules.parts import Input, Kind
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
    dates = {cell.node for cell in filled.blueprint.inputs if cell.bound.spec.kind == "date"}
    return {
        node: value + _1904 if isinstance(value, float) and node in dates else value for node, value in typed.items()
    }


def computed(filled: Filled, counted: dict[str, Value]) -> Iterator[Computed]:
    """The inputs in which a formula stands."""
    for node, sheet, name, bound in filled.blueprint.inputs:
        cell = filled.sheets[sheet].cells.get(name)
        if cell is not None and cell.formula is not None:
            picture = bool(_PICTURE.match(cell.formula))
            yield Computed(f"{sheet}!{name}", bound.spec, counted.get(node), picture)


_PICTURE = re.compile(r"(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)  # how WPS keeps a picture in a cell
