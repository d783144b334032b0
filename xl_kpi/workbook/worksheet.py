"""One streaming pass over a sheet's XML: every cell, and what else of a sheet the verifier asks about."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat
from xml.sax.saxutils import unescape as unescape_entities

from openpyxl.formula.translate import Translator

from xl_kpi.findings import either
from xl_kpi.rules.base import serial
from xl_kpi.workbook.budgets import MAX_CELLS, MAX_COLUMN, MAX_DEPTH, MAX_MERGED_AREA, MAX_MERGES, MAX_ROW
from xl_kpi.workbook.cells import CellError, ReadCell, ReadValue
from xl_kpi.workbook.draft import Address
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


def read_worksheet(xml: bytes, strings: Sequence[str] = ()) -> Worksheet:
    """A sheet's XML read once, front to back; only elements in the root's own prefix count.

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
    parser = expat.ParserCreate()
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
        self._merged = 0

    def read_plain(self, tokens: Sequence[tuple[str, ...]]) -> None:
        """Take in rows and cells that _TOKEN has split. Raises Refused as the other way of reading does."""
        sheet, value_of = self.sheet, self._value
        cells, styles = sheet.cells, sheet.styles
        count = 0
        row = ""  # the one that is open
        for _, column, number, style, kind, formula, value, text, begun, attributes, empty, ended in tokens:
            if column:
                count += 1
                name = column + number
                if number != row:
                    raise Refused("damaged", either(f"单元格 {name} 不在它的行里", f"{name} is not in its row"))
                styles[name] = style or "0"
                if formula or value or text:
                    said = (_unescaped(formula) if "&" in formula else formula) if formula else None
                    held = value or text
                    if "&" in held:
                        held = _unescaped(held)
                    cells[name] = ReadCell(value_of(kind or "n", held or None, said), said)
            elif ended:
                if not row:
                    raise Refused("damaged", either("行的结构有误", "a row ends that has not begun"))
                row = ""
            else:
                if row:
                    raise Refused("damaged", either("行的结构有误", "a row begins within a row"))
                self._row(begun, dict(_ATTRIBUTE.findall(attributes)) if "h" in attributes else {})
                row = "" if empty else begun
        if row:
            raise Refused("damaged", either("行的结构有误", "a row does not end"))
        if count != len(styles):
            raise Refused("ambiguous", either("有重复的单元格", "a cell stands twice"))

    def _row(self, number: str, attributes: Mapping[str, str]) -> None:
        if attributes.get("hidden") in _TRUE or attributes.get("ht", "")[:2] in _NO_HEIGHT:
            self.sheet.hidden_rows.add(int(number))
        if len(self.sheet.styles) > MAX_CELLS or not 1 <= int(number) <= MAX_ROW:
            raise Refused("too-large", either("单元格过多或行号无效", "too many cells, or a row out of bounds"))

    def hook(self, parser: expat.XMLParserType, prefix: str) -> None:
        """Set the handlers for elements of one prefix.

        Closures over local names, and no method calls for common cells: there are ten thousand events in a sheet.
        """
        sheet = self.sheet
        cells, styles = sheet.cells, sheet.styles
        cell, row, formula = (prefix + name for name in ("c", "row", "f"))
        shows = {prefix + "v", prefix + "t"}
        other = {prefix + name: getattr(self, f"_{name}") for name in _OTHERS}
        phonetic = prefix + "rPh"
        ends = {prefix + name for name in ("formula1", "formula2", "dataValidation")}
        pieces: list[str] = []
        name = kind = row_name = ""
        formula_attributes: dict[str, str] | None = None
        shown: str | None = None
        said: str | None = None
        depth = 1
        guide = 0  # how deep inside a phonetic guide

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal name, kind, row_name, formula_attributes, shown, said, depth, guide
            depth += 1
            if tag == cell:
                name = attributes["r"]
                kind = attributes.get("t", "n")
                shown = said = formula_attributes = None
                column = name[: -len(row_name)]
                if column + row_name != name or not column.isalpha():
                    raise Refused("damaged", either(f"单元格名 {name!r} 无效", f"{name!r} is no cell's name"))
                if name in styles:
                    raise Refused("ambiguous", either(f"单元格 {name} 出现两次", f"the cell {name} stands twice"))
                styles[name] = attributes.get("s", "0")
            elif tag == formula:
                formula_attributes = attributes
            elif tag == row:
                row_name = attributes["r"]
                if attributes.get("hidden") in _TRUE or attributes.get("ht", "")[:2] in _NO_HEIGHT:
                    sheet.hidden_rows.add(int(row_name))
                if len(styles) > MAX_CELLS or not 1 <= int(row_name) <= MAX_ROW:
                    raise Refused(
                        "too-large", either("单元格过多或行号无效", "too many cells, or a row out of bounds")
                    )
            elif tag in other:
                other[tag](attributes)
            elif tag == phonetic:
                guide = depth
            if depth > MAX_DEPTH:
                raise Refused("unsafe-xml", either("元素嵌套过深", "elements are nested too deep"))
            del pieces[:]

        def end(tag: str) -> None:
            nonlocal shown, said, depth, guide
            depth -= 1
            if tag == cell:
                if shown is not None or said is not None or formula_attributes is not None:
                    found = self._formula(name, said, formula_attributes)
                    cells[name] = ReadCell(self._value(kind, shown or None, found), found)
            elif tag in shows:
                if not guide:
                    shown = "".join(pieces) if shown is None else shown + "".join(pieces)
            elif tag == formula:
                said = "".join(pieces)
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
                self._masters[index] = (text, name)
            elif index in self._masters:
                return _translated(*self._masters[index], name)
            else:
                raise Refused(
                    "damaged", either(f"{name} 的共享公式没有原文", f"the shared formula of {name} has no text")
                )
        elif kind == "dataTable":
            return "TABLE()"
        return text or ""

    def _value(self, kind: str, text: str | None, formula: str | None) -> ReadValue:
        if text is None:
            return "" if kind == "str" and formula is not None else None
        if kind == "n":
            return _number(text) if text.strip() else None
        if kind == "s":
            index = int(text)
            if index < 0:
                raise IndexError(index)
            return self._strings[index]
        if kind in ("str", "inlineStr"):
            return unescape(text)
        if kind == "b":
            return text.strip() not in ("0", "false")
        if kind == "e":
            return CellError(text)
        if kind == "d":
            return _moment(text)
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

    def _filterColumn(self, attributes: dict[str, str]) -> None:
        self.sheet.filtered = True

    def _dataValidation(self, attributes: dict[str, str]) -> None:
        self._rule = attributes | {"formula1": "", "formula2": ""}

    def _limit(self, tag: str, text: str) -> None:
        local = tag.rpartition(":")[2]
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


_OTHERS = ("mergeCell", "col", "sheetProtection", "filterColumn", "dataValidation")
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


@lru_cache(maxsize=20000)
def address(name: str) -> Address:
    """`B5` to (5, 2). Raises ValueError for what is no cell of a sheet."""
    letters = name.rstrip("0123456789")
    if not (letters.isascii() and letters.isalpha() and letters.isupper() and len(letters) <= 3):
        raise ValueError(name)
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    row = int(name[len(letters) :])
    if not (1 <= row <= MAX_ROW and column <= MAX_COLUMN):
        raise ValueError(name)
    return row, column
