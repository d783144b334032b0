"""The rows of a sheet in the plain form in which Excel, WPS, LibreOffice and we write nearly all of them, read quickly.

Callbacks for every element cost three times what this does, and reading is most of the time a check takes. The rows
are cut at each `<c `; every piece must be, to its last character, one cell and the tags of rows behind it, so nothing
can be passed over, and nothing read that expat would not read alike. What is written in any other way (comments,
prefixes, shared formulas) makes the whole sheet expat's: see worksheet.py, which remains the measure.

Sheets of one plan differ in a few hundred cells. Where a sheet has as many cells as the one read before it, only pieces
that differ from that one's are read; each must be the same cell with the same tags behind it, so the order is as good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import ne
from typing import NamedTuple

from xl_kpi.xlsx.addresses import COLUMNS
from xl_kpi.xlsx.cells import ReadCell, read_value
from xl_kpi.xlsx.kept import kept
from xl_kpi.xlsx.limits import MAX_CELLS, MAX_ROW
from xl_kpi.xlsx.markup import plain_text, resolved
from xl_kpi.xlsx.refused import Refused, ambiguous, damaged, too_large

TRUE = ("1", "true", "on")


@dataclass
class Rows:
    """Cells by name, in the order of the file; rows must go down and cells to the right."""

    cells: dict[str, ReadCell] = field(default_factory=dict)  # those that hold something
    styles: dict[str, str] = field(default_factory=dict)  # the style index of every cell there is
    hidden: set[int] = field(default_factory=set)
    last: int = 0  # the row begun last

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """Another row begins. Raises Refused, and ValueError for a number that is none."""
        number = int(name)
        if str(number) != name or not 1 <= number <= MAX_ROW:
            raise ValueError(name)
        if number <= self.last:
            raise disordered(name, number == self.last)
        self.last = number
        # A height of a tenth of a point is none.
        if attributes.get("hidden") in TRUE or attributes.get("ht", "")[:2] in ("0", "0."):
            self.hidden.add(number)
        if len(self.styles) > MAX_CELLS:
            raise too_large("xlsx.too-many-cells")


# A cell behind its `<c `; groups: column, row, style, type, formula, v, is.
CELL = re.compile(
    r'r="([A-Z]{1,3})([0-9]+)"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")? ?'
    r'(?:/>|>(?:<f(?: aca="false")?>([^<]+)</f>)?'
    r'(?:<v>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
_TAG = re.compile(r'(</row>|<row r="([0-9]+)"((?: [a-zA-Z0-9:]+="[^"<&]*")*) ?(/?)>)\s*')
_ATTRIBUTE = re.compile(r'([a-zA-Z0-9:]+)="([^"]*)"')


class _Row(NamedTuple):
    """The tag of a row: its name and attributes where it begins; no name where it ends."""

    name: str = ""
    attributes: Mapping[str, str] = {}
    empty: bool = False


class _Piece(NamedTuple):
    """A cell and the tags of rows behind it. `string` is the index of a shared string, -1 for none."""

    column: int
    row: str
    name: str
    style: str
    cell: ReadCell | None
    string: int
    behind: tuple[_Row, ...]


class _Read(NamedTuple):
    """A sheet's rows, cut at each cell and read."""

    head: bytes  # what stands before the first cell
    cut: list[bytes]  # one for each cell
    pieces: list[_Piece]
    rows: Rows  # without shared strings
    strings: dict[str, int]  # the indices of those, by cell

    def with_strings(self, strings: Sequence[str]) -> Rows:
        """The rows as a workbook has them. Raises IndexError where it does not have one of the strings."""
        cells = self.rows.cells
        said = {name: ReadCell(strings[index], cells[name].formula) for name, index in self.strings.items()}
        return Rows(cells | said, self.rows.styles, self.rows.hidden) if said else self.rows


@dataclass
class Before:
    """A sheet of a plan as it was last read: the next one differs in a few hundred cells, and only those are read."""

    most: int  # bytes of the rows of a sheet that is kept
    read: _Read | None = None


def read_rows(xml: bytes, strings: Sequence[str], before: Before | None = None) -> Rows | None:
    """What stands between the tags of sheetData, or None where it is not all in the plain form.

    Raises Refused, and KeyError, IndexError or ValueError for cells that are none, as the other way of reading.
    """
    head, *cut = xml.split(b"<c ")
    read = _as_before(head, cut, before.read) if before is not None and before.read is not None else None
    read = read or _read(head, cut)
    if read is None:
        return None
    if before is not None and len(xml) <= before.most:
        before.read = read
    return read.with_strings(strings)


def _as_before(head: bytes, cut: list[bytes], before: _Read) -> _Read | None:
    """Rows that have the cells and tags of those read before, in their order; None where they have others."""
    if head != before.head or len(cut) != len(before.cut):
        return None
    pieces, strings = before.pieces.copy(), before.strings.copy()
    cells, styles = before.rows.cells.copy(), before.rows.styles.copy()
    filled = True  # whether the cells that hold something are still the same
    for at in compress(range(len(cut)), map(ne, cut, before.cut)):
        piece, old = _piece(cut[at]), pieces[at]
        if piece is None or piece.name != old.name or piece.behind != old.behind:
            return None
        pieces[at] = piece
        name, cell = piece.name, piece.cell
        styles[name] = piece.style
        if cell is None or old.cell is None:
            filled = False
        else:
            cells[name] = cell
        if piece.string >= 0:
            strings[name] = piece.string
        elif old.string >= 0:
            del strings[name]
    if not filled:
        cells = {piece.name: piece.cell for piece in pieces if piece.cell is not None}
    return _Read(head, cut, pieces, Rows(cells, styles, before.rows.hidden), strings)


def _read(head: bytes, cut: list[bytes]) -> _Read | None:
    begins = plain_text(head)
    behind = None if begins is None else _tags(begins.lstrip())
    if behind is None:
        return None
    rows, pieces, strings = Rows(), [], {}
    cells, styles = rows.cells, rows.styles
    open_row, last = "", 0  # and the column of the last cell in it
    for tag in behind:
        open_row = _next_row(rows, open_row, tag)
    for xml in cut:
        piece = _piece(xml)
        if piece is None:
            return None
        column, row, name, style, cell, string, behind = piece
        if row != open_row:
            raise damaged("xlsx.cell-not-in-row", name=name)
        if column <= last:
            raise disordered(name, name in styles)
        last = column
        styles[name] = style
        if cell is not None:
            cells[name] = cell
            if string >= 0:
                strings[name] = string
        pieces.append(piece)
        if behind:
            last = 0
            for tag in behind:
                open_row = _next_row(rows, open_row, tag)
    if open_row:
        raise misplaced()
    return _Read(head, cut, pieces, rows, strings)


def _next_row(rows: Rows, open_row: str, tag: _Row) -> str:
    """The row that is open once a tag has been read; "" for none."""
    if bool(tag.name) == bool(open_row):
        raise misplaced()
    if tag.name:
        rows.begin(tag.name, tag.attributes)
    return "" if tag.empty else tag.name


@kept(16384, 1000)  # 30 MB at the very most
def _piece(xml: bytes) -> _Piece | None:
    text = plain_text(xml)
    if text is None or not (found := CELL.match(text)):
        return None
    behind = _tags(text[found.end() :].lstrip())
    if behind is None:
        return None
    column, row, style, kind, formula, number, words = found.groups("")
    if "&" in text:
        formula, number, words = map(resolved, (formula, number, words))
    kind = kind or "n"
    string = int(number) if kind == "s" and number else -1
    if kind == "s" and number and string < 0:
        raise ValueError(number)
    cell = None
    if formula or number or words:
        value = None if string >= 0 else read_value(kind, number, words, bool(formula), ())
        cell = ReadCell(value, formula or None)
    return _Piece(COLUMNS[column], row, column + row, style or "0", cell, string, behind)


def _tags(text: str) -> tuple[_Row, ...] | None:
    """The tags of rows that make up a text, None where something else does."""
    if not text:
        return ()
    if _TAG.sub("", text):
        return None
    tags = []
    for found in _TAG.finditer(text):  # there may be a million
        _, name, said, empty = found.groups("")
        pairs = _ATTRIBUTE.findall(said)
        attributes = dict(pairs)
        if len(attributes) != len(pairs) or "r" in attributes:  # no XML: expat will say so
            return None
        tags.append(_Row(name, attributes, bool(empty)))
    return tuple(tags)


def disordered(name: str, twice: bool) -> Refused:
    """A cell or row that stands where no program writes it."""
    if twice:
        return ambiguous("xlsx.cell-twice", name=name)
    return damaged("xlsx.cell-out-of-order", name=name)


def misplaced() -> Refused:
    """A row within a row, or the end of none."""
    return damaged("xlsx.rows-wrong")
