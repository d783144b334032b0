"""The XML of a package before and while it is parsed: what is refused of it, and what can be cut up as text.

No DOCTYPE is read, no entity expanded but the five of XML itself, no encoding taken but UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.parsers import expat

from xl_kpi.words import said
from xl_kpi.xlsx import limits
from xl_kpi.xlsx.kept import kept
from xl_kpi.xlsx.refused import Refused, damaged, too_large

# For the writers: how every part of ours begins, and the namespace of a workbook's.
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

# What a part begins with that any XML parser would take for XML, and what may stand before its root or its DOCTYPE.
_BEGINS_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<|\xff\xfe|\xfe\xff|\0<")
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?(?s:.*?)\?>|<!--(?s:.*?)-->)*+")
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")


def check_xml(parts: Mapping[str, bytes]) -> None:
    """Refuse by what can be said of XML without parsing it: its encoding, a DOCTYPE, how much there is of it."""
    xml = {name: part for name, part in parts.items() if _BEGINS_XML.match(part)}
    whole = sum(map(len, xml.values()))
    if whole > limits.MAX_XML_BYTES:
        raise too_large("xlsx.holds-mb-xml", size=whole >> 20)
    if whole > limits.MAX_MARKS and sum(part.count(b"<") for part in xml.values()) > limits.MAX_MARKS:
        raise too_large("xlsx.holds-too-many-xml")
    for name, part in xml.items():
        # Power Query keeps an item in UTF-16 in customXml, which nobody here parses.
        if name.endswith((".xml", ".rels")) and not name.startswith("customXml/"):
            check_plain(part, name)


def check_plain(xml: bytes, name: str) -> None:
    """Refuse another encoding than UTF-8, in which a DOCTYPE can hide and cells cannot be patched, and a DOCTYPE."""
    declared = _ENCODING.match(xml)
    if b"\0" in xml or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii")):
        raise Refused("unsafe-xml", said("xlsx.part-not-utf-8", name=name))
    prolog = _PROLOG.match(xml)
    if prolog and xml.startswith(b"<!DOCTYPE", prolog.end()):
        raise doctype_declared()


def doctype_declared() -> Refused:
    """The refusal of a part with a DOCTYPE."""
    return Refused("unsafe-xml", said("xlsx.declares-doctype"))


def local(tag: str) -> str:
    """A tag or attribute without its namespace."""
    return tag.rpartition("}")[2]


def parse_xml(xml: bytes) -> ElementTree.Element:
    """A small part as a tree. Raises Refused: damaged, unsafe-xml for a DOCTYPE or too deep, too-large."""
    marks = limits.MAX_TREE_MARKS
    if len(xml) > limits.MAX_TREE_BYTES or (len(xml) > marks and xml.count(b"<") > marks):
        raise too_large("xlsx.holds-too-many-xml")
    check_plain(xml, "XML")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise broken_xml(error) from None
    level = [root]
    for _ in range(limits.MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise too_deep()


@kept(64, 20_000)
def check_well_formed(xml: bytes) -> None:
    """Refuse a part that no program can read, for who does not read it either; and a DOCTYPE, in whatever encoding."""

    def no_doctype(*_: object) -> None:
        raise doctype_declared()

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartDoctypeDeclHandler = no_doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise broken_xml(error) from None


def too_deep() -> Refused:
    """The refusal of a part whose elements are nested over the budget."""
    return Refused("unsafe-xml", said("xlsx.elements-nested-too-deep"))


def broken_xml(error: Exception) -> Refused:
    """The refusal of a part that a parser cannot read."""
    return damaged("xlsx.xml-wrong", error=str(error))


# For the readers that cut XML up and take the plain form, in which nearly all programs write, by regular expressions.

_ODD = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|]]>|&(?!(?:amp|lt|gt|quot|apos|#10);)")
_ENTITIES = {"&gt;": ">", "&lt;": "<", "&quot;": '"', "&apos;": "'", "&#10;": "\n", "&amp;": "&"}  # & at last


def plain_text(xml: bytes) -> str | None:
    """A piece of XML as text, None where a parser has to see it: for its encoding, its characters, or its entities."""
    try:
        text = xml.decode()
    except UnicodeDecodeError:
        return None
    return None if _ODD.search(text) else text


def resolved(text: str) -> str:
    """A plain text with its entities as the characters they stand for."""
    if "&" in text:
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
    return text
