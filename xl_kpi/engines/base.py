"""What a recalculation engine is, and the two readings every engine needs of a workbook's bytes.

An engine takes whole workbooks as bytes and says what every formula in them comes to, whatever
values the file has cached. No engine here is Excel; where they differ from it is written down in
``tests/engines/test_engines_against_excel.py``, case by case.

The readings of the package (`formula_cells`, `cached_values`) use the standard library alone,
because openpyxl is kept to ``workbook/`` and ``summary/``. They expect a package that has passed the
pre-flight of ``workbook/package.py``: they refuse a DOCTYPE, and nothing else hostile is their job.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True)
class CellError:
    """An error value in a cell, such as ``CellError("#DIV/0!")``.

    Besides Excel's own codes there is `NOT_COMPUTED`.
    """

    code: str

    def __str__(self) -> str:
        return self.code


NOT_COMPUTED = CellError("#NOT_COMPUTED!")
"""The engine has no value for this formula: it is circular, or feeds on one that is.

Excel shows 0 there. An assessment must not: the file is not computable.
"""

Value: TypeAlias = float | str | bool | CellError | None
"""What a cell holds. Every number is a float, as in Excel; None is a blank cell, "" an empty text."""


class RecalculationError(Exception):
    """An engine could not recalculate a workbook at all.

    Attributes:
        engine: the engine's `Engine.name`.
        index: position of the workbook in the sequence given to `Engine.recalculate`; None when the
            failure is of no one workbook (the program is missing, the time ran out).
        reason: what the engine said, for the log; often English.
    """

    def __init__(self, engine: str, reason: str, index: int | None = None) -> None:
        # All three stay in `args`, so that the error survives the way back from a worker process.
        super().__init__(engine, reason, index)
        self.engine = engine
        self.index = index
        self.reason = reason

    def __str__(self) -> str:
        which = "" if self.index is None else f"第 {self.index + 1} 个工作簿"
        return f"重算引擎 {self.engine} 无法计算{which}：{self.reason}"


class Engine(Protocol):
    """Recalculates workbooks, ignoring the values cached in them."""

    @property
    def name(self) -> str:
        """Short name for messages and the command line, in ASCII."""

    def recalculate(self, workbooks: Sequence[bytes]) -> list[dict[str, Value]]:
        """Recalculate each .xlsx package in `workbooks`.

        Returns:
            For each workbook, in the order given, ``{"sheet!A1": value}`` with one entry for every
            cell that holds a formula. The sheet's name stands plain: no quotes, no dollars.

        Raises:
            RecalculationError: a workbook cannot be recalculated; `index` names it. An engine that
                fails for one workbook returns nothing for the batch: leave that one out and repeat.
        """


def formula_cells(workbook: bytes) -> dict[str, str]:
    """Every cell of an .xlsx package that holds a formula, as ``{"sheet!A1": formula text}``.

    The text has no leading ``=``. A cell that repeats a shared formula has "" for its text: only its
    address matters here. Cells come in the order of the sheets and of the file.

    Raises:
        ValueError: the bytes are not a readable .xlsx package, or it declares a DOCTYPE.
    """
    return {f"{sheet}!{cell.reference}": cell.formula for sheet, cell in _cells(workbook) if cell.formula is not None}


def cached_values(workbook: bytes) -> dict[str, Value]:
    """The value stored with every formula cell of an .xlsx package, as ``{"sheet!A1": value}``.

    A formula without a stored value, as openpyxl writes it, is None.

    Raises:
        ValueError: as `formula_cells`.
    """
    return {f"{sheet}!{cell.reference}": cell.value for sheet, cell in _cells(workbook) if cell.formula is not None}


@dataclass(slots=True)
class _Cell:
    reference: str
    kind: str
    formula: str | None = None
    stored: str | None = None

    @property
    def value(self) -> Value:
        # A formula's cached value is never a shared string (kind "s"): those are typed-in texts.
        if self.kind == "str":
            return self.stored or ""
        if self.stored is None:
            return None
        if self.kind == "b":
            return self.stored.strip() not in ("0", "false")
        if self.kind == "e":
            return CellError(self.stored)
        return float(self.stored)


class _SheetReader:
    """Collects the cells of one worksheet part; the target of an `ElementTree.XMLParser`.

    A parser target sees each element once and keeps none, so the part's size costs no memory.
    Namespaces are dropped from the names: Strict and Transitional files differ in nothing else here.
    """

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "c":
            # The address may be left out by the standard. Nobody does; counting cells is no reading.
            self.cells.append(_Cell(attributes["r"], attributes.get("t", "n")))
        elif name in ("f", "v") and self.cells:
            self._text = []

    def data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end(self, tag: str) -> None:
        if self._text is None:
            return
        name = _local(tag)
        if name == "f":
            self.cells[-1].formula = "".join(self._text)
        elif name == "v":
            self.cells[-1].stored = "".join(self._text)
        self._text = None

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("工作簿的 XML 含有 DOCTYPE 声明，拒绝读取")

    def close(self) -> None:
        """Required of a parser target."""


# What zipfile raises for broken, encrypted and unknown compression; a missing part or attribute; bad XML.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    KeyError,
    ElementTree.ParseError,
)


def _cells(workbook: bytes) -> Iterator[tuple[str, _Cell]]:
    """Each sheet's name with each of its cells, in file order."""
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as package:
            for sheet, part in _sheet_parts(package):
                reader = _SheetReader()
                parser = ElementTree.XMLParser(target=reader)
                parser.feed(package.read(part))
                parser.close()
                for cell in reader.cells:
                    yield sheet, cell
    except _UNREADABLE as error:
        raise ValueError(f"不是可以读取的 .xlsx 工作簿：{error}") from error


def _sheet_parts(package: zipfile.ZipFile) -> list[tuple[str, str]]:
    """The name and the part of every worksheet, in the order of the tabs.

    Resolved through the relationships, from the package's root: nothing obliges a writer to call a
    part ``xl/worksheets/sheet1.xml``. Chart sheets have no cells and are left out.
    """
    root = dict(_relationships(package, "").values())
    book_part = root["officeDocument"]
    targets = _relationships(package, book_part)
    parts = []
    for element in _parse(package.read(book_part)).iter():
        if _local(element.tag) != "sheet":
            continue
        attributes = {_local(name): value for name, value in element.attrib.items()}
        kind, part = targets[attributes["id"]]
        if kind == "worksheet":
            parts.append((attributes["name"], part))
    return parts


def _relationships(package: zipfile.ZipFile, source: str) -> dict[str, tuple[str, str]]:
    """``{id: (kind, target part)}`` of the relationships of one part; "" is the package itself.

    The kind is the last word of the relationship's type, the same in Strict and Transitional files.
    """
    folder, name = posixpath.split(source)
    found = {}
    for element in _parse(package.read(posixpath.join(folder, "_rels", f"{name}.rels"))):
        target = posixpath.normpath(posixpath.join("/", folder, element.attrib["Target"]))
        kind = element.attrib["Type"].rpartition("/")[2]
        found[element.attrib["Id"]] = (kind, target.lstrip("/"))
    return found


class _RefusingBuilder(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("工作簿的 XML 含有 DOCTYPE 声明，拒绝读取")


def _parse(xml: bytes) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_RefusingBuilder())
    parser.feed(xml)
    root = parser.close()
    assert isinstance(root, ElementTree.Element)
    return root


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
