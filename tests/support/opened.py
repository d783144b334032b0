"""Workbooks taken apart for the tests with the standard library alone: xl_kpi's own readers are on trial here.

A workbook takes seconds to build, so each is built once a process; tests that ask for the shipped ones belong to
the xdist group `workbooks`.
"""

from __future__ import annotations

import io
import posixpath
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import yaml

from xl_kpi import api

# Every workbook that ships: the five schemes, the one with levels at each of them.
SHIPPED = (
    "zaozhuang-cdc-2022",
    "zaozhuang-blood-2022",
    "zaozhuang-hospital-2022",
    "zhangping-health-2019",
    "cdc-emergency@省",
    "cdc-emergency@市",
    "cdc-emergency@县",
)
SMALL = Path(__file__).parents[1] / "golden" / "small.yaml"
ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
SHEETS = ("封面", "考核表", "数据填报", "汇总", "核对", "评分规则", "_xl_kpi")

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DOCUMENT = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
XML = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True)
class Cell:
    """A cell as the XML has it; `value` is the text of <v> or the text it stands for, None where there is neither."""

    name: str
    kind: str
    style: int
    formula: str | None
    value: str | None


@dataclass(frozen=True)
class Relationship:
    """A relationship: its kind (the last word of the type) and the part it leads to."""

    kind: str
    target: str


class Opened:
    """One workbook as its parts, trees and cells."""

    def __init__(self, package: bytes) -> None:
        self.package = package
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            self.entries = [info.filename for info in archive.infolist()]
            self.parts = {name: archive.read(name) for name in self.entries}
        self._trees: dict[str, ElementTree.Element] = {}

    def tree(self, part: str) -> ElementTree.Element:
        """A part as a tree."""
        if part not in self._trees:
            self._trees[part] = ElementTree.fromstring(self.parts[part])
        return self._trees[part]

    def relationships(self, part: str) -> dict[str, Relationship]:
        """The relationships of a part ("" for the package) by id."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.parts:
            return {}
        return {
            item.attrib["Id"]: Relationship(
                item.attrib["Type"].rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, item.attrib["Target"])).lstrip("/"),
            )
            for item in self.tree(rels)
        }

    @cached_property
    def sheets(self) -> dict[str, str]:
        """The part of each sheet by name, in the order of the tabs."""
        targets = self.relationships("xl/workbook.xml")
        return {
            sheet.attrib["name"]: targets[sheet.attrib[f"{DOCUMENT}id"]].target
            for sheet in self.tree("xl/workbook.xml").iter(f"{MAIN}sheet")
        }

    def sheet(self, name: str) -> ElementTree.Element:
        """A sheet's tree by its name."""
        return self.tree(self.sheets[name])

    @cached_property
    def cells(self) -> dict[str, dict[str, Cell]]:
        """Every cell by sheet and name, blanks with a look included."""
        return {
            name: {cell.name: cell for cell in (_cell(c, self.strings) for c in self.sheet(name).iter(f"{MAIN}c"))}
            for name in self.sheets
        }

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings, in their order."""
        found = [
            part.target for part in self.relationships("xl/workbook.xml").values() if part.kind == "sharedStrings"
        ]
        if not found:
            return []
        return ["".join(t.text or "" for t in item.iter(f"{MAIN}t")) for item in self.tree(found[0])]

    def at(self, place: str) -> Cell:
        """The cell at `sheet!A1`."""
        sheet, _, name = place.partition("!")
        return self.cells[sheet][name]

    @cached_property
    def styles(self) -> list[dict[str, object]]:
        """What the tests ask of each cell style: its number format and whether its cells are locked."""
        tree = self.tree("xl/styles.xml")
        formats = {int(item.attrib["numFmtId"]): item.attrib["formatCode"] for item in tree.iter(f"{MAIN}numFmt")}
        found: list[dict[str, object]] = []
        for xf in _child(tree, "cellXfs"):
            number = int(xf.attrib["numFmtId"])
            protection = xf.find(f"{MAIN}protection")
            locked = protection is None or protection.get("locked", "1") == "1"
            found.append({"format": formats.get(number, _BUILT_IN.get(number)), "locked": locked})
        return found

    def number_format(self, cell: Cell) -> object:
        """A cell's number format."""
        return self.styles[cell.style]["format"]

    def locked(self, cell: Cell) -> bool:
        """Whether a cell is locked once its sheet is protected."""
        return bool(self.styles[cell.style]["locked"])

    @cached_property
    def names(self) -> dict[str, str]:
        """The workbook-scoped names and what they refer to."""
        return {
            item.attrib["name"]: item.text or ""
            for item in self.tree("xl/workbook.xml").iter(f"{MAIN}definedName")
            if "localSheetId" not in item.attrib
        }

    def sheet_names(self, sheet: str) -> dict[str, str]:
        """The names scoped to one sheet (print titles, filter, print area)."""
        number = str(list(self.sheets).index(sheet))
        return {
            item.attrib["name"]: item.text or ""
            for item in self.tree("xl/workbook.xml").iter(f"{MAIN}definedName")
            if item.get("localSheetId") == number
        }

    def texts(self, sheet: str) -> str:
        """All the text a sheet shows, a line a cell."""
        return "\n".join(cell.value for cell in self.cells[sheet].values() if cell.value)

    def openpyxl(self, *, values: bool) -> openpyxl.Workbook:
        """The workbook as openpyxl reads it: its cached values, or its formulas."""
        return openpyxl.load_workbook(io.BytesIO(self.package), data_only=values)


# The built-in number formats the workbooks use (ECMA-376 part 1, 18.8.30).
_BUILT_IN = {0: "General", 1: "0", 2: "0.00", 9: "0%", 10: "0.00%", 49: "@"}


def _cell(element: ElementTree.Element, strings: list[str]) -> Cell:
    formula = element.find(f"{MAIN}f")
    value = element.find(f"{MAIN}v")
    if value is None:
        value = element.find(f"{MAIN}is/{MAIN}t")
    text = None if value is None else value.text or ""
    kind = element.get("t", "n")
    return Cell(
        element.attrib["r"],
        kind,
        int(element.get("s", "0")),
        None if formula is None else formula.text or "",
        strings[int(text)] if kind == "s" and text else text,
    )


def _child(element: ElementTree.Element, name: str) -> ElementTree.Element:
    child = element.find(f"{MAIN}{name}")
    assert child is not None, name
    return child


@cache
def built(workbook: str, unit: str = "", code: str = "") -> bytes:
    """A shipped workbook (`scheme` or `scheme@level`), or the small one ("small"), as api.build makes it."""
    scheme, _, level = workbook.partition("@")
    name = str(SMALL) if scheme == "small" else scheme
    return api.build(api.scheme(name, level or None), unit, code)  # type: ignore[arg-type]  # 省, 市 or 县


@cache
def opened(workbook: str, unit: str = "", code: str = "") -> Opened:
    """The same, taken apart."""
    return Opened(built(workbook, unit, code))


def square(area: str) -> tuple[int, int, int, int]:
    """First row, first column, last row, last column of a bounded range such as $A$1:B2."""
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?", area)
    assert found is not None, f"{area} is no bounded range"
    left, top, right, bottom = found.groups()
    return int(top), number_of(left), int(bottom or top), number_of(right or left)


def number_of(column: str) -> int:
    """A column's number: A is 1, AA is 27."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


@cache
def mapped(workbook: str) -> dict[str, Any]:
    """What `xl-kpi map` says of a workbook."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "工作簿.xlsx"
        path.write_bytes(built(workbook))
        return api.workbook_map(path, str(SMALL) if workbook == "small" else "")


@cache
def written(workbook: str) -> dict[str, Any]:
    """The scheme file of a workbook as plain data: what its author wrote, before xl_kpi has read it."""
    name = workbook.partition("@")[0]
    path = SMALL if name == "small" else TEMPLATES / f"{name}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def tasks_of(workbook: str) -> list[dict[str, Any]]:
    """The tasks of a scheme file that apply to the workbook's level, in order."""
    level = workbook.partition("@")[2]
    return [
        task
        for group in groups_of(workbook)
        for task in group.get("tasks", [])
        if not level or level in task.get("applies", ["省", "市", "县"])
    ]


def groups_of(workbook: str) -> list[dict[str, Any]]:
    """Every group of a scheme file, in order."""

    def below(groups: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for group in groups:
            yield group
            yield from below(group.get("groups", []))

    return list(below(written(workbook)["groups"]))


def values_of(data: Any, key: str) -> Iterator[Any]:
    """Every value that plain data has under a key, however deep."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield value
            yield from values_of(value, key)
    elif isinstance(data, list):
        for item in data:
            yield from values_of(item, key)


def head(book: Opened, sheet: str, title: str) -> tuple[int, str]:
    """The row and the column letter of a title."""
    (found,) = [cell.name for cell in book.cells[sheet].values() if cell.value == title]
    return square(found)[0], re.sub(r"\d", "", found)


def form_rows(book: Opened, workbook: str) -> list[int]:
    """The rows of the tasks on 考核表: those after the head."""
    first = head(book, "考核表", "自评得分")[0] + 1
    return list(range(first, first + len(tasks_of(workbook))))
