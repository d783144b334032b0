"""Whether everything stands where it should: answers are read by address, so a shift must be noticed first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from xl_kpi.findings import Finding, WorkbookError, finding
from xl_kpi.layout.plan import CODE, COVER, UNIT
from xl_kpi.returned.blueprint import ExpectedSheet
from xl_kpi.returned.read import Filled
from xl_kpi.returned.sheet_names import alike
from xl_kpi.returned.verify.shifts import shifts
from xl_kpi.words import said
from xl_kpi.xlsx.addresses import Address, address, column_letter
from xl_kpi.xlsx.cells import ReadCell, ReadValue
from xl_kpi.xlsx.formulas import one_kind_of_line

_NOTHING = ReadCell()


def constants(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Constants that are gone or another; of code `structure` where they are because rows, columns or names of sheets
    were moved: then nothing must be read by address. Raises WorkbookError for the workbook of another unit."""
    cells = filled.sheets[name].cells
    wrong = {
        at: wanted.value
        for at, wanted in sheet.constants.items()
        if (found := cells.get(at, _NOTHING)) != wanted or found.value is True  # which Python takes for 1
    }
    for at in [at for at in wrong if _same_lines(cells.get(at, _NOTHING), sheet.constants[at])]:
        del wrong[at]
    others_name = False  # whether the cover names somebody else
    for at in [at for at, wanted in wrong.items() if isinstance(wanted, str) and _named(wanted, filled) != wanted]:
        named = _named(str(wrong.pop(at)), filled)
        cell = cells.get(at)
        # A unit without a code: the text is empty, and programs drop such a cell.
        if ((cell.value or "") if cell is not None else "") != named:
            wrong[at] = named
            if name == COVER and UNIT in str(sheet.constants[at].value) and cell is not None and cell.value:
                others_name = True
    if not wrong:
        return
    moved = _moved(sheet, cells, wrong)
    if moved:
        yield _structure(name, sheet, filled, moved, wrong)
    elif others_name:
        why = said("returned.cover-names-another")
        raise WorkbookError(finding("other-unit", file=filled.file, found=filled.meta.unit, expected=why))
    else:
        for at, wanted in wrong.items():
            text = wanted if isinstance(wanted, str) else f"{wanted:g}"
            yield finding("constant-changed", at=f"{name}!{at}", expected=text)


def _same_lines(found: ReadCell, wanted: ReadCell) -> bool:
    """Whether a text is as it was but for how its lines end."""
    value = found.value
    return isinstance(value, str) and "\r" in value and found._replace(value=one_kind_of_line(value)) == wanted


def _structure(
    name: str, sheet: ExpectedSheet, filled: Filled, moved: str, wrong: Mapping[str, ReadValue]
) -> Finding:
    """What happened to a sheet, as exactly as it can be told, and how to repair it."""
    holds = _content_of(name, filled, len(wrong))
    if holds:
        why = said("returned.sheets-swapped", name=name, holds=holds)
        return finding("structure", at=f"{name}!A1", why=why)
    told = shifts(_texts(sheet, filled), filled.sheets[name].cells, _referred_to(name, filled))
    if told is not None:
        at = f"A{told.first}" if told.axis == "row" else f"{column_letter(told.first)}1"
        return finding("structure", at=f"{name}!{at}", why=told.told())
    why = said("returned.content-moved", wanted=str(wrong[moved]))
    return finding("structure", at=f"{name}!{moved}", why=why)


def _content_of(name: str, filled: Filled, wrong: int) -> str:
    """The sheet whose content stands on another, where the names of sheets were changed; "" for none."""
    sheets = filled.blueprint.sheets
    if 2 * wrong < len(sheets[name].constants):
        return ""
    cells = filled.sheets[name].cells
    return next((other for other, sheet in sheets.items() if other != name and alike(sheet.constants, cells)), "")


def _texts(sheet: ExpectedSheet, filled: Filled) -> dict[str, ReadCell]:
    """The constants of a sheet as they read in a unit's workbook."""
    return {
        at: cell._replace(value=_named(cell.value, filled)) if isinstance(cell.value, str) else cell
        for at, cell in sheet.constants.items()
    }


def _referred_to(name: str, filled: Filled) -> Counter[Address]:
    """The cells of a sheet that merges, names and formulas in other rows and on other sheets refer to, how often."""
    found = Counter(first for first, _ in filled.sheets[name].merges)
    elsewhere = re.compile(rf"(?<![^\W_])'?{re.escape(name)}'?!\$?([A-Z]{{1,3}})\$?([0-9]+)")
    for sheet, read in filled.sheets.items():
        for at, cell in read.cells.items():
            if cell.formula:
                cells = elsewhere.findall(cell.formula)
                if sheet == name:
                    own = str(address(at)[0])
                    cells += [(column, row) for column, row in _OWN_CELL.findall(cell.formula) if row != own]
                found.update(address(column + row) for column, row in cells if _is_row(row))
    for defined in filled.book.names:
        found.update(address(column + row) for column, row in elsewhere.findall(defined.refers_to) if _is_row(row))
    return found


_OWN_CELL = re.compile(r"(?<![!\w'$.])\$?([A-Z]{1,2})\$?([0-9]+)(?![\w(])")


def _is_row(text: str) -> bool:
    return len(text) <= 6 and int(text) > 0


def _named(text: str, filled: Filled) -> str:
    """A text of the plan as it reads in a workbook that says what it is: whose, and by which fingerprint."""
    meta, fingerprint = filled.meta, filled.plan.fingerprint  # a former one is accepted when the workbook is read
    return text.replace(UNIT, meta.unit).replace(CODE, meta.code).replace(fingerprint, meta.fingerprint)


def _moved(sheet: ExpectedSheet, cells: Mapping[str, ReadCell], wrong: Mapping[str, ReadValue]) -> str:
    """The first constant that stands elsewhere in its row or column, or whose whole row is gone; "" for none."""
    elsewhere: dict[ReadValue, set[tuple[str, int]]] = defaultdict(set)
    for at, cell in cells.items():
        if cell.formula is None and at not in sheet.free and cell != sheet.constants.get(at):
            row, column = address(at)
            elsewhere[cell.value] |= {("row", row), ("column", column)}
    rows = defaultdict(list)
    for at in (*sheet.constants, *sheet.formulas):
        rows[address(at)[0]].append(at)
    for at, wanted in wrong.items():
        row, column = address(at)
        if elsewhere.get(wanted, set()) & {("row", row), ("column", column)}:
            return at
        if len(rows[row]) > 1 and not any(other in cells for other in rows[row]):
            return at
    return ""
