"""One streaming pass over a sheet's XML: every cell, and what else of a sheet the verifier asks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from xml.parsers import expat

from openpyxl.formula.translate import Translator, TranslatorError

from xl_kpi.xlsx.addresses import COLUMNS
from xl_kpi.xlsx.around import Around, AroundReader
from xl_kpi.xlsx.cells import ReadCell, read_value
from xl_kpi.xlsx.limits import MAX_DEPTH
from xl_kpi.xlsx.markup import doctype_declared, too_deep
from xl_kpi.xlsx.refused import Refused, ambiguous, damaged
from xl_kpi.xlsx.rows import Before, Rows, disordered, misplaced, read_rows


@dataclass
class Worksheet(Around):
    """A sheet as it stands in the file. Names are as in B5; rows and columns count from 1."""

    cells: dict[str, ReadCell] = field(default_factory=dict)  # those that hold something, in the order of the file
    styles: dict[str, str] = field(default_factory=dict)  # the style index of every cell there is
    hidden_rows: set[int] = field(default_factory=set)


_ROWS = b"<sheetData>", b"</sheetData>"


def read_worksheet(xml: bytes, strings: Sequence[str] = (), before: Before | None = None) -> Worksheet:
    """A sheet's XML read once, front to back; only elements in the root's own namespace count.

    Shared formulas are written out for each of their cells. What stands around the rows is the same in most workbooks
    of a plan, and kept; of the rows those that are as in the sheet read `before`. Raises Refused: `damaged` for XML that is not well formed, a value or name that is none, a
    shared string that is not there; `ambiguous` for two cells of one name; `unsafe-xml` for a DOCTYPE or a depth over
    the budget; `too-large` over the other budgets.
    """
    start, end = xml.find(_ROWS[0]), xml.rfind(_ROWS[1])
    try:
        if 0 <= start < end:
            around = xml[:start] + b"<sheetData/>" + xml[end + len(_ROWS[1]) :]
            if b"<!" not in around and around.find(b"<?", 2) < 0:  # so the rows begin and end where they seem to
                rows = read_rows(xml[start + len(_ROWS[0]) : end], strings, before)
                if rows is not None:
                    return replace(_around(around), cells=rows.cells, styles=rows.styles, hidden_rows=rows.hidden)
        return _parsed(xml, strings)
    except expat.ExpatError as error:
        raise Refused("damaged", f"XML {error}") from None
    except (KeyError, IndexError, ValueError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        raise damaged("xlsx.cell-not-valid") from None


def _parsed(xml: bytes, strings: Sequence[str]) -> Worksheet:
    reader = _Reader(strings)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype

    def root(tag: str, attributes: dict[str, str]) -> None:
        reader.hook(parser, tag.rpartition("worksheet")[0])

    parser.StartElementHandler = root
    parser.Parse(xml, True)
    reader.sheet.hidden_rows = reader.rows.hidden
    return reader.sheet


@lru_cache(maxsize=32)
def _around(xml: bytes) -> Worksheet:
    """What stands around the rows of a sheet."""
    return _parsed(xml, ())


def _no_doctype(*_: object) -> None:
    raise doctype_declared()


class _Reader:
    """The handlers of one pass, and what they have gathered."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.rows = Rows()
        self.sheet = Worksheet(cells=self.rows.cells, styles=self.rows.styles)
        self._around = AroundReader(self.sheet)
        self._strings = strings
        self._masters: dict[
            str, tuple[str, str]
        ] = {}  # shared formulas by index: text, and the cell it is written for

    def hook(self, parser: expat.XMLParserType, space: str) -> None:
        """Set the handlers for elements of one namespace (what stands before their names).

        Closures over local names, and no method calls for common cells: there are ten thousand events in a sheet.
        """
        sheet = self.sheet
        cells, styles = sheet.cells, sheet.styles
        cell, row, formula, value, text, phonetic = (space + name for name in ("c", "row", "f", "v", "t", "rPh"))
        other, ends = self._around.handlers(space)
        leaves = {formula, value, text}
        pieces: list[str] = []
        name = kind = row_name = ""
        formula_attributes: dict[str, str] | None = None
        said: str | None = None
        number: str | None = None  # what stands in v
        words: str | None = None  # what stands in is
        depth = 1
        guide = 0  # how deep inside a phonetic guide
        leaf = False
        before = 0  # the column of the last cell of the row

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal name, kind, row_name, formula_attributes, said, number, words, depth, guide, leaf, before
            depth += 1
            if leaf:
                raise damaged("xlsx.value-with-element")
            if tag == cell:
                name = attributes["r"]
                kind = attributes.get("t", "n")
                said = number = words = formula_attributes = None
                column = name[: -len(row_name)]
                if column + row_name != name or column not in COLUMNS:
                    raise damaged("xlsx.bad-cell-name", name=name)
                if COLUMNS[column] <= before:
                    raise disordered(name, name in styles)
                before = COLUMNS[column]
                styles[name] = attributes.get("s", "0")
            elif tag in leaves:
                leaf = True
                if tag == formula:
                    if formula_attributes is not None:
                        raise _twice(name)
                    formula_attributes = attributes
            elif tag == row:
                if row_name:
                    raise misplaced()
                row_name = attributes["r"]
                before = 0
                self.rows.begin(row_name, attributes)
            elif tag in other:
                other[tag](attributes)
            elif tag == phonetic:
                guide = depth
            if depth > MAX_DEPTH:
                raise too_deep()
            del pieces[:]

        def end(tag: str) -> None:
            nonlocal row_name, said, number, words, depth, guide, leaf
            depth -= 1
            leaf = False
            if tag == cell:
                if number and words:
                    raise _twice(name)
                if number or words or formula_attributes is not None:
                    found = self._formula(name, said, formula_attributes)
                    value_read = read_value(kind, number or "", words or "", found is not None, self._strings)
                    cells[name] = ReadCell(value_read, found)
            elif tag == value:
                if number is not None:
                    raise _twice(name)
                number = "".join(pieces)
            elif tag == text:
                if not guide:
                    words = (words or "") + "".join(pieces)
            elif tag == formula:
                said = "".join(pieces)
            elif tag == row:
                row_name = ""
            elif tag == phonetic:
                guide = 0
            elif tag in ends:
                ends[tag]("".join(pieces))

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = pieces.append

    def _formula(self, name: str, text: str | None, attributes: dict[str, str] | None) -> str | None:
        if not attributes:
            return text
        kind = attributes.get("t", "normal")
        if kind == "shared":
            index = attributes["si"]
            if text:
                # A program goes by the text or by the number: with the number in use already, they may differ.
                if index in self._masters:
                    raise _twice(name)
                self._masters[index] = (text, name)
            elif index in self._masters:
                return _translated(*self._masters[index], name)
            else:
                raise damaged("xlsx.shared-formula-has-no", name=name)
        elif kind == "array" and attributes.get("ref", name) != name:
            return f"{{{text or ''}}}"  # as Excel shows a formula that fills several cells
        elif kind == "dataTable":
            return "TABLE()"
        return text or ""


def _twice(name: str) -> Refused:
    return ambiguous("xlsx.cell-two-values", name=name)


@lru_cache(maxsize=20000)
def _translated(text: str, origin: str, name: str) -> str:
    """A shared formula as it reads in another of its cells."""
    try:
        translated: str = Translator(f"={text}", origin).translate_formula(name)
    except TranslatorError:  # it would refer to what lies left of column A or above row 1, as Excel shows it
        return "#REF!"
    return translated[1:]
