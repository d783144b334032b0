"""One streaming pass over a sheet's XML: every cell, and what else of a sheet the verifier asks about."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat
from xml.sax.saxutils import unescape as unescape_entities

from openpyxl.formula.translate import Translator

from xl_kpi.findings import either
from xl_kpi.rules.base import serial
from xl_kpi.workbook.budgets import MAX_CELLS, MAX_COLUMN, MAX_DEPTH, MAX_MERGED_AREA, MAX_MERGES, MAX_ROW
from xl_kpi.workbook.cells import CellError, ReadCell, ReadValue
from xl_kpi.workbook.draft import Address, column_letter
from xl_kpi.workbook.package import Refused, unescape

Area = tuple[Address, Address]


@dataclass(frozen=True)
class ReadValidation:
    """A data validation as the file has it."""

    kind: str
    operator: str
    low: str
    high: str
    cells: str
    enforced: bool  # whether what it does not allow is refused


@dataclass
class Worksheet:
    """A sheet as it stands in the file. Names are as in B5; rows and columns count from 1."""

    cells: dict[str, ReadCell] = field(default_factory=dict)  # those that hold something, in the order of the file
    styles: dict[str, str] = field(default_factory=dict)  # the style index of every cell there is
    merges: list[Area] = field(default_factory=list)
    validations: list[ReadValidation] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last of each run
    protected: bool = False
    filtered: bool = False  # an autofilter hides rows by a criterion
    editable: list[Area] = field(default_factory=list)  # what protection leaves open
    conditions: list[tuple[list[Area], str]] = field(
        default_factory=list
    )  # conditional formats: cells, index of the look


def read_worksheet(xml: bytes, strings: Sequence[str] = ()) -> Worksheet:
    """A sheet's XML read once, front to back; only elements in the root's own namespace count.

    Shared formulas are written out for each of their cells. Raises Refused: `damaged` for XML that is not well formed,
    a value or name that is none, a shared string that is not there; `ambiguous` for two cells of one name;
    `unsafe-xml` for a DOCTYPE or a depth over the budget; `too-large` over the other budgets.
    """
    reader = _Reader(strings)
    try:
        _read_rest(_without_rows(xml, reader), reader)
    except expat.ExpatError as error:
        raise Refused("damaged", f"XML {error}") from None
    except (KeyError, IndexError, ValueError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("damaged", either("单元格内容无效", "a cell is not valid")) from None
    return reader.sheet


_COLUMNS = {column_letter(column): column for column in range(1, MAX_COLUMN + 1)}

# Rows and cells in the plain form in which Excel, WPS, LibreOffice and we write nearly all of them.
_TOKEN = re.compile(
    r"(\s*(?:"
    r'<c r="([A-Z]{1,3})([0-9]+)"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")? ?'
    r'(?:/>|>(?:<f(?: aca="false")?>([^<]+)</f>)?'
    r'(?:<v>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
    r'|<row r="([0-9]+)"((?: [a-zA-Z0-9:]+="[^"<]*")*) ?(/?)>'
    r"|(</row>)))"
)
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10))  # a carriage return has to be normalised
_ENTITIES = (b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&apos;")
_ROWS = b"<sheetData>", b"</sheetData>"


def _without_rows(xml: bytes, reader: _Reader) -> bytes:
    """Read the rows of a sheet if all of them are in the plain form, and return the rest; else read nothing.

    Callbacks for every element cost three times what one regular expression over the rows does. It counts only where
    its matches cover every character between the tags of sheetData, so it can skip nothing and read nothing that expat
    would not; whatever is written in another way (comments, prefixes, shared formulas) is left to expat.
    """
    start, end = xml.find(_ROWS[0]), xml.rfind(_ROWS[1])
    if not 0 <= start < end or b"<!" in xml or xml.find(b"<?", 2) >= 0:
        return xml
    inside = xml[start + len(_ROWS[0]) : end]
    odd = (
        len(inside.translate(None, _CONTROLS)) != len(inside)
        or b"\xef\xbf\xbe" in inside
        or b"\xef\xbf\xbf" in inside
    )
    if odd or inside.count(b"&") != sum(map(inside.count, _ENTITIES)):
        return xml
    try:
        rows = inside.decode()
    except UnicodeDecodeError:
        return xml
    tokens = _TOKEN.findall(rows)
    if sum(len(token[0]) for token in tokens) != len(rows.rstrip()):
        return xml
    reader.read_plain(tokens)
    return xml[:start] + b"<sheetData/>" + xml[end + len(_ROWS[1]) :]


def _read_rest(xml: bytes, reader: _Reader) -> None:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype

    def root(tag: str, attributes: dict[str, str]) -> None:
        reader.hook(parser, tag.rpartition("worksheet")[0])

    parser.StartElementHandler = root
    parser.Parse(xml, True)


@lru_cache(maxsize=8192)
def _unescaped(text: str) -> str:
    """A text without XML's entities; kept, because every workbook of a plan holds the same formulas."""
    return unescape_entities(text, {"&quot;": '"', "&apos;": "'"})


def _no_doctype(*_: object) -> None:
    raise Refused("unsafe-xml", either("含有 DOCTYPE 声明", "it declares a DOCTYPE"))


class _Reader:
    """The handlers of one pass, and what they have gathered."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.sheet = Worksheet()
        self._strings = strings
        self._masters: dict[
            str, tuple[str, str]
        ] = {}  # shared formulas by index: text, and the cell it is written for
        self._rule: dict[str, str] = {}
        self._where: list[Area] = []  # the cells of the conditional format that is open
        self._merged = self._last_row = 0

    def read_plain(self, tokens: Sequence[tuple[str, ...]]) -> None:
        """Take in rows and cells that _TOKEN has split. Raises Refused as the other way of reading does."""
        sheet, value_of = self.sheet, self._value
        cells, styles = sheet.cells, sheet.styles
        row = ""  # the one that is open
        before = 0  # the column of its last cell
        for _, column, line, style, kind, formula, value, text, begun, attributes, empty, ended in tokens:
            if column:
                name = column + line
                if line != row:
                    raise Refused("damaged", either(f"单元格 {name} 不在它的行里", f"{name} is not in its row"))
                if _COLUMNS[column] <= before:
                    raise _disordered(name, name in styles)
                before = _COLUMNS[column]
                styles[name] = style or "0"
                if formula or value or text:
                    said = (_unescaped(formula) if "&" in formula else formula) if formula else None
                    if "&" in value or "&" in text:
                        value, text = _unescaped(value), _unescaped(text)
                    cells[name] = ReadCell(value_of(kind or "n", value, text, said), said)
            elif ended:
                if not row:
                    raise _misplaced()
                row = ""
            else:
                if row:
                    raise _misplaced()
                self._row(begun, dict(_ATTRIBUTE.findall(attributes)) if "h" in attributes else {})
                row, before = "" if empty else begun, 0
        if row:
            raise _misplaced()

    def _row(self, number: str, attributes: Mapping[str, str]) -> None:
        if attributes.get("hidden") in _TRUE or attributes.get("ht", "")[:2] in _NO_HEIGHT:
            self.sheet.hidden_rows.add(int(number))
        if str(int(number)) != number:
            raise ValueError(number)
        if int(number) <= self._last_row:
            raise _disordered(number, int(number) == self._last_row)
        self._last_row = int(number)
        if len(self.sheet.styles) > MAX_CELLS or not 1 <= int(number) <= MAX_ROW:
            raise Refused("too-large", either("单元格过多或行号无效", "too many cells, or a row out of bounds"))

    def hook(self, parser: expat.XMLParserType, space: str) -> None:
        """Set the handlers for elements of one namespace (what stands before their names).

        Closures over local names, and no method calls for common cells: there are ten thousand events in a sheet.
        """
        sheet = self.sheet
        cells, styles = sheet.cells, sheet.styles
        cell, row, formula, value, text, phonetic = (space + name for name in ("c", "row", "f", "v", "t", "rPh"))
        other = {space + name: getattr(self, f"_{name}") for name in _OTHERS}
        ends = {space + name for name in ("formula1", "formula2", "dataValidation")}
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
                raise Refused("damaged", either("单元格的值里有别的元素", "a value holds an element"))
            if tag == cell:
                name = attributes["r"]
                kind = attributes.get("t", "n")
                said = number = words = formula_attributes = None
                column = name[: -len(row_name)]
                if column + row_name != name or column not in _COLUMNS:
                    raise Refused("damaged", either(f"单元格名 {name!r} 无效", f"{name!r} is no cell's name"))
                if _COLUMNS[column] <= before:
                    raise _disordered(name, name in styles)
                before = _COLUMNS[column]
                styles[name] = attributes.get("s", "0")
            elif tag in leaves:
                leaf = True
                if tag == formula:
                    if formula_attributes is not None:
                        raise _twice(name)
                    formula_attributes = attributes
            elif tag == row:
                if row_name:
                    raise _misplaced()
                row_name = attributes["r"]
                before = 0
                self._row(row_name, attributes)
            elif tag in other:
                other[tag](attributes)
            elif tag == phonetic:
                guide = depth
            if depth > MAX_DEPTH:
                raise Refused("unsafe-xml", either("元素嵌套过深", "elements are nested too deep"))
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
                    cells[name] = ReadCell(self._value(kind, number, words, found), found)
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
                self._limit(tag, "".join(pieces))

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
                raise Refused(
                    "damaged", either(f"{name} 的共享公式没有原文", f"the shared formula of {name} has no text")
                )
        elif kind == "array" and attributes.get("ref", name) != name:
            return f"{{{text or ''}}}"  # as Excel shows a formula that fills several cells
        elif kind == "dataTable":
            return "TABLE()"
        return text or ""

    def _value(self, kind: str, number: str | None, words: str | None, formula: str | None) -> ReadValue:
        if kind == "inlineStr" if number else words and kind != "inlineStr":
            raise ValueError(kind)  # what one program reads another passes over
        if words:
            return unescape(words)
        if not number:
            return "" if kind == "str" and formula is not None else None
        if kind == "n":
            return _number(number) if number.strip() else None
        if kind == "s":
            index = int(number)
            if index < 0:
                raise IndexError(index)
            return self._strings[index]
        if kind == "str":
            return unescape(number)
        if kind == "b":
            return number.strip() not in ("0", "false")
        if kind == "e":
            return CellError(number)
        if kind == "d":
            return _moment(number)
        raise ValueError(kind)

    # what else a sheet says, one method for each element

    def _mergeCell(self, attributes: dict[str, str]) -> None:
        merge = area(attributes["ref"])
        (top, left), (bottom, right) = merge
        self._merged += (bottom - top + 1) * (right - left + 1)
        if self._merged > MAX_MERGED_AREA or len(self.sheet.merges) >= MAX_MERGES:
            raise Refused("too-large", either("合并的单元格过多", "too many cells are merged"))
        self.sheet.merges.append(merge)

    def _col(self, attributes: dict[str, str]) -> None:
        first, last = int(attributes["min"]), int(attributes["max"])
        if not 1 <= first <= last <= MAX_COLUMN:
            raise ValueError(attributes)
        if attributes.get("hidden") in _TRUE or attributes.get("width") == "0":
            self.sheet.hidden_columns.append((first, last))

    def _sheetProtection(self, attributes: dict[str, str]) -> None:
        self.sheet.protected = attributes.get("sheet") in _TRUE

    def _protectedRange(self, attributes: dict[str, str]) -> None:
        self.sheet.editable += areas(attributes.get("sqref", ""))

    def _conditionalFormatting(self, attributes: dict[str, str]) -> None:
        self._where = areas(attributes.get("sqref", ""))

    def _cfRule(self, attributes: dict[str, str]) -> None:
        self.sheet.conditions.append((self._where, attributes.get("dxfId", "")))

    def _filterColumn(self, attributes: dict[str, str]) -> None:
        self.sheet.filtered = True

    def _dataValidation(self, attributes: dict[str, str]) -> None:
        self._rule = attributes | {"formula1": "", "formula2": ""}

    def _limit(self, tag: str, text: str) -> None:
        local = tag.rpartition("}")[2]
        if local != "dataValidation":
            self._rule[local] = text
            return
        rule = self._rule
        made = ReadValidation(
            rule.get("type", "none"),
            rule.get("operator", "between"),
            rule["formula1"],
            rule["formula2"],
            rule.get("sqref", ""),
            rule.get("showErrorMessage") in _TRUE and rule.get("errorStyle", "stop") == "stop",
        )
        self.sheet.validations.append(made)


def _twice(name: str) -> Refused:
    return Refused("ambiguous", either(f"单元格 {name} 有两个值或两个公式", f"{name} has two values or two formulas"))


def _disordered(name: str, twice: bool) -> Refused:
    if twice:
        return Refused("ambiguous", either(f"{name} 出现两次", f"{name} stands twice"))
    return Refused("damaged", either(f"{name} 的次序不对", f"{name} is out of order"))


def _misplaced() -> Refused:
    return Refused("damaged", either("行的结构有误", "a row does not begin or end where it should"))


_OTHERS = (
    "mergeCell",
    "col",
    "sheetProtection",
    "protectedRange",
    "filterColumn",
    "conditionalFormatting",
    "cfRule",
    "dataValidation",
)
_ATTRIBUTE = re.compile(r'([a-zA-Z0-9:]+)="([^"]*)"')
_TRUE = ("1", "true", "on")
_NO_HEIGHT = ("0", "0.")  # a tenth of a point is none


def _number(text: str) -> float:
    # float() also takes 1_000, full-width digits, nan and inf; none of them is a number in a file.
    number = float(text)
    if not math.isfinite(number) or "_" in text or not text.isascii():
        raise ValueError(text)
    return number


def _moment(text: str) -> float:
    """An ISO date or moment, as Strict files hold them, to a serial number."""
    moment = datetime.datetime.fromisoformat(text.strip().removesuffix("Z"))
    return serial(moment.date()) + (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86400


@lru_cache(maxsize=20000)
def _translated(text: str, origin: str, name: str) -> str:
    """A shared formula as it reads in another of its cells."""
    translated: str = Translator(f"={text}", origin).translate_formula(name)
    return translated[1:]


def area(ref: str) -> Area:
    """`B2:D5`, or a single `B2`, to its corners. Raises ValueError for anything else."""
    first, _, last = ref.replace("$", "").partition(":")
    top, left = address(first)
    bottom, right = address(last or first)
    if bottom < top or right < left:
        raise ValueError(ref)
    return (top, left), (bottom, right)


def areas(sqref: str) -> list[Area]:
    """The areas of a list of ranges, as in B2:D5 F7; what is none is passed over."""
    found = []
    for part in sqref.split():
        with suppress(ValueError):
            found.append(area(part))
    return found


@lru_cache(maxsize=20000)
def address(name: str) -> Address:
    """`B5` to (5, 2). Raises ValueError for what is no cell of a sheet."""
    letters = name.rstrip("0123456789")
    row = int(name[len(letters) :])
    if letters not in _COLUMNS or not 1 <= row <= MAX_ROW:
        raise ValueError(name)
    return row, _COLUMNS[letters]
