"""The shared strings of a workbook: read quickly where they are written plainly, else by expat, which is the measure.

They are also written here, anew for a blank or with texts appended to those of a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.parsers import expat

from xl_kpi.xlsx import limits
from xl_kpi.xlsx.cells import text_xml, unescape
from xl_kpi.xlsx.kept import kept
from xl_kpi.xlsx.markup import DECLARATION, MAIN, broken_xml, doctype_declared, plain_text, resolved, too_deep
from xl_kpi.xlsx.package import main_part, only, related
from xl_kpi.xlsx.refused import damaged, too_large


def shared_strings(parts: Mapping[str, bytes]) -> list[str]:
    """The texts of the shared strings part, phonetic guides left out; empty where there is no such part.

    How many there are is counted, never believed. Raises Refused, as `parse_xml`.
    """
    part = _part(parts)
    return [] if part is None else _read(parts[part])


def _part(parts: Mapping[str, bytes]) -> str | None:
    part = only(related(parts, main_part(parts)), "sharedStrings")
    if part is not None and part not in parts:
        raise damaged("xlsx.part-missing", part=part)
    return part


def _read(xml: bytes) -> list[str]:
    plain = _plain_strings(xml)
    return _strings(xml) if plain is None else plain


# The end of a table to which can be appended: nothing but white space follows.
_END = re.compile(rb"</(?:([A-Za-z_][\w.-]*):)?sst\s*>\s*$")


class StringTable:
    """The shared strings of a workbook that is being written: each text once, numbered as they come."""

    def __init__(self, texts: Sequence[str] = (), part: bytes = f'{DECLARATION}<sst xmlns="{MAIN}"></sst>'.encode()):
        """`part` is the table that holds the texts already; a new one if it is not given."""
        self._part = part
        self._numbers = {text: number for number, text in reversed(list(enumerate(texts)))}
        self._count = len(texts)
        self._added: list[str] = []

    @classmethod
    def of_file(cls, parts: Mapping[str, bytes]) -> tuple[str, StringTable] | None:
        """The part of a file's table, and the table; None where there is none to which texts can be appended."""
        name = _part(parts)
        if name is None or not _END.search(parts[name]) or b"extLst" in parts[name]:
            return None
        return name, cls(_read(parts[name]), parts[name])

    def index(self, text: str) -> int:
        """The number of a text, which is appended where it is new."""
        if text not in self._numbers:
            self._numbers[text] = self._count + len(self._added)
            self._added.append(text)
        return self._numbers[text]

    def part(self) -> bytes:
        """The table with what was appended; every other byte as it was."""
        end = _END.search(self._part)
        if not self._added or end is None:
            return self._part
        prefix = f"{end[1].decode()}:" if end[1] else ""
        added = "".join(_item(text, prefix) for text in self._added)
        return self._part[: end.start()] + added.encode() + self._part[end.start() :]


def _item(text: str, prefix: str) -> str:
    kept = "" if text == text.strip() else ' xml:space="preserve"'
    return f"<{prefix}si><{prefix}t{kept}>{text_xml(text)}</{prefix}t></{prefix}si>"


# What stands before the first string.
_HEAD = re.compile(rb'(?:\xef\xbb\xbf)?(?:<\?xml [^<>?]*\?>)?\s*<sst(?: [a-zA-Z:]+="[^"<&]*")*>\s*')
# A shared string behind its <si>: a text, or runs of text, each with its look.
_TEXT = r'<t(?: xml:space="preserve")?>([^<]*)</t>'
_RUN = r'<r>(?:<rPr>(?:<[a-zA-Z]+(?: [a-zA-Z]+="[^"<&]*")* ?/>)*</rPr>)?' + _TEXT + "</r>"
_PLAIN_STRING = re.compile(rf"(?:{_TEXT}|(?:{_RUN})+)</si>\s*")
_TEXTS = re.compile(_TEXT)


def _plain_strings(xml: bytes) -> list[str] | None:
    """The shared strings where all are plain, cut as rows.py cuts rows; None where expat has to read them."""
    start, end = xml.find(b"<si>"), xml.rfind(b"</sst>")
    if not 0 <= start < end or not _HEAD.fullmatch(xml, 0, start) or xml[end:].strip() != b"</sst>":
        return None
    items = xml[start + len(b"<si>") : end].split(b"<si>")
    if len(items) > limits.MAX_STRINGS:
        return None
    strings = []
    for item in items:
        string = _plain_string(item)
        if string is None or len(string) > limits.MAX_TEXT:
            return None
        strings.append(string)
    return strings


@kept(8192, 1000)  # workbooks of a plan share most of theirs
def _plain_string(xml: bytes) -> str | None:
    item = plain_text(xml)
    if item is None or not _PLAIN_STRING.fullmatch(item):
        return None
    return "".join(unescape(resolved(text)) for text in _TEXTS.findall(item))


def _strings(xml: bytes) -> list[str]:
    """The texts in the root's own namespace: the t of each sst/si/t and sst/si/r/t."""
    strings: list[str] = []
    runs: list[str] = []
    pieces: list[str] = []
    depth = 0
    item = text = run = ""
    in_run = False

    def root(tag: str, _: dict[str, str]) -> None:
        nonlocal depth, item, text, run
        space = tag.removesuffix("sst")
        depth, item, text, run = 1, space + "si", space + "t", space + "r"
        parser.StartElementHandler, parser.EndElementHandler = start, end

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal depth, in_run
        depth += 1
        if tag == text:
            pieces.clear()
        elif depth == 3:
            in_run = tag == run
        if depth > limits.MAX_DEPTH:
            raise too_deep()

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if tag == text:
            if depth == 2 or (depth == 3 and in_run):
                runs.append(unescape("".join(pieces)))
        elif depth == 1 and tag == item:
            strings.append("".join(runs))
            runs.clear()
            if len(strings[-1]) > limits.MAX_TEXT or len(strings) > limits.MAX_STRINGS:
                raise too_large("xlsx.texts-too-many-too")

    def no_doctype(*_: object) -> None:
        raise doctype_declared()

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = root
    parser.CharacterDataHandler = pieces.append
    parser.StartDoctypeDeclHandler = no_doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise broken_xml(error) from None
    return strings
