"""What a workbook of a plan should hold, cell by cell, in the form in which a file that came back is compared with it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Formula
from xl_kpi.layout.sheet import Sheet
from xl_kpi.layout.style import UNLOCKED
from xl_kpi.returned.read import input_cells
from xl_kpi.scheme.model import Scheme
from xl_kpi.xlsx.addresses import Address, Area, Place, a1, address, area
from xl_kpi.xlsx.cells import ReadCell
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


@dataclass
class Expected:
    """All sheets of a plan, and its formulas in one list: the order in which values shown are kept."""

    sheets: dict[str, ExpectedSheet]
    formulas: list[Formula]
    names: dict[str, str]


@lru_cache(maxsize=16)
def expected(scheme: Scheme) -> Expected:
    """What workbooks of a settled scheme should hold."""
    plan = plan_of(scheme)
    sheets = {sheet.name: _sheet(sheet) for sheet in plan.sheets.values()}
    formulas = plan.formula_cells
    for formula in formulas:
        sheets[formula.sheet].formulas[formula.name] = formula
    for _, sheet, name in input_cells(scheme):
        sheets[sheet].inputs.add(name)
    for made in sheets.values():
        made.used.update(made.formulas, made.constants, made.free)
    return Expected(sheets, formulas, dict(plan.names()))


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


def names_in(where: Area) -> list[str]:
    """The names of the cells of an area, row by row."""
    (top, left), (bottom, right) = where
    return [a1(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


_REFERENCE = re.compile(r"(?:'([^']+)'|([^\W\d]\w*))?(!)?\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")
_LITERAL = re.compile(r'("(?:[^"]|"")*")')


_WIDE = 10_000  # cells: a range over this is not written out


def references(text: str, sheet: str, among: Collection[Place]) -> set[Place]:
    """Which of some cells a formula that stands on a sheet refers to, however large its ranges are."""
    found: set[Place] = set()
    for part in _LITERAL.split(text)[::2]:
        for quoted, bare, mark, left, top, right, bottom in _REFERENCE.findall(part):
            on = (quoted or bare) if mark else sheet
            try:
                where = area(f"{left}{top}:{right}{bottom}" if right else left + top)
            except ValueError:  # a name such as ABC1234567
                continue
            (first, west), (last, east) = where
            if (last - first + 1) * (east - west + 1) <= _WIDE:
                found |= {(on, name) for name in names_in(where) if (on, name) in among}
            else:
                inside = (place for place in among if place[0] == on)
                found |= {p for p in inside if within(address(p[1]), where)}
    return found


def within(at: Address, where: Area) -> bool:
    """Whether a cell lies in an area."""
    (first, west), (last, east) = where
    return first <= at[0] <= last and west <= at[1] <= east


@lru_cache(maxsize=8192)
def plain(formula: str) -> str:
    """A formula without what programs write differently: spaces, the quotes around sheet names, the ends of lines in
    texts, and how many digits they write of a number."""
    parts = _LITERAL.split(formula)
    return "".join(
        one_kind_of_line(part) if number % 2 else _NUMBER.sub(_shortest, re.sub(r"[\s']", "", part))
        for number, part in enumerate(parts)
    )


_NUMBER = re.compile(r"(?<![\w.$!])[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?(?![\w.!:(])")


def _shortest(number: re.Match[str]) -> str:
    return repr(float(number[0]))


def one_kind_of_line(text: str) -> str:
    """A text whose lines all end in the same way."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
