"""The .xlsx package as parts and bytes: unpacked and packed the same way every time, its parts found by relationship."""

from __future__ import annotations

import io
import os
import posixpath
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)

# What reading a broken, encrypted or odd package raises: the zip, a missing part or attribute, the XML.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    KeyError,
    ValueError,
    ElementTree.ParseError,
)


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
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".xl_kpi_", suffix=".tmp")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
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
    """The part of each worksheet by the sheet's name, in the order of the tabs; chart sheets are left out.

    Resolved through the relationships, from the package's root: nothing obliges a writer to call a part
    `xl/worksheets/sheet1.xml`. Raises one of UNREADABLE.
    """
    book = dict(_relationships(parts, "").values())["officeDocument"]
    targets = _relationships(parts, book)
    found = {}
    for element in parse_xml(parts[book]).iter():
        if local(element.tag) == "sheet":
            attributes = {local(name): value for name, value in element.attrib.items()}
            kind, part = targets[attributes["id"]]
            if kind == "worksheet":
                found[attributes["name"]] = part
    return found


def shared_strings(parts: Mapping[str, bytes]) -> list[str]:
    """The texts of the shared strings part, phonetic guides left out; empty where there is no such part."""
    book = dict(_relationships(parts, "").values())["officeDocument"]
    part = dict(_relationships(parts, book).values()).get("sharedStrings")
    if part is None:
        return []
    return [
        "".join(_run_text(run) for run in item if local(run.tag) in ("t", "r"))
        for item in parse_xml(parts[part])
        if local(item.tag) == "si"
    ]


def _run_text(run: ElementTree.Element) -> str:
    if local(run.tag) == "t":
        return run.text or ""
    return "".join(child.text or "" for child in run if local(child.tag) == "t")


def _relationships(parts: Mapping[str, bytes], source: str) -> dict[str, tuple[str, str]]:
    """`{id: (kind, target part)}` of the relationships of one part; "" is the package itself.

    The kind is the last word of the relationship's type, the same in Strict and Transitional files.
    """
    folder, name = posixpath.split(source)
    found = {}
    for element in parse_xml(parts[posixpath.join(folder, "_rels", f"{name}.rels")]):
        target = posixpath.normpath(posixpath.join("/", folder, element.attrib["Target"]))
        kind = element.attrib["Type"].rpartition("/")[2]
        found[element.attrib["Id"]] = (kind, target.lstrip("/"))
    return found


class _RefusingBuilder(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("XML 含有 DOCTYPE 声明，拒绝读取")


def parse_xml(xml: bytes) -> ElementTree.Element:
    """A small part as a tree. Raises ParseError, or ValueError for a DOCTYPE."""
    parser = ElementTree.XMLParser(target=_RefusingBuilder())
    parser.feed(xml)
    root = parser.close()
    assert isinstance(root, ElementTree.Element)
    return root


def local(tag: str) -> str:
    """A tag or attribute without its namespace."""
    return tag.rpartition("}")[2]
