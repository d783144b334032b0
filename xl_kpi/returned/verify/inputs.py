"""The answers as they count: dates from 1904, formulas in place of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from xl_kpi.findings import Finding, either, finding
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.outward import masked
from xl_kpi.program import asking, nodes
from xl_kpi.program.inputs import BoundInput
from xl_kpi.returned.read import Filled, input_cells
from xl_kpi.rules.parts import Input
from xl_kpi.scheme.model import Scheme
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
        what = either("图片（嵌入单元格的）", "a picture") if self.picture else either("公式", "a formula")
        if result is None:
            how = either("没有结果，不能计分", "it has no result and does not count")
        else:
            shown = asking.shown(result, spec.kind) if isinstance(result, float) else masked(result)
            how = either(f"按其存储的结果 {shown} 计分", f"its stored result {shown} was used")
            if not counts:
                how = either(f"存储的结果 {shown} 不能计分", f"its stored result {shown} does not count")
        return finding("input-formula", at=self.at, label=spec.label, what=what, how=how, remedy=_remedy(spec))


def _remedy(spec: Input) -> str:
    if spec.kind == "choice":
        return either("请从下拉框选择", "choose from the list")
    words = {"text": ("请改填文字", "type words"), "date": ("请改填日期", "type the date")}
    return either(*words.get(spec.kind, ("请改填数值", "type the number")))


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
