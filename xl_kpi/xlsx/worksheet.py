"""A sheet of a file, read: every cell, and what else of it the verifier asks about.

Sheets of one plan share most of their rows, and what stands around them, byte for byte. So a sheet is cut into pieces, and
what was read in a piece is remembered. A piece must mean by itself what it means in its place: the root's tag, which gives
names their meaning, is remembered with it, and it holds whole rows and nothing that something outside of it has a part in.
Where that is not so, and where anything is wrong, the sheet is read as a whole, which is the measure: what the pieces come to
is always what that comes to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from xl_kpi.xlsx.around import Around
from xl_kpi.xlsx.cells import ReadCell
from xl_kpi.xlsx.kept import Memory, kept
from xl_kpi.xlsx.refused import Refused, damaged
from xl_kpi.xlsx.rows import Rows
from xl_kpi.xlsx.sheet_parser import AROUND, ROWS, NotApart, SheetParser


@dataclass
class Worksheet(Around):
    """A sheet as it stands in the file. Names are as in B5; rows and columns count from 1."""

    cells: dict[str, ReadCell] = field(default_factory=dict)  # those that hold something, in the order of the file
    styles: dict[str, str] = field(default_factory=dict)  # the style index of every cell there is
    hidden_rows: set[int] = field(default_factory=set)


def read_worksheet(xml: bytes, strings: Sequence[str] = ()) -> Worksheet:
    """A sheet's XML, front to back; only elements in the root's own namespace count.

    Shared formulas are written out for each of their cells. Raises Refused: `damaged` for XML that is not well formed,
    a value or name that is none, a shared string that is not there; `ambiguous` for two cells of one name; `unsafe-xml`
    for a DOCTYPE or a depth over the budget; `too-large` over the other budgets.
    """
    try:
        return _in_pieces(xml, strings)
    except (expat.ExpatError, KeyError, IndexError, ValueError, OverflowError):  # of which Refused is one
        return read_whole(xml, strings)


def read_whole(xml: bytes, strings: Sequence[str] = ()) -> Worksheet:
    """The same, remembering nothing."""
    parser = SheetParser()
    try:
        parser.feed(xml, last=True)
        return _worksheet(parser.around, parser.take(), strings)
    except expat.ExpatError as error:
        raise Refused("damaged", f"XML {error}") from None
    except (KeyError, IndexError, ValueError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        raise damaged("xlsx.cell-not-valid") from None


def _worksheet(around: Around, rows: Rows, strings: Sequence[str]) -> Worksheet:
    return Worksheet(**vars(around), cells=rows.with_strings(strings), styles=rows.styles, hidden_rows=rows.hidden)


_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>?]*\?>)?\s*<worksheet(?:\s[^<>]*)?>")
_ROWS, _END, _ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
_ROOT_END = b"</worksheet>"
_MOST = 4 << 20  # bytes of rows: what is larger is no plan's


def _in_pieces(xml: bytes, strings: Sequence[str]) -> Worksheet:
    """What `read_whole` gives, from the pieces. Raises whatever it may where that is not certain."""
    root, start, end = _ROOT.match(xml), xml.find(_ROWS), xml.rfind(_END)
    if root is None or not root.end() <= start < end or end - start > _MOST:
        raise NotApart
    around = _around(xml[:start] + xml[end:], root.end(), start)
    *ended, rest = xml[start + len(_ROWS) : end].split(_ROW_END)
    keys = [(root[0], piece + _ROW_END) for piece in ended] + [(root[0], rest)]
    found = _REMEMBERED.all_of(keys)
    new = list(dict.fromkeys(key for key, rows in zip(keys, found, strict=True) if rows is None))
    read = _read(root[0], new)
    whole = Rows()
    for key, rows in zip(keys, found, strict=True):
        whole.extend(rows or read[key])
    return _worksheet(around, whole, strings)


def _size(key: tuple[bytes, bytes], rows: Rows) -> int:
    """Roughly the bytes that a piece and what was read in it take."""
    return len(key[1]) + 400 * (1 + len(rows.styles))


# By the tag of the root and the bytes of a piece.
_REMEMBERED: Memory[tuple[bytes, bytes], Rows] = Memory(32 << 20, 1 << 20, _size)


@kept(64, 200_000)
def _around(xml: bytes, head: int, rows: int) -> Around:
    """What stands around the rows of a sheet, which were at `rows`; behind `head`, where the root's tag ends."""
    _check_apart(xml[head:])
    parser = SheetParser(AROUND)
    parser.feed(xml[:rows])
    if parser.depth() != 1:
        raise NotApart
    parser.feed(_ROWS + xml[rows:], last=True)
    return parser.around


def _read(root: bytes, keys: Collection[tuple[bytes, bytes]]) -> dict[tuple[bytes, bytes], Rows]:
    """The rows in pieces that stand one behind the other in a sheet, whatever stands between them; they are remembered."""
    if not keys:
        return {}
    parser = SheetParser(ROWS)
    parser.feed(root + _ROWS)
    read = {}
    for key in keys:
        _, piece = key
        _check_apart(piece)
        if b"sheetData" in piece:  # it could end and begin again as something else
            raise NotApart
        parser.feed(piece)
        if parser.depth() != 2:
            raise NotApart
        read[key] = parser.take()
    parser.feed(_END + _ROOT_END, last=True)
    for key, rows in read.items():
        _REMEMBERED.keep(key, rows)
    return read


def _check_apart(xml: bytes) -> None:
    """Only without comments and the like is XML cut where it seems to be."""
    if b"<!" in xml or b"<?" in xml:
        raise NotApart
