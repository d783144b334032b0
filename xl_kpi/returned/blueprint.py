"""What a workbook of a plan should hold, cell by cell, in the form in which a file that came back is compared with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from xl_kpi.expr import ops
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Formula, Plan
from xl_kpi.layout.sheet import Sheet
from xl_kpi.layout.style import UNLOCKED
from xl_kpi.layout.values import blank_values
from xl_kpi.program import nodes
from xl_kpi.program.inputs import BoundInput
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.resolve import resolve
from xl_kpi.xlsx.addresses import Area, Place, a1, area, names_in
from xl_kpi.xlsx.cells import ReadCell, Value
from xl_kpi.xlsx.looks import Look
from xl_kpi.xlsx.sheet import Validation


@dataclass
class ExpectedSheet:
    """One sheet, by cell name."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    constants: dict[str, ReadCell] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)  # unlocked, for words: anything may stand there
    used: set[str] = field(default_factory=set)  # all of these: nothing may stand elsewhere
    looks: dict[Look, list[str]] = field(default_factory=dict)  # the planned cells by how they should look
    merges: set[Area] = field(default_factory=set)
    covered: set[str] = field(default_factory=set)  # cells under the merges
    validations: list[tuple[Validation, list[str]]] = field(default_factory=list)  # with the cells each is for
    rows: set[int] = field(default_factory=set)  # those in which something is planned
    columns: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


class InputCell(NamedTuple):
    """A cell to fill in: its node, where it is, and the input it is for."""

    node: str
    sheet: str
    name: str
    bound: BoundInput


class Blueprint:
    """A plan as that by which workbooks are read and compared; each part is made when it is first asked for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def sheets(self) -> dict[str, ExpectedSheet]:
        """What each sheet should hold."""
        sheets = {sheet.name: _sheet(sheet) for sheet in self.plan.sheets.values()}
        for formula in self.plan.formula_cells:
            sheets[formula.sheet].formulas[formula.name] = formula
        for cell in self.inputs:
            sheets[cell.sheet].inputs.add(cell.name)
        for made in sheets.values():
            made.used.update(made.formulas, made.constants, made.free)
        return sheets

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of the workbook and what they refer to."""
        return dict(self.plan.names())

    @cached_property
    def inputs(self) -> list[InputCell]:
        """Every input's cells, one for each stage."""
        program = self.plan.program
        return [self._cell(nodes.typed(one.id, stage), one) for one in program.inputs() for stage in program.stages]

    @cached_property
    def notes(self) -> list[InputCell]:
        """The cell of 填报说明 beside every input."""
        return [self._cell(nodes.note(bound.id), bound) for bound in self.plan.program.inputs()]

    def _cell(self, node: str, bound: BoundInput) -> InputCell:
        sheet, at = self.plan.homes[node]
        return InputCell(node, sheet, a1(*at), bound)

    @cached_property
    def blank(self) -> dict[Place, Value]:
        """What every formula cell shows in a blank workbook, in the order of `plan.formula_cells`."""
        return blank_values(self.plan)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """The words that the workbook's own formulas can show: those may be quoted; what else stands there was typed."""
        choices = (choice for bound in self.plan.program.inputs() for choice in bound.spec.choices)
        return frozenset(text for formula in self.plan.formula_cells for text in ops.texts(formula.op)).union(choices)

    @cached_property
    def sentences(self) -> re.Pattern[str]:
        """The texts with numbers in them that the workbook's own formulas can show; those may be quoted as well."""
        made = {joined.args for formula in self.plan.formula_cells for joined in ops.sentences(formula.op)}
        forms = {
            "".join(re.escape(arg.value) if isinstance(arg, ops.Text) else r"-?\d+(?:\.\d+)?" for arg in args)
            for args in made
        }
        return re.compile("|".join(sorted(forms)) or r"(?!)")


@lru_cache(maxsize=32)
def blueprint_of(scheme: Scheme, year: int, level: str) -> Blueprint:
    """The blueprint of a scheme's workbooks of a year and a level ("" where it has none)."""
    return Blueprint(plan_of(resolve(scheme, level or None, year)))  # type: ignore[arg-type]  # one of its levels


def _sheet(sheet: Sheet) -> ExpectedSheet:
    made = ExpectedSheet(merges=set(sheet.merges), hidden_columns=sheet.hidden_columns)
    for merge in sheet.merges:
        made.covered.update(names_in(merge)[1:])
    for at, cell in sheet.cells.items():
        name = a1(*at)
        unlocked = cell.style in UNLOCKED
        made.looks.setdefault(Look(not unlocked, cell.number_format), []).append(name)
        made.rows.add(at[0])
        made.columns.add(at[1])
        if unlocked:
            made.free.add(name)
        elif cell.op is None and cell.value not in (None, ""):
            made.constants[name] = ReadCell(cell.value)
    for validation in sheet.validations:
        made.validations.append((validation, names_in(area(validation.cells))))
    return made
