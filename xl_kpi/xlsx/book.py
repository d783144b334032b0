"""The workbook part: its tabs in their order, its defined names, and how the whole is read and calculated."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree

from xl_kpi.words import said
from xl_kpi.xlsx import limits
from xl_kpi.xlsx.markup import local, parse_xml
from xl_kpi.xlsx.package import content_types, main_part, only, related
from xl_kpi.xlsx.refused import Refused, ambiguous, damaged, too_large

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT_MAIN = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION_OF = {
    _MAIN: "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    _STRICT_MAIN: "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
}
_SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")
_STATES = ("visible", "hidden", "veryHidden")
_TRUE, _FALSE = ("1", "true"), ("0", "false")


@dataclass(frozen=True)
class SheetPart:
    """A tab: its part, whether it shows (visible, hidden, veryHidden), and what it is (worksheet, chartsheet, ...)."""

    part: str
    state: str
    kind: str


class DefinedName(NamedTuple):
    """A defined name: what it refers to, as the file has it; whether it belongs to one sheet; whether it is hidden."""

    name: str
    refers_to: str
    local: bool
    hidden: bool


@dataclass(frozen=True)
class Book:
    """What the workbook part says: the tabs in their order, and how the whole is to be read and calculated."""

    sheets: dict[str, SheetPart]
    date1904: bool
    calculation: dict[str, str]  # the attributes of calcPr
    names: list[DefinedName]
    strict: bool  # ISO 29500 Strict
    styles: str  # the part with the cell styles; "" where there is none
    tabs_hidden: bool = False  # the window shows no tabs
    window_hidden: bool = False  # or does not show at all


def tabs(parts: Mapping[str, bytes]) -> dict[str, SheetPart]:
    """The sheets alone, none of them looked into. Raises Refused, as `book`."""
    return _tabs(parts)[-1]


def _tabs(parts: Mapping[str, bytes]) -> tuple[str, ElementTree.Element, str, dict[str, SheetPart]]:
    """The workbook part, its root, the namespace of that, and the sheets."""
    part = main_part(parts)
    root = parse_xml(parts[part])
    space = root.tag.removesuffix("workbook")
    if space not in _RELATION_OF:
        raise damaged("xlsx.part-no-workbook", part=part)
    sheets = _sheets(parts, part, _child(root, space + "sheets"), space)
    _check_no_decoy(parts, {sheet.part for sheet in sheets.values()})
    return part, root, space, sheets


def book(parts: Mapping[str, bytes]) -> Book:
    """The workbook part, read once, and each sheet held to UTF-8.

    Raises Refused: ambiguous where two programs could see two workbooks (two sheets of one name or one part, a
    worksheet in the package that no tab leads to), damaged where a tab leads nowhere, and as `related` and `parse_xml`.
    """
    part, root, space, sheets = _tabs(parts)
    listed = _child(root, space + "bookViews")
    views = () if listed is None else tuple(listed)
    properties, calculation = _child(root, space + "workbookPr"), _child(root, space + "calcPr")
    for name, sheet in sheets.items():
        if b"\0" in parts[sheet.part]:  # UTF-16, which could be read but not patched
            raise Refused("unsafe-xml", said("xlsx.sheet-not-utf-8", name=name))
    return Book(
        sheets=sheets,
        date1904=properties is not None and properties.get("date1904") in _TRUE,
        calculation={} if calculation is None else dict(calculation.attrib),
        names=_names(_child(root, space + "definedNames")),
        strict=space == _STRICT_MAIN,
        styles=_styles(parts, part),
        tabs_hidden=any(view.get("showSheetTabs") in _FALSE for view in views),
        window_hidden=any(view.get("visibility", "visible") != "visible" for view in views),
    )


def _styles(parts: Mapping[str, bytes], book_part: str) -> str:
    part = only(related(parts, book_part), "styles")
    if part is not None and part not in parts:
        raise damaged("xlsx.cell-styles-missing")
    return part or ""


def sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each worksheet by the sheet's name, in the order of the tabs; chart sheets are left out.

    Raises Refused, as `book`.
    """
    return {name: sheet.part for name, sheet in book(parts).sheets.items() if sheet.kind == "worksheet"}


def _child(root: ElementTree.Element, tag: str) -> ElementTree.Element | None:
    found = root.findall(tag)
    if len(found) > 1:
        raise ambiguous("xlsx.how-many", count=len(found), tag=local(tag))
    return found[0] if found else None


def _sheets(
    parts: Mapping[str, bytes], book_part: str, listed: ElementTree.Element | None, space: str
) -> dict[str, SheetPart]:
    relations = related(parts, book_part)
    found: dict[str, SheetPart] = {}
    seen: set[str] = set()
    for element in () if listed is None else listed:
        if element.tag != space + "sheet":  # alternatives, of which each program chooses its own
            raise ambiguous("xlsx.not-a-sheet", tag=local(element.tag))
        name, state = element.get("name", ""), element.get("state", "visible")
        if state == "veryHidden" and element.get(_RELATION_OF[space]) == "":  # a module of old macros, no sheet
            continue
        relation = relations.get(element.get(_RELATION_OF[space], ""))
        if (
            not name
            or state not in _STATES
            or relation is None
            or relation.external
            or relation.kind not in _SHEET_KINDS
            or relation.target not in parts
        ):
            raise damaged("xlsx.sheet-leads-nowhere", name=name)
        if name.casefold() in seen or relation.target in seen:
            raise ambiguous("xlsx.sheet-stands-twice", name=name)
        seen |= {name.casefold(), relation.target}
        found[name] = SheetPart(relation.target, state, relation.kind)
    if not found:
        raise damaged("xlsx.has-no-sheets")
    if len(found) > limits.MAX_SHEETS:
        raise too_large("xlsx.has-sheets", count=len(found))
    return found


def _check_no_decoy(parts: Mapping[str, bytes], reached: set[str]) -> None:
    """Refuse a worksheet that no tab leads to: readers that go by file names would read it."""
    type_of = content_types(parts)
    for part in parts:
        called = posixpath.basename(posixpath.dirname(part)).casefold() == "worksheets"
        if part not in reached and (called or type_of(part).endswith("spreadsheetml.worksheet+xml")):
            raise ambiguous("xlsx.no-sheet-leads", part=part)


def _names(listed: ElementTree.Element | None) -> list[DefinedName]:
    found: list[DefinedName] = []
    seen: set[tuple[str, str | None]] = set()
    for element in () if listed is None else listed:
        name, sheet = element.get("name", ""), element.get("localSheetId")
        if (name.casefold(), sheet) in seen and not name.startswith(
            "_xlnm."
        ):  # filters and print areas compute nothing
            raise ambiguous("xlsx.name-stands-twice", name=name)
        seen.add((name.casefold(), sheet))
        found.append(DefinedName(name, element.text or "", sheet is not None, element.get("hidden") in _TRUE))
    if len(found) > limits.MAX_NAMES:
        raise too_large("xlsx.has-names", count=len(found))
    return found
