"""One streaming pass of expat over a sheet's XML: its rows, what stands around them, or both."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from xml.parsers import expat

from xl_kpi.xlsx.addresses import COLUMNS, a1
from xl_kpi.xlsx.around import Around, AroundReader
from xl_kpi.xlsx.cells import ReadCell, read_value, string_index
from xl_kpi.xlsx.limits import MAX_DEPTH
from xl_kpi.xlsx.markup import doctype_declared, too_deep
from xl_kpi.xlsx.refused import Refused, ambiguous, damaged
from xl_kpi.xlsx.rows import Rows, disordered, misplaced

_SAID = ReadCell()  # in place of a shared string, for the order of the cells
_SAID = ReadCell()  # in place of a shared string, for the order of the cells
ROWS, AROUND = "rows", "around"


class NotApart(ValueError):
    """A piece of a sheet has a part in something that stands outside of it."""


def _not_apart(*_: object) -> None:
    raise NotApart


class SheetParser:
    """What a sheet's XML holds, or pieces of it that are fed one after the other.

    Feeding raises what expat raises; Refused; NotApart where something stands there that is not what `only` was
    asked for; and KeyError, IndexError, ValueError or OverflowError for cells that are none.
    """

    depth: Callable[[], int]  # how many elements are open
    take: Callable[[], Rows]  # the rows since the last time

    def __init__(self, only: str = "") -> None:
        self.around = Around()
        self._only = only
        self._masters: dict[str, tuple[str, str]] = {}  # shared formulas by index: text, and the cell it is for
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _no_doctype
        self._parser.StartElementHandler = lambda tag, _: self._hook(tag.rpartition("worksheet")[0])

    def feed(self, xml: bytes, last: bool = False) -> None:
        """Read on."""
        self._parser.Parse(xml, last)

    def _hook(self, space: str) -> None:
        """Set the handlers for elements of one namespace (what stands before their names).

        Closures over local names, and no method calls for common cells: there are ten thousand events in a sheet.
        """
        rows = Rows()
        cells, styles, strings = rows.cells, rows.styles, rows.strings
        cell, row, formula, value, text, phonetic = (space + name for name in ("c", "row", "f", "v", "t", "rPh"))
        leaves = {formula, value, text}
        other, ends = AroundReader(self.around).handlers(space)
        apart = self._only == ROWS
        if apart:
            other, ends = dict.fromkeys((*other, *ends), _not_apart), {}
        elif self._only == AROUND:
            other = {**other, **dict.fromkeys((cell, row, *leaves), _not_apart)}
            cell = row = phonetic = ""
            leaves = set()
        pieces: list[str] = []
        name = a1(1, 1)
        kind = row_name = ""
        row_number = 0
        formula_attributes: dict[str, str] | None = None
        said: str | None = None
        number: str | None = None  # what stands in v
        words: str | None = None  # what stands in is
        depth = 1
        guide = 0  # how deep inside a phonetic guide
        leaf = False
        before = 0  # the column of the last cell of the row

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal name, kind, row_name, row_number, before, formula_attributes
            nonlocal said, number, words, depth, guide, leaf
            depth += 1
            if leaf:
                raise damaged("xlsx.value-with-element")
            if tag == cell:
                written = attributes["r"]
                kind = attributes.get("t", "n")
                said = number = words = formula_attributes = None
                column = written[: -len(row_name)]
                if column + row_name != written or column not in COLUMNS:
                    raise damaged("xlsx.bad-cell-name", name=written)
                name = a1(row_number, COLUMNS[column])
                if name.column <= before:
                    raise disordered(name, name in styles)
                before = name.column
                styles[name] = attributes.get("s", "0")
            elif tag in leaves:
                leaf = True
                if not before and apart:  # what it is beside belongs to a row further up
                    raise NotApart
                if tag == formula:
                    if formula_attributes is not None:
                        raise _twice(name)
                    formula_attributes = attributes
            elif tag == row:
                if row_name:
                    raise misplaced()
                row_name = attributes["r"]
                before = 0
                row_number = rows.begin(row_name, attributes)
            elif tag in other:
                other[tag](attributes)
            elif tag == phonetic:
                guide = depth
            if depth > MAX_DEPTH:
                raise too_deep()
            del pieces[:]

        def end(tag: str) -> None:
            nonlocal row_name, said, number, words, depth, guide, leaf, before
            depth -= 1
            leaf = False
            if tag == cell:
                if number and words:
                    raise _twice(name)
                if number or words or formula_attributes is not None:
                    found = self._formula(name, said, formula_attributes)
                    if kind == "s" and number:
                        strings[name] = string_index(number), found
                        cells[name] = _SAID
                    else:
                        cells[name] = ReadCell(read_value(kind, number or "", words or "", found is not None), found)
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
                before = 0
            elif tag == phonetic:
                guide = 0
            elif tag in ends:
                ends[tag]("".join(pieces))

        def take() -> Rows:
            nonlocal rows, cells, styles, strings
            taken, rows = rows, Rows()
            cells, styles, strings = rows.cells, rows.styles, rows.strings
            return taken

        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end
        self._parser.CharacterDataHandler = pieces.append
        self.depth, self.take = lambda: depth, take

    def _formula(self, name: str, text: str | None, attributes: dict[str, str] | None) -> str | None:
        if not attributes:
            return text
        kind = attributes.get("t", "normal")
        if kind == "shared":
            if self._only == ROWS:
                raise NotApart
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


def _no_doctype(*_: object) -> None:
    raise doctype_declared()


def _twice(name: str) -> Refused:
    return ambiguous("xlsx.cell-two-values", name=name)


@lru_cache(maxsize=20000)
def _translated(text: str, origin: str, name: str) -> str:
    """A shared formula as it reads in another of its cells."""
    from openpyxl.formula.translate import Translator, TranslatorError  # most files have none

    try:
        translated: str = Translator(f"={text}", origin).translate_formula(name)
    except TranslatorError:  # it would refer to what lies left of column A or above row 1, as Excel shows it
        return "#REF!"
    return translated[1:]
