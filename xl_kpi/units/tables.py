"""A list of units as rows of texts: from a CSV, or from the first sheet of a workbook, read as returned workbooks are.

No guessing at types: a code stays 007, a unit called NA or null is called so, a date is the words it is written in.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from xl_kpi.words import Said, said
from xl_kpi.xlsx.addresses import Area, address
from xl_kpi.xlsx.book import tabs
from xl_kpi.xlsx.cells import ReadCell, number_text
from xl_kpi.xlsx.looks import read_styles
from xl_kpi.xlsx.package import main_part, only, related, unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import Worksheet, read_worksheet

MOST_ROWS = 100_000  # more are no list of units


@dataclass
class UnitTable:
    """Rows by their number in the file, as Excel shows it; each row's texts by column, from 0, blanks left out.

    `merges` are areas that say one thing (rows and columns from 1). `notes` are things to tell about the whole.
    """

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merges: list[Area] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)
    cells: dict[int, int] = field(default_factory=dict)  # how many cells a row of a CSV has, blanks included
    positional: bool = False  # cells are told apart by commas alone: one too many shifts the others


def read_table(content: bytes, suffix: str) -> UnitTable:
    """The rows of a list. Raises Refused with what is wrong with the file as a whole."""
    if content[:4] == b"PK\x03\x04":
        return _workbook(content)
    if suffix == ".csv":
        return _csv(content)
    unpack(content)  # which says what it is instead
    raise Refused("not-a-workbook", said("units.not-readable-xlsx-csv"))


def _csv(content: bytes) -> UnitTable:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    table = UnitTable(positional=True)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise _too_long()
            table.cells[number] = len(row)
            table.rows[number] = {column: cell for column, cell in enumerate(row) if cell.strip()}
    except csv.Error:
        why = said("units.quotes", line_num=reader.line_num)
        raise Refused("damaged", why) from None
    return table


def _decoded(content: bytes) -> str:
    """CSV saved by Excel in China is GB18030 unless somebody chose UTF-8, or Unicode text."""
    encodings = ["utf-8-sig", "gb18030"]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings.insert(0, "utf-16")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    why = said("units.no-text")
    raise Refused("damaged", why)


def _too_long() -> Refused:
    return Refused("too-large", said("units.too-many-rows", most=MOST_ROWS))


_DATE_TYPE = re.compile(rb"""(<(?:\w+:)?c\s[^<>]*?\bt=)(["'])d\2""")


def _workbook(content: bytes) -> UnitTable:
    parts = unpack(content)
    strings = shared_strings(parts)
    read: dict[str, Worksheet] = {}
    for name, tab in tabs(parts).items():
        if tab.kind == "worksheet":
            # A date as text is whatever was written: what cannot be told apart from other words need not be understood.
            xml = _DATE_TYPE.sub(rb"\1\2str\2", parts[tab.part])
            read[name] = read_worksheet(xml, strings)
    full = [
        name for name, sheet in read.items() if any(cell.value not in (None, "") for cell in sheet.cells.values())
    ]
    table = UnitTable()
    if not full:
        return table
    if len(full) > 1:
        table.notes.append(said("units.other-sheets", name=full[0], others=full[1:]))
    sheet = read[full[0]]
    zeros = _leading_zeros(parts, sheet)
    for name, cell in sheet.cells.items():
        text = _text(cell, zeros.get(name, 0))
        if text.strip():
            row, column = address(name)
            table.rows.setdefault(row, {})[column - 1] = text
    if len(table.rows) > MOST_ROWS:
        raise _too_long()
    last = max(table.rows, default=0)
    if last <= MOST_ROWS:
        table.rows = {row: table.rows.get(row, {}) for row in range(1, last + 1)}
    table.merges = list(sheet.merges)
    table.hidden = sorted(row for row in sheet.hidden_rows if table.rows.get(row))
    return table


def _text(cell: ReadCell, digits: int) -> str:
    if isinstance(cell.value, bool):
        return "TRUE" if cell.value else "FALSE"
    if isinstance(cell.value, float):
        return number_text(cell.value).zfill(digits)
    return "" if cell.value is None else str(cell.value)


def _leading_zeros(parts: dict[str, bytes], sheet: Worksheet) -> dict[str, int]:
    """The cells whose format shows at least so many digits, as 000 shows 7 as 007; styles that make no sense show none."""
    try:
        styles = only(related(parts, main_part(parts)), "styles")
        looks = read_styles(parts[styles]).cells if styles in parts else ()
    except Refused:
        return {}
    zeros = {str(n): len(look.number_format) for n, look in enumerate(looks) if set(look.number_format) == {"0"}}
    return {name: zeros[style] for name, style in sheet.styles.items() if style in zeros}


def spans(merges: Sequence[Area], column: int) -> list[tuple[int, int]]:
    """The first and last row of each merge that runs down a column (from 0) over several rows."""
    return [(top, bottom) for (top, left), (bottom, right) in merges if left <= column + 1 <= right and bottom > top]
