"""Cells patched in place in a sheet's XML: they change and nothing else does, every other byte of the sheet stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.parsers import expat

from xl_kpi.xlsx.cells import CellError, ReadValue, number_text, text_xml
from xl_kpi.xlsx.escapes import quoteattr
from xl_kpi.xlsx.strings import StringTable


@dataclass
class _Span:
    """Where a cell's element lies in the bytes of a sheet."""

    start: int
    end: int
    attributes: dict[str, str]
    formula: bytes  # the <f> element as it stands, or nothing
    prefix: str


def patch_cells(
    sheet_xml: bytes, values: Mapping[str, ReadValue], *, keep_formulas: bool, strings: StringTable | None = None
) -> bytes:
    """A sheet with new values in some cells (by name, e.g. B5); None empties a cell, styles stay.

    With keep_formulas a formula stays and only its cached value changes; otherwise the value takes its place. Texts
    that are typed go to the shared strings, which are all that phones and previews show; without such a table into the
    cell itself. Raises KeyError naming the first cell the sheet does not have.
    """
    wanted = set(values)
    spans = _find_plain(sheet_xml, wanted)
    if spans is None or len(spans) < len(wanted):  # another prefix, say
        spans = _find(sheet_xml, wanted)
    missing = [name for name in values if name not in spans]
    if missing:
        raise KeyError(missing[0])
    pieces = []
    position = 0
    for name, span in sorted(spans.items(), key=lambda item: item[1].start):
        pieces += [sheet_xml[position : span.start], _patched(span, values[name], keep_formulas, strings)]
        position = span.end
    return b"".join([*pieces, sheet_xml[position:]])


def _patched(span: _Span, value: ReadValue, keep_formula: bool, strings: StringTable | None) -> bytes:
    prefix = span.prefix
    body = span.formula.decode() if keep_formula else ""
    attributes = {k: v for k, v in span.attributes.items() if k != "t"}
    if isinstance(value, str) and body:
        attributes["t"] = "str"
        body += f"<{prefix}v>{text_xml(value)}</{prefix}v>"
    elif isinstance(value, bool | CellError):
        attributes["t"] = "b" if isinstance(value, bool) else "e"
        body += f"<{prefix}v>{int(value) if isinstance(value, bool) else text_xml(value.code)}</{prefix}v>"
    elif isinstance(value, str) and strings is not None:
        attributes["t"] = "s"
        body = f"<{prefix}v>{strings.index(value)}</{prefix}v>"
    elif isinstance(value, str):
        attributes["t"] = "inlineStr"
        body = f'<{prefix}is><{prefix}t xml:space="preserve">{text_xml(value)}</{prefix}t></{prefix}is>'
    elif value is not None:
        body += f"<{prefix}v>{number_text(value)}</{prefix}v>"
    written = "".join(f" {k}={quoteattr(v)}" for k, v in attributes.items())
    if not body:
        return f"<{prefix}c{written}/>".encode()
    return f"<{prefix}c{written}>{body}</{prefix}c>".encode()


# A cell behind its `<c `, as nearly all programs write it; groups: style, type, formula.
_CELL = re.compile(
    rb'r="[A-Z]+[0-9]+"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")? ?'
    rb'(?:/>|>(<f(?: aca="false")?>[^<]+</f>)?'
    rb'(?:<v>[^<]*</v>|<v ?/>|<is><t(?: xml:space="preserve")?>[^<]*</t></is>)?</c>)'
)


def _find_plain(xml: bytes, wanted: set[str]) -> dict[str, _Span] | None:
    """The spans of the wanted cells where each is in the plain form, else None."""
    if b"<!" in xml or xml.find(b"<?", 2) >= 0:
        return None  # only without comments and the like is every `<c ` a cell
    found: dict[str, _Span] = {}
    first, *pieces = xml.split(b"<c ")
    position = len(first)
    for piece in pieces:
        name = piece[3 : piece.find(b'"', 3)].decode("ascii", "replace")
        if name in wanted:
            cell = _CELL.match(piece)
            if cell is None:
                return None
            style, kind, formula = cell.groups(b"")
            attributes = {key: said.decode() for key, said in (("s", style), ("t", kind)) if said}
            found[name] = _Span(position, position + len(b"<c ") + cell.end(), {"r": name} | attributes, formula, "")
        position += len(b"<c ") + len(piece)
    return found


def _find(xml: bytes, wanted: set[str]) -> dict[str, _Span]:
    """The spans of the wanted cells, by expat's byte positions."""
    found: dict[str, _Span] = {}
    parser = expat.ParserCreate()
    cell: _Span | None = None
    formula_start = 0

    def tag_end(tag: str) -> int:
        # At an end event expat stands at </tag, but behind the whole of an empty <tag/>.
        at = parser.CurrentByteIndex
        closing = b"</" + tag.encode()
        if xml.startswith(closing, at) and xml[at + len(closing) : at + len(closing) + 1] in b"> \t\r\n":
            return xml.index(b">", at) + 1
        return at

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
            cell.formula = xml[formula_start : tag_end(tag)]
        elif local == "c":
            cell.end = tag_end(tag)
            found[cell.attributes["r"]] = cell
            cell = None

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(xml, True)
    return found
