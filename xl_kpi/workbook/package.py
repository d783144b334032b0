"""The .xlsx package as parts and bytes: packing it the same way every time, and patching cells in place.

Patching touches the cells concerned and nothing else: every other byte of the sheet, and every other part, stays.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from xl_kpi.expr import semantics
from xl_kpi.expr.to_excel import number_text

Value = float | str | None

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DOCUMENT = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"


def fixed_entry(name: str) -> zipfile.ZipInfo:
    """A zip entry with no time of day in it."""
    info = zipfile.ZipInfo(name, _FIXED_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    info.create_system = 3
    return info


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Parts to a zip, in their order; the same parts give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(fixed_entry(name), content, compresslevel=6)
    return buffer.getvalue()


def unpack(package: bytes) -> dict[str, bytes]:
    """A zip to its parts, in their order. Raises zipfile.BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def replace_parts(package: bytes, changed: Mapping[str, bytes]) -> bytes:
    """The package with some parts replaced; the entries keep their order, names and times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(buffer, "w") as target:
        target.comment = source.comment
        for info in source.infolist():
            target.writestr(info, changed.get(info.filename, source.read(info)), compresslevel=6)
    return buffer.getvalue()


def save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a new file beside it takes its place once it is complete. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".xl_kpi_", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each sheet by the sheet's name, as the workbook's relationships have it. Raises KeyError, ParseError."""
    targets = {
        relation.get("Id"): relation.get("Target", "")
        for relation in ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"]).iter(f"{_RELATIONS}Relationship")
    }
    book = ElementTree.fromstring(parts["xl/workbook.xml"])
    found = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets[sheet.get(f"{_DOCUMENT}id")]
        found[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return found


@dataclass(frozen=True)
class ReadCell:
    """A cell as it stands in the file: its value, and whether a formula stands behind it."""

    value: Value
    has_formula: bool


def read_cells(sheet_xml: bytes, strings: list[str]) -> dict[str, ReadCell]:
    """Every cell of a sheet that holds something, by name. Booleans and errors become texts, never numbers."""
    cells: dict[str, ReadCell] = {}
    parser = expat.ParserCreate()
    parser.buffer_text = True
    name, kind, formula = "", "", False
    text: list[str] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal name, kind, formula, inside
        local = tag.rpartition(":")[2]
        if local == "c":
            name, kind, formula = attributes.get("r", ""), attributes.get("t", "n"), False
            text.clear()
        elif local == "f":
            formula = True
        elif local in ("v", "t"):
            inside = True

    def end(tag: str) -> None:
        nonlocal inside
        local = tag.rpartition(":")[2]
        if local in ("v", "t"):
            inside = False
        elif local == "c" and (text or formula):
            cells[name] = ReadCell(_value("".join(text), kind, strings), formula)

    def characters(data: str) -> None:
        if inside:
            text.append(data)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.Parse(sheet_xml, True)
    return cells


def _value(text: str, kind: str, strings: list[str]) -> Value:
    if kind == "s":
        return strings[int(text)] or None
    if kind == "b":
        return "TRUE" if text == "1" else "FALSE"
    if kind == "e":
        return semantics.ERROR_TEXT
    if kind in ("str", "inlineStr"):
        return text or None
    return float(text) if text else None


def shared_strings(parts: Mapping[str, bytes]) -> list[str]:
    """The texts of the shared strings part, phonetic guides left out; empty where there is no such part."""
    content = parts.get("xl/sharedStrings.xml")
    if content is None:
        return []
    texts = []
    for item in ElementTree.fromstring(content).iter(f"{_MAIN}si"):
        runs = [item.find(f"{_MAIN}t"), *(run.find(f"{_MAIN}t") for run in item.findall(f"{_MAIN}r"))]
        texts.append("".join(run.text or "" for run in runs if run is not None))
    return texts


@dataclass
class _Span:
    """Where a cell's element lies in the bytes of a sheet."""

    start: int
    end: int
    attributes: dict[str, str]
    formula: bytes  # the <f> element as it stands, or nothing
    prefix: str


def patch_cells(sheet_xml: bytes, values: Mapping[str, Value], *, keep_formulas: bool) -> bytes:
    """A sheet with new values in some cells (by name, e.g. B5); None empties a cell, styles stay.

    With keep_formulas a formula stays and only its cached value changes; otherwise the value takes its place.
    Raises KeyError naming the first cell the sheet does not have.
    """
    spans = _find(sheet_xml, set(values))
    missing = [name for name in values if name not in spans]
    if missing:
        raise KeyError(missing[0])
    pieces = []
    position = 0
    for name, span in sorted(spans.items(), key=lambda item: item[1].start):
        pieces += [sheet_xml[position : span.start], _patched(span, values[name], keep_formulas)]
        position = span.end
    return b"".join([*pieces, sheet_xml[position:]])


# XML cannot hold these; Excel writes them as _xHHHH_.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _text(value: str) -> str:
    return escape(_CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", value))


def _patched(span: _Span, value: Value, keep_formula: bool) -> bytes:
    prefix = span.prefix
    body = span.formula.decode() if keep_formula else ""
    attributes = {k: v for k, v in span.attributes.items() if k != "t"}
    if isinstance(value, str) and body:
        attributes["t"] = "str"
        body += f"<{prefix}v>{_text(value)}</{prefix}v>"
    elif isinstance(value, str):
        attributes["t"] = "inlineStr"
        body = f'<{prefix}is><{prefix}t xml:space="preserve">{_text(value)}</{prefix}t></{prefix}is>'
    elif value is not None:
        body += f"<{prefix}v>{number_text(value)}</{prefix}v>"
    written = "".join(f" {k}={quoteattr(v)}" for k, v in attributes.items())
    if not body:
        return f"<{prefix}c{written}/>".encode()
    return f"<{prefix}c{written}>{body}</{prefix}c>".encode()


def _find(xml: bytes, wanted: set[str]) -> dict[str, _Span]:
    """The spans of the wanted cells, by expat's byte positions."""
    found: dict[str, _Span] = {}
    parser = expat.ParserCreate()
    cell: _Span | None = None
    formula_start = 0

    def tag_end(at: int) -> int:
        return xml.index(b">", at) + 1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal cell, formula_start
        local = tag.rpartition(":")[2]
        if local == "c" and attributes.get("r") in wanted:
            cell = _Span(parser.CurrentByteIndex, 0, attributes, b"", tag[: -len(local)])
        elif local == "f" and cell is not None:
            formula_start = parser.CurrentByteIndex

    def end(tag: str) -> None:
        nonlocal cell
        if cell is None:
            return
        local = tag.rpartition(":")[2]
        if local == "f":
            cell.formula = xml[formula_start : tag_end(parser.CurrentByteIndex)]
        elif local == "c":
            cell.end = tag_end(parser.CurrentByteIndex)
            found[cell.attributes["r"]] = cell
            cell = None

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(xml, True)
    return found
