"""A small workbook written by hand, and how to spoil it: its parts, its archive byte for byte, what is refused of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pytest

from xl_kpi import api
from xl_kpi.findings import CATALOGUE
from xl_kpi.words import sentences
from xl_kpi.xlsx.book import book
from xl_kpi.xlsx.foreign import foreign
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.strings import shared_strings

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def relationships(*entries: tuple[str, str, str], office: str = OFFICE) -> bytes:
    rows = "".join(
        f'<Relationship Id="{id}" Type="{kind if ":" in kind else f"{office}/{kind}"}" Target="{target}"/>'
        for id, kind, target in entries
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'.encode()


def content_types(*overrides: tuple[str, str]) -> bytes:
    rows = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in overrides)
    default = '<Default Extension="xml" ContentType="application/xml"/>'
    return f'<Types xmlns="{PACKAGE}/content-types">{default}{rows}</Types>'.encode()


def workbook(inside: str = "", sheets: str = "") -> bytes:
    sheets = sheets or (
        '<sheet name="封面" sheetId="1" r:id="rId1"/><sheet name="数据" sheetId="2" state="veryHidden" r:id="rId2"/>'
    )
    return f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets>{inside}</workbook>'.encode()


def small() -> dict[str, bytes]:
    """The parts of a workbook with two sheets, whose parts have unusual names."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'.encode()
    return {
        "[Content_Types].xml": content_types(
            ("xl/book.xml", BOOK_TYPE), ("xl/a.xml", SHEET_TYPE), ("xl/其他/b.xml", SHEET_TYPE)
        ),
        "_rels/.rels": relationships(("rId1", "officeDocument", "xl/book.xml")),
        "xl/book.xml": workbook(),
        "xl/_rels/book.xml.rels": relationships(
            ("rId1", "worksheet", "a.xml"),
            ("rId2", "worksheet", "/xl/其他/b.xml"),
            ("rId3", "styles", "styles.xml"),
            ("rId4", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"/>'.encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>总分</t></si></sst>'.encode(),
        "xl/a.xml": sheet,
        "xl/其他/b.xml": sheet,
    }


@cache
def shipped() -> bytes:
    return api.build(api.scheme("zaozhuang-blood-2022"))


@dataclass(frozen=True)
class Entry:
    """An entry of a zip written by hand; what is None is written as it should be."""

    name: bytes
    content: bytes = b""
    method: int = 8
    flags: int = 0x800
    crc: int | None = None
    size: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    at: int | None = None  # where the directory says it is
    gap: bytes = b""  # bytes before it


def archive(entries: list[Entry], *, gap: bytes = b"", comment: bytes = b"") -> bytes:
    written, directory = b"", b""
    for entry in entries:
        written += entry.gap
        at = len(written) if entry.at is None else entry.at
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = deflate.compress(entry.content) + deflate.flush() if entry.method else entry.content
        size = len(entry.content) if entry.size is None else entry.size
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        local = entry.name if entry.local_name is None else entry.local_name
        local_size = size if entry.local_size is None else entry.local_size

        def fields(size: int, name: bytes, entry: Entry = entry, crc: int = crc, packed: bytes = packed) -> bytes:
            return struct.pack("<4H3L2H", entry.flags, entry.method, 0, 33, crc, len(packed), size, len(name), 0)

        written += b"PK\3\4" + struct.pack("<H", 20) + fields(local_size, local) + local + packed
        directory += b"PK\1\2" + struct.pack("<2H", 20, 20) + fields(size, entry.name)
        directory += struct.pack("<3H2L", 0, 0, 0, 0, at) + entry.name
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(written + gap), len(comment)
    )
    return written + gap + directory + end + comment


def entries(**changes: object) -> list[Entry]:
    """The small workbook's entries; `changes` are made to its first sheet."""
    plain = [Entry(name.encode(), content) for name, content in small().items()]
    return [replace(entry, **changes) if entry.name == b"xl/a.xml" else entry for entry in plain]  # type: ignore[arg-type]


def with_part(name: str | bytes, content: bytes = b"x") -> bytes:
    return archive([*entries(), Entry(name if isinstance(name, bytes) else name.encode(), content)])


def code_of(read: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        read()
    assert refused.value.code in CATALOGUE
    assert ("{why}" in sentences("zh")[refused.value.code]) == bool(refused.value.why)
    return refused.value.code


def everything(content: bytes) -> object:
    """All that is read of a package before its sheets."""
    parts = unpack(content)
    return book(parts), shared_strings(parts), foreign(parts)


SHEET = small()["xl/a.xml"]
BOOK_RELS = small()["xl/_rels/book.xml.rels"]


def rels(old: str, new: str) -> dict[str, bytes]:
    assert old.encode() in BOOK_RELS
    return {"xl/_rels/book.xml.rels": BOOK_RELS.replace(old.encode(), new.encode())}


LAUGHS = "<!DOCTYPE lolz [" + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
DOCTYPES = {
    "plain": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x"><a/>',
    "after the declaration": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<!DOCTYPE a><a/>',
    "after a mark, comments and instructions": b"\xef\xbb\xbf <!-- < - > --><?a <b> ?>\n<!-- <a/> --><!DOCTYPE a><a/>",
    "billion laughs": (LAUGHS + "]><a>&l9;</a>").encode(),
    "UTF-16, little end first": "\ufeff<!DOCTYPE a><a/>".encode("utf-16-le"),
    "UTF-16, big end first": "\ufeff<!DOCTYPE a><a/>".encode("utf-16-be"),
    "UTF-16 without a mark": "<!DOCTYPE a><a/>".encode("utf-16-le"),
    "UTF-16 without a mark, big end first": "<!DOCTYPE a><a/>".encode("utf-16-be"),
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-+ACE-DOCTYPE a+AD4-<a/>',
    "EBCDIC": b"<?xml version='1.0' encoding = 'cp037'?>" + "<!DOCTYPE a><a/>".encode("cp037"),
}
