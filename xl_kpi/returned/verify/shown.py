"""What does not show as it is: locks, number formats, hidden sheets, rows and columns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xl_kpi.findings import Finding, finding
from xl_kpi.returned.blueprint import ExpectedSheet
from xl_kpi.returned.read import Filled
from xl_kpi.words import said
from xl_kpi.xlsx.addresses import a1, address, column_letter, within
from xl_kpi.xlsx.cells import ReadCell
from xl_kpi.xlsx.looks import Look, plain_format, shows, width_of


def looks(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Cells that are no longer locked, and numbers behind a format that shows another number."""
    read, table = filled.sheets[name], filled.styles.cells
    for wanted, planned in sheet.looks.items():
        styles = set(map(read.styles.get, planned))
        apart = {style for style in styles if style is not None and not _same_look(table[int(style)], wanted)}
        for at in planned if apart else ():
            style = read.styles.get(at)
            if style not in apart:
                continue
            found = table[int(style)]
            if wanted.locked and not found.locked:
                yield finding("unlocked", at=f"{name}!{at}")
            if at in read.cells and _misleads(found.number_format, wanted.number_format, read.cells[at]):
                formats = {"format": found.number_format, "expected": wanted.number_format}
                yield finding("number-format", at=f"{name}!{at}", **formats)


def conditions(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Numbers that a conditional format shows in a number format of its own; none of ours sets one."""
    read = filled.sheets[name]
    for where, index, brought in read.conditions:
        code = brought or filled.styles.conditional.get(index)
        if code is None:
            continue
        for wanted, planned in sheet.looks.items():
            for at in planned:
                value = read.cells[at].value if at in read.cells else None
                covered = isinstance(value, float) and any(within(address(at), part) for part in where)
                if covered and _misleads(code, wanted.number_format, read.cells[at]):
                    formats = {"format": code, "expected": wanted.number_format}
                    yield finding("number-format", at=f"{name}!{at}", **formats)


def _same_look(found: Look, wanted: Look) -> bool:
    return not (wanted.locked and not found.locked) and _same_format(found.number_format, wanted.number_format)


_DATE = re.compile(r"[ymd年月日/\-., ]*[ymd][ymd年月日/\-., ]*")


def _same_format(found: str, wanted: str) -> bool:
    found, wanted = plain_format(found), plain_format(wanted)
    return found == wanted or bool(_DATE.fullmatch(found) and _DATE.fullmatch(wanted))


def _misleads(found: str, wanted: str, cell: ReadCell) -> bool:
    if _same_format(found, wanted):
        return False
    if isinstance(cell.value, float):
        return not shows(found, cell.value)
    # The fourth section of a format is for texts; one without @ shows another text, or none.
    return isinstance(cell.value, str) and cell.value != "" and found.count(";") > 2 and "@" not in found


def hidden(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    read = filled.sheets[name]
    if filled.book.sheets[name].state != "visible" and not filled.plan.sheets[name].very_hidden:
        what = said("returned.hidden-sheet", name=name)
        yield finding("hidden", at=f"{name}!A1", what=what)
    rows = sorted(read.hidden_rows & sheet.rows)
    if rows and read.filtered:
        yield finding("filtered", name=name, count=len(rows))
    else:
        for row in rows:
            yield finding("hidden", at=f"{name}!A{row}", what=said("returned.hidden-row", row=row))
    hidden = {column for first, last in read.hidden_columns for column in range(first, last + 1)}
    for column in sorted(hidden & sheet.columns - sheet.hidden_columns):
        letter = column_letter(column)
        yield finding("hidden", at=f"{name}!{letter}1", what=said("returned.hidden-column", letter=letter))
    if read.zeros_hidden and not filled.plan.sheets[name].very_hidden:
        what = said("returned.hidden-zeros", name=name)
        yield finding("hidden", at=f"{name}!A1", what=what)


_NARROWER = 0.8  # of the planned width: below it somebody narrowed the column


def narrow(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """Columns that were made too narrow for a number in them, which shows as ####."""
    read, planned = filled.sheets[name], filled.plan.sheets[name].widths
    widths = {
        column: width
        for first, last, width in read.widths
        for column in sheet.columns - sheet.hidden_columns
        if first <= column <= last and width < _NARROWER * planned.get(column, 0)
    }
    if not widths:
        return
    merged = {a1(*first) for first, _ in sheet.merges}
    told = set()
    for wanted, cells in sheet.looks.items():
        for at in cells:
            column = address(at)[1]
            value = read.cells[at].value if at in read.cells else None
            if column in widths and column not in told and at not in merged and isinstance(value, float):
                style = int(read.styles.get(at, "0"))
                code = filled.styles.cells[style].number_format if at in read.styles else wanted.number_format
                if width_of(code, value) > widths[column]:
                    told.add(column)
                    yield finding("too-narrow", at=f"{name}!{at}", column=column_letter(column))
