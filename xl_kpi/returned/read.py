"""Reading a workbook that came back: whose it is, and every cell of it as it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from xl_kpi import shipped
from xl_kpi.expr import semantics
from xl_kpi.findings import WorkbookError, finding
from xl_kpi.layout.plan import META, Plan, filename
from xl_kpi.program import load as loading
from xl_kpi.returned.blueprint import Blueprint, blueprint_of
from xl_kpi.returned.former import FORMER
from xl_kpi.returned.sheet_names import check_names
from xl_kpi.scheme.model import Scheme
from xl_kpi.words import Said, said
from xl_kpi.xlsx.book import Book, SheetPart, book, tabs
from xl_kpi.xlsx.cells import CellError, ReadCell, ReadValue, Value
from xl_kpi.xlsx.looks import GENERAL, Look, Styles, read_styles
from xl_kpi.xlsx.markup import check_well_formed
from xl_kpi.xlsx.package import main_part, only, related, unpack, unpack_on_demand
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.source import Source, name_and_content
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import Worksheet, read_worksheet


@dataclass(frozen=True)
class Meta:
    """What the hidden sheet of a workbook of ours says; no more than a claim until the fingerprint agrees."""

    scheme: str
    version: Value
    year: Value
    level: str
    fingerprint: str
    unit: str
    code: str


@dataclass(frozen=True)
class Filled:
    """A workbook of ours that came back: its bytes, its parts, its blueprint, and its sheets as they stand in the file."""

    file: str
    package: bytes
    parts: dict[str, bytes]
    book: Book
    meta: Meta
    blueprint: Blueprint
    sheets: dict[str, Worksheet]  # those of the plan
    added: dict[str, Worksheet]  # those with cells that somebody added
    styles: Styles

    @property
    def plan(self) -> Plan:
        """The plan it was built from."""
        return self.blueprint.plan

    def typed(self) -> dict[str, Value]:
        """What was typed, by node id (`t05.ontime@self`), as the workbook's own formulas see it; blanks left out.

        With what was noted beside it (`t05.ontime@note`).
        """
        typed: dict[str, Value] = {}
        for node, sheet, name, _ in (*self.blueprint.inputs, *self.blueprint.notes):
            cell = self.sheets[sheet].cells.get(name)
            value = None if cell is None else answer(cell.value)
            if value is not None:
                typed[node] = value
        return typed


def read(source: Source, scheme_file: str = "") -> Filled:
    """A workbook of ours, read whole. Raises WorkbookError with one finding that says what the file is instead."""
    name, content = name_and_content(source)
    try:
        parts = unpack(content)
        found = book(parts)
        strings = shared_strings(parts)
        meta = _meta(name, found.sheets, parts, strings)
        blueprint = _blueprint(name, meta, scheme_file)
        planned = blueprint.plan.sheets
        read = {
            sheet: read_worksheet(parts[at.part], strings)
            for sheet, at in found.sheets.items()
            if sheet in planned or at.kind == "worksheet"
        }
        added = {sheet: read.pop(sheet) for sheet in list(read) if sheet not in planned}
        check_names(blueprint, found, added)
        _check_unread(parts, found, {*read, *added})
        styles = read_styles(parts[found.styles]) if found.styles else Styles((Look(True, GENERAL),), {})
        _styled(read, len(styles.cells))
    except Refused as refused:
        raise WorkbookError(finding(refused.code, file=name, why=refused.why)) from None
    return Filled(name, content, parts, found, meta, blueprint, read, added, styles)


@dataclass(frozen=True)
class Opened:
    """A workbook of ours of any version, read without a plan: whose it says it is, and its sheets as they stand."""

    file: str
    meta: Meta
    book: Book
    sheets: dict[str, Worksheet]
    styles: Styles


def opened(source: Source) -> Opened:
    """A workbook of ours of any version. Raises WorkbookError with one finding that says what the file is instead."""
    name, content = name_and_content(source)
    try:
        parts = unpack(content)
        found = book(parts)
        strings = shared_strings(parts)
        meta = _meta(name, found.sheets, parts, strings)
        sheets = {
            sheet: read_worksheet(parts[at.part], strings)
            for sheet, at in found.sheets.items()
            if at.kind == "worksheet"
        }
        styles = read_styles(parts[found.styles]) if found.styles else Styles((Look(True, GENERAL),), {})
    except Refused as refused:
        raise WorkbookError(finding(refused.code, file=name, why=refused.why)) from None
    return Opened(name, meta, found, sheets, styles)


def identify(source: Source) -> Meta | None:
    """Whose workbook a file says it is, without reading all of it; None for what cannot be read or is not ours.

    No more than a claim, and no verdict: only the parts that say it are looked into, so a file that `read` refuses for
    another part is identified. That does no harm: whoever sets files of one unit against each other reads them whole,
    where a refused one contradicts none and is no copy; and a unit whose file is damaged has handed one in.
    """
    try:
        name, content = name_and_content(source)
        parts = unpack_on_demand(content)
        return _meta(name, tabs(parts), parts, shared_strings(parts))
    except (WorkbookError, Refused):
        return None


def answer(value: ReadValue) -> Value:
    """What a cell holds as an answer: an error value and a boolean are words, and no answer; an empty text is a blank."""
    if isinstance(value, CellError):
        return semantics.ERROR_TEXT
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return None if value == "" else value


_META_ROWS = 20


def _meta(file: str, sheets: dict[str, SheetPart], parts: Mapping[str, bytes], strings: list[str]) -> Meta:
    """What the hidden sheet says. Raises WorkbookError where there is none of ours, Refused where it cannot be read."""
    cells: dict[str, ReadCell] = {}
    if META in sheets:
        cells = read_worksheet(parts[sheets[META].part], strings).cells
    keys = {str(cells[f"A{row}"].value): f"B{row}" for row in range(1, _META_ROWS) if f"A{row}" in cells}
    values = {key: answer(cells[at].value) for key, at in keys.items() if at in cells}
    if values.get("product") != "xl_kpi":
        raise _not_ours(file, said("returned.names-no-scheme"))

    if not values.get("unit"):
        raise _not_ours(file, said("returned.names-no-unit"))

    def text(key: str) -> str:
        value = values.get(key)
        return value if isinstance(value, str) else "" if value is None else f"{value:g}"

    return Meta(
        text("scheme"),
        values.get("version"),
        values.get("year"),
        text("level"),
        text("fingerprint"),
        text("unit"),
        text("code"),
    )


def _blueprint(file: str, meta: Meta, scheme_file: str) -> Blueprint:
    """The blueprint of the plan a workbook was built from. Raises WorkbookError where the scheme is unknown or another version."""
    if not scheme_file and meta.scheme not in shipped.names():
        why = said("returned.no-such-scheme", scheme=meta.scheme)
        raise _not_ours(file, why)
    loaded = loading.load(scheme_file or meta.scheme)
    if meta.scheme != loaded.id:
        why = said("returned.other-scheme", scheme=meta.scheme, id=loaded.id)
        raise _not_ours(file, why)
    if meta.version != loaded.version:
        found = meta.version if isinstance(meta.version, str) else f"{meta.version or 0:g}"
        new, carry = _carrying(file, meta, loaded, scheme_file)
        raise WorkbookError(
            finding("other-version", file=file, found=found, current=loaded.version, new=new, carry=carry)
        )
    if meta.year not in range(2000, 2101) or (loaded.levels and meta.level not in loaded.levels):
        raise _not_ours(file, said("returned.year-or-level"))
    blueprint = blueprint_of(loaded, int(meta.year), meta.level)  # type: ignore[arg-type]  # checked just above
    fingerprint = blueprint.plan.fingerprint
    if meta.fingerprint not in (fingerprint, FORMER.get(fingerprint)):
        new, carry = _carrying(file, meta, loaded, scheme_file)
        why = said("returned.other-fingerprint", new=new, carry=carry)
        raise _not_ours(file, why)
    return blueprint


def _carrying(file: str, meta: Meta, loaded: Scheme, scheme_file: str) -> tuple[Said, Said]:
    """The commands that build a workbook of the scheme in force for the same unit, and carry the answers into it."""
    scheme = f" --scheme {_word(scheme_file)}" if scheme_file else ""
    level = f" --level {meta.level}" if meta.level in loaded.levels else ""
    year = int(meta.year) if meta.year in range(2000, 2101) else loaded.year  # type: ignore[arg-type]  # a whole number
    in_year = f" --year {year}" if year != loaded.year else ""
    name = _word(filename(loaded.model_copy(update={"year": year}), meta.unit))
    old = _word(file)
    into = said("carry.new-file", name=name.strip('"'), quote='"' if name.startswith('"') else "")
    out = said("carry.out-file", name=old.strip('"').removesuffix(".xlsx"), quote='"' if old.startswith('"') else "")
    named = _word(scheme_file or loaded.id)
    return (
        said("carry.command-new", scheme=named, unit=_word(meta.unit), level=level, year=in_year),
        said("carry.command-carry", old=old, into=into, out=out, scheme=scheme),
    )


def _word(text: str) -> str:
    """A text as one word of a command line, for Windows and others."""
    text = text.replace('"', "")
    return text if re.fullmatch(r"[\w./:-]+", text) else f'"{text}"'


def _check_unread(parts: dict[str, bytes], found: Book, sheets: Collection[str]) -> None:
    """Refuse a workbook that Excel would want to repair: XML that is none, in parts that are not read here."""
    main = main_part(parts)
    strings = only(related(parts, main), "sharedStrings")
    read = {main, strings, found.styles, *(found.sheets[sheet].part for sheet in sheets)}
    for name, part in parts.items():
        if name.endswith(".xml") and name not in read:
            check_well_formed(part)


def _styled(sheets: dict[str, Worksheet], styles: int) -> None:
    """Raises Refused where a cell has a style that is not there."""
    for sheet in sheets.values():
        if not all(
            index.isascii() and index.isdigit() and int(index) < styles for index in set(sheet.styles.values())
        ):
            raise Refused("damaged", said("returned.style-missing"))


def _not_ours(file: str, why: Said) -> WorkbookError:
    return WorkbookError(finding("not-ours", file=file, why=why))
