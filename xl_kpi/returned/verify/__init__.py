"""What came back against the plan: a finding for everything that is not as the workbook was sent out.

Proof that a workbook is ours is not a mark in it: the plan is rebuilt from the scheme and every formula, constant,
lock, validation, name, number format and setting is compared. What cannot be read without guessing stops the reading
(WorkbookError); everything else is a finding beside which the recalculated values count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from xl_kpi.findings import Finding, WorkbookError, finding
from xl_kpi.returned import sheet_names
from xl_kpi.returned.read import Filled
from xl_kpi.returned.verify import cells, formulas, inputs, settings, shown, structure, validations
from xl_kpi.returned.verify.inputs import Computed
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.archive import is_pending
from xl_kpi.xlsx.cells import ReadCell, ReadValue, Value
from xl_kpi.xlsx.formulas import plain
from xl_kpi.xlsx.refused import Refused


@dataclass
class Examined:
    """A workbook that was read and compared with its plan: all that scoring and reporting need of it."""

    typed: dict[str, Value]  # by node id, as the workbook's own formulas see it
    counted: dict[str, Value]  # the same as it counts: 1904 dates converted
    shown: list[ReadValue]  # what each formula cell shows, in the order of `plan.formula_cells`
    changed: set[Place]  # formula cells whose formula is gone or another
    computed: list[Computed]  # inputs in which a formula stands
    findings: list[Finding] = field(default_factory=list)
    pending: bool = False  # filled in by `fill`, and not recalculated since


def examine(filled: Filled) -> Examined:
    """Compare a workbook with its plan. Raises WorkbookError where it cannot be read or its structure is not the plan's."""
    try:
        return _examined(filled)
    except Refused as refused:  # parts that only the comparison looks into
        raise WorkbookError(finding(refused.code, file=filled.file, why=refused.why)) from None


def _examined(filled: Filled) -> Examined:
    plan = filled.blueprint
    found: list[Finding] = []
    for name, sheet in plan.sheets.items():
        found += structure.constants(name, sheet, filled)
    if moved := [problem for problem in found if problem.code == "structure"]:
        raise WorkbookError(*moved)
    found += sheet_names.told(plan, filled.book, filled.added)
    values: list[ReadValue] = []
    changed: set[Place] = set()
    for name, sheet in plan.sheets.items():
        read = filled.sheets[name].cells
        present = [read.get(at, _NOTHING) for at in sheet.formulas]
        values += [cell.value for cell in present]
        changed |= {
            (name, formula.name)
            for formula, cell in zip(sheet.formulas.values(), present, strict=True)
            if cell.formula != formula.text and plain(cell.formula or "") != plain(formula.text)
        }
    typed = filled.typed()
    counted = inputs.counted(filled, typed)
    if counted != typed:
        found.append(finding("date-1904"))
    computed = list(inputs.computed(filled, counted))
    if found or changed or computed or formulas.has_others(plan, filled):
        found += formulas.computable(plan, filled, changed)
    for name, sheet in plan.sheets.items():
        found += cells.contents(name, sheet, filled)
        found += cells.merges(name, sheet, filled.sheets[name])
        found += shown.looks(name, sheet, filled)
        found += shown.conditions(name, sheet, filled)
        found += validations.validations(name, sheet, filled.sheets[name])
        found += shown.hidden(name, sheet, filled)
        found += shown.narrow(name, sheet, filled)
    found += settings.settings(plan, filled)
    return Examined(typed, counted, values, changed, computed, list(_trimmed(found)), is_pending(filled.package))


_NOTHING = ReadCell()


def _trimmed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, but of one kind on one sheet no more than an official would read; the rest are counted."""
    counts: Counter[tuple[str, str]] = Counter()
    for found in findings:
        counts[found.code, found.sheet] += 1
        if counts[found.code, found.sheet] <= MOST_OF_A_KIND:
            yield found
    for (_, sheet), count in counts.items():
        if count > MOST_OF_A_KIND:
            yield finding("more", at=f"{sheet}!", count=count - MOST_OF_A_KIND)


MOST_OF_A_KIND = 50
