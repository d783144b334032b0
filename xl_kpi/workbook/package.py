"""The .xlsx package as parts and bytes: packing it the same way every time, and patching cells in place.

Patching touches the cells concerned and nothing else: every other byte of the sheet, and every other part, stays.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

Value = float | str | None

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Parts to a zip, in their order, with no time of day in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _FIXED_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3
            archive.writestr(info, content, compresslevel=6)
    return buffer.getvalue()


def unpack(package: bytes) -> dict[str, bytes]:
    """A zip to its parts, in their order. Raises zipfile.BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@dataclass
class _Span:
    """Where a cell's element lies in the bytes of a sheet."""

    start: int
    end: int
    attributes: dict[str, str]
    formula: bytes  # the <f> element as it stands, or nothing
    prefix: bytes


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
        pieces += [sheet_xml[position : span.start], _cell(span, values[name], keep_formulas)]
        position = span.end
    return b"".join([*pieces, sheet_xml[position:]])


def _cell(span: _Span, value: Value, keep_formula: bool) -> bytes:
    prefix = span.prefix.decode()
    formula = span.formula.decode() if keep_formula else ""
    kept = {k: v for k, v in span.attributes.items() if k != "t"}
    body = formula
    if isinstance(value, str) and formula:
        kept["t"] = "str"
        body += f"<{prefix}v>{escape(value)}</{prefix}v>"
    elif isinstance(value, str):
        kept["t"] = "inlineStr"
        body = f'<{prefix}is><{prefix}t xml:space="preserve">{escape(value)}</{prefix}t></{prefix}is>'
    elif value is not None:
        body += f"<{prefix}v>{number_text(value)}</{prefix}v>"
    attributes = "".join(f" {k}={quoteattr(v)}" for k, v in kept.items())
    if not body:
        return f"<{prefix}c{attributes}/>".encode()
    return f"<{prefix}c{attributes}>{body}</{prefix}c>".encode()


def number_text(value: float) -> str:
    """A number as it stands in a sheet: the shortest text that reads back the same."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


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
        at = parser.CurrentByteIndex
        if local == "c" and attributes.get("r") in wanted:
            prefix = tag[: -len(local)].encode()
            cell = _Span(at, 0, attributes, b"", prefix)
        elif local == "f" and cell is not None:
            formula_start = at

    def end(tag: str) -> None:
        nonlocal cell
        if cell is None:
            return
        local = tag.rpartition(":")[2]
        at = parser.CurrentByteIndex
        if local == "f":
            cell.formula = xml[formula_start : tag_end(at)]
        elif local == "c":
            cell.end = tag_end(at)
            found[cell.attributes["r"]] = cell
            cell = None

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(xml, True)
    return found
