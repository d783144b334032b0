"""The door by which files from outside come in: what is refused, by which code, at what cost, and what still comes in.

Every hostile file is made here by hand. Whatever comes in, no socket opens and nothing is written.
"""

from __future__ import annotations

import io
import os
import pickle
import random
import re
import socket
import struct
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import pytest

from xl_kpi import api
from xl_kpi.findings import CATALOGUE
from xl_kpi.workbook import budgets, package
from xl_kpi.workbook.package import Refused, book, foreign, related, shared_strings, unescape, unpack
from xl_kpi.workbook.worksheet import read_worksheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"

_watched: list[str] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watched is None:
        return
    if event.startswith(("socket.", "subprocess.", "urllib.", "os.mkdir", "os.rename", "tempfile.")):
        _watched.append(event)
    elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _watched.append(f"{event} {arguments[0]!r}")


sys.addaudithook(_watch)  # cannot be taken away again; without a list to write to it does nothing


@pytest.fixture(autouse=True)
def _nothing_leaves_the_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test of this file may open a socket, start a process or write a file."""
    global _watched

    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    shipped()  # builds a workbook, for which openpyxl writes to disk: before the watch begins
    monkeypatch.setattr(socket, "socket", no_socket)
    _watched = seen = []
    yield
    _watched = None
    assert seen == []


# Workbooks to spoil


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


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


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
    assert ("{why}" in CATALOGUE[refused.value.code].zh) == bool(refused.value.why)
    return refused.value.code


def everything(content: bytes) -> object:
    """All that this module reads of a package."""
    parts = unpack(content)
    return book(parts), shared_strings(parts), foreign(parts)


# What comes in


def test_a_workbook_written_by_hand_comes_in_whole() -> None:
    assert unpack(archive(entries())) == small() == unpack(zipped(small()))


def test_a_workbook_of_ours_comes_in_as_zipfile_reads_it() -> None:
    with zipfile.ZipFile(io.BytesIO(shipped())) as read:
        expected = {info.filename: read.read(info) for info in read.infolist()}
    assert unpack(shipped()) == expected
    assert list(unpack(shipped())) == list(expected)


def test_folders_a_comment_and_sizes_that_follow_are_no_reason_to_refuse() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False  # zipfile then writes each entry's sizes behind it

        def tell(self) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        made.mkdir("xl")
        made.comment = "来自 WPS".encode()
        for name, content in small().items():
            made.writestr(name, content)
    assert unpack(pipe.getvalue()) == small()


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    ],
)
def test_templates_and_workbooks_with_macros_are_workbooks(kind: str) -> None:
    assert list(book(unpack(zipped(small() | {"[Content_Types].xml": content_types(("xl/book.xml", kind))}))).sheets)


def test_a_million_styled_rows_come_in_or_are_refused_at_once() -> None:
    rows = "".join(f'<row r="{row}" s="3" customFormat="1" ht="15"/>' for row in range(1, budgets.MAX_ROW + 1))
    content = zipped(small() | {"xl/a.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()})
    begun = time.perf_counter()
    assert set(unpack(content)) == set(small())
    assert time.perf_counter() - begun < 2


def test_what_comes_in_at_the_limits_comes_in() -> None:
    deep = b"<a>" * (budgets.MAX_DEPTH - 1) + b"</a>" * (budgets.MAX_DEPTH - 1)
    xml = b"<workbook>" + deep + b"</workbook>"
    assert package.parse_xml(xml).tag == "workbook"
    with pytest.raises(Refused, match="嵌套"):
        package.parse_xml(b"<a>" + xml + b"</a>")


# The archive

SHEET = small()["xl/a.xml"]
NOISE = random.Random(1).randbytes(400_000)  # as much as a ratio below the budget takes
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a flat bomb": (lambda: with_part("xl/b.xml", bytes(60 << 20)), "unsafe-package"),
    "a bomb over the size of a part": (lambda: with_part("xl/b.xml", bytes(70 << 20)), "too-large"),
    "parts over the size of all": (
        lambda: archive([*entries(), *(Entry(b"xl/%d.bin" % n, NOISE, size=60 << 20) for n in range(3))]),
        "too-large",
    ),
    "a size below what inflates": (
        lambda: archive(entries(content=SHEET + bytes(50 << 20), size=len(SHEET))),
        "damaged",
    ),
    "a size above what inflates": (lambda: archive(entries(size=len(SHEET) + 1)), "damaged"),
    "a stored part of another size": (lambda: archive(entries(method=0, size=len(SHEET) - 1)), "damaged"),
    "a size above the budget": (lambda: archive(entries(size=0xFFFF_FFF0)), "too-large"),
    "a size in the header other than in the directory": (lambda: archive(entries(local_size=1)), "unsafe-package"),
    "a name in the header other than in the directory": (
        lambda: archive(entries(local_name=b"xl/c.xml")),
        "unsafe-package",
    ),
    "two names for one entry": (
        lambda: archive([*entries(), replace(entries()[0], name=b"xl/twin.xml", at=0)]),
        "unsafe-package",
    ),
    "an entry within another": (lambda: archive([*entries(), Entry(b"xl/twin.xml", at=40)]), "unsafe-package"),
    "an entry past the end": (lambda: archive(entries(at=1 << 30)), "unsafe-package"),
    "a gap between entries": (lambda: archive(entries(gap=b"PK\3\4hidden")), "unsafe-package"),
    "a gap before the directory": (lambda: archive(entries(), gap=b"hidden"), "unsafe-package"),
    "another directory in the comment": (lambda: archive(entries(), comment=archive(entries())), "unsafe-package"),
    "something after the end": (lambda: archive(entries()) + b"\0", "damaged"),
    "100,000 entries": (lambda: zipped({str(n): b"" for n in range(100_000)}), "unsafe-package"),
    "60,000 entries": (lambda: zipped({str(n): b"" for n in range(60_000)}), "too-large"),
    "a part twice": (lambda: archive([*entries(), Entry(b"xl/a.xml", SHEET)]), "ambiguous"),
    "a part twice but for case": (lambda: with_part("XL/A.xml", SHEET), "ambiguous"),
    "a folder named as a part": (lambda: with_part("xl/a.xml/"), "ambiguous"),
    "an encrypted entry": (lambda: archive(entries(flags=0x801)), "encrypted"),
    "a strange compression": (lambda: archive(entries(method=12)), "unsafe-package"),
    "a wrong checksum": (lambda: archive(entries(crc=1)), "damaged"),
    "a deflated part that is none": (
        lambda: archive(entries(method=0)).replace(b"\0\0\0\0!\0", b"\x08\0\0\0!\0"),
        "damaged",
    ),
    "no entries": (lambda: zipped({}), "not-a-workbook"),
    "a zip in a zip in a zip": (
        lambda: zipped({"a.zip": zipped({"a.zip": zipped({"a": bytes(1 << 20)})})}),
        "not-a-workbook",
    ),
} | {
    f"a part named {name!r}": (lambda name=name: with_part(name), "unsafe-package")  # type: ignore[misc]
    for name in (
        *("../a.xml", "xl/../../a.xml", "..", ".", "xl/./a2.xml", "/etc/passwd", "//host/a", "xl//a2.xml"),
        *("xl\\a2.xml", "..\\a.xml", "C:a.xml", "c:/a.xml", "xl/a\0.xml", ""),
    )
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_with_this_is_refused_by_its_code_in_little_time_and_memory(name: str) -> None:
    make, code = ARCHIVES[name]
    content = make()
    begun = time.perf_counter()
    tracemalloc.start()
    try:
        assert code_of(lambda: unpack(content)) == code
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 << 20
    assert time.perf_counter() - begun < 1


def test_a_bomb_within_a_part_is_never_unpacked() -> None:
    bomb = zipped({"zeros": bytes(200 << 20)})
    tracemalloc.start()
    try:
        assert unpack(with_part("xl/embeddings/bomb.zip", bomb))["xl/embeddings/bomb.zip"] == bomb
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_a_workbook_cut_off_anywhere_is_damaged() -> None:
    content = shipped()
    places = [*range(2, 40), *random.Random(1).sample(range(40, len(content)), 150), len(content) - 1]
    assert {code_of(lambda place=place: unpack(content[:place])) for place in places} == {"damaged"}  # type: ignore[misc]


def test_a_workbook_with_a_wrong_byte_is_refused_or_reads_the_same() -> None:
    content, expected, chance = shipped(), unpack(shipped()), random.Random(2)
    codes = set()
    for _ in range(400):
        spoilt = bytearray(content)
        spoilt[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        try:
            assert unpack(bytes(spoilt)) == expected
        except Refused as refused:
            codes.add(refused.code)
    assert "damaged" in codes
    assert codes <= {"damaged", "unsafe-package", "ambiguous", "not-a-workbook", "encrypted", "too-large"}


@pytest.mark.parametrize(
    ("budget", "value"),
    [
        ("MAX_FILE_BYTES", 100),
        ("MAX_PARTS", 7),
        ("MAX_DIRECTORY_BYTES", 100),
        ("MAX_PART_BYTES", 100),
        ("MAX_BYTES_IN_ALL", 1000),
        ("MAX_XML_BYTES", 1000),
        ("MAX_MARKS", 20),
        ("MAX_TREE_BYTES", 100),
        ("MAX_TREE_MARKS", 5),
        ("MAX_SHEETS", 1),
        ("MAX_NAMES", 1),
        ("MAX_STRINGS", 0),
        ("MAX_TEXT", 1),
    ],
)
def test_over_each_budget_a_file_is_too_large(monkeypatch: pytest.MonkeyPatch, budget: str, value: int) -> None:
    names = "".join(f'<definedName name="n{n}">封面!$A$1</definedName>' for n in range(2))
    content = zipped(small() | {"xl/book.xml": workbook(f"<definedNames>{names}</definedNames>")})
    everything(content)
    monkeypatch.setattr(budgets, budget, value)
    assert code_of(lambda: everything(content)) == "too-large"


# XML

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


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "_rels/.rels", "xl/book.xml", "xl/sharedStrings.xml", "xl/a.xml"]
)
@pytest.mark.parametrize("name", DOCTYPES)
def test_a_doctype_is_refused_however_it_is_written_and_wherever_it_stands(name: str, part: str) -> None:
    assert code_of(lambda: unpack(zipped(small() | {part: DOCTYPES[name]}))) == "unsafe-xml"


@pytest.mark.parametrize("name", DOCTYPES)
def test_the_parser_of_small_parts_refuses_a_doctype_by_itself(name: str) -> None:
    assert code_of(lambda: package.parse_xml(DOCTYPES[name])) == "unsafe-xml"


@pytest.mark.parametrize("name", [name for name in DOCTYPES if not name.startswith(("UTF", "EBC"))])
def test_the_reader_of_shared_strings_refuses_a_doctype_by_itself(name: str) -> None:
    parts = small() | {"xl/sharedStrings.xml": DOCTYPES[name]}
    assert code_of(lambda: shared_strings(parts)) == "unsafe-xml"


def test_a_doctype_spoken_of_in_a_comment_or_a_text_is_none() -> None:
    xml = b'<?xml version="1.0"?><!-- <!DOCTYPE a> --><a>&lt;!DOCTYPE<![CDATA[<!DOCTYPE a>]]></a>'
    assert package.parse_xml(xml).text == "<!DOCTYPE<!DOCTYPE a>"


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels", "xl/book.xml", "xl/_rels/book.xml.rels"])
@pytest.mark.parametrize("depth", [65, 200_000])
def test_xml_that_is_too_deep_is_refused(part: str, depth: int) -> None:
    deep = b"<a>" * depth + b"</a>" * depth
    assert code_of(lambda: everything(zipped(small() | {part: deep}))) == "unsafe-xml"


@pytest.mark.parametrize("depth", [65, 200_000])
def test_shared_strings_that_are_too_deep_are_refused(depth: int) -> None:
    parts = small() | {"xl/sharedStrings.xml": b"<sst>" + b"<si>" * depth + b"</si>" * depth + b"</sst>"}
    assert code_of(lambda: shared_strings(parts)) == "unsafe-xml"


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "_rels/.rels", "xl/book.xml", "xl/_rels/book.xml.rels", "xl/sharedStrings.xml"]
)
@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"\x00\x01",
        b"<a/><a/>",
        "<a>\ud800</a>".encode("utf-8", "surrogatepass"),
        b"<a>&nbsp;</a>",
    ],
)
def test_a_part_that_is_no_xml_makes_the_file_damaged(part: str, xml: bytes) -> None:
    assert code_of(lambda: everything(zipped(small() | {part: xml}))) in ("damaged", "unsafe-xml")


def test_what_power_query_keeps_in_utf_16_does_not_make_a_workbook_unsafe() -> None:
    mashup = '<?xml version="1.0" encoding="utf-16"?><DataMashup/>'.encode("utf-16")
    content = zipped(small() | {"customXml/item1.xml": mashup, "xl/model/item.data": "<x/>".encode("utf-16")})
    assert everything(content)


def test_a_sheet_in_utf_16_is_refused_wherever_it_stands() -> None:
    parts = small() | {"customXml/item1.xml": "<worksheet/>".encode("utf-16")}
    parts["xl/_rels/book.xml.rels"] = parts["xl/_rels/book.xml.rels"].replace(b'"a.xml"', b'"../customXml/item1.xml"')
    del parts["xl/a.xml"]
    assert code_of(lambda: everything(zipped(parts))) == "unsafe-xml"


# What a file is


def typed(main: str) -> bytes:
    return zipped(small() | {"[Content_Types].xml": content_types(("xl/book.xml", main))})


OTHERS: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "empty-file", ""),
    "zeros": (bytes(4096), "damaged", "零"),
    "an encrypted workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
        "",
    ),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "Workbook".encode("utf-16-le"),
        "old-format",
        ".xls",
    ),
    "an old document": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016) + "WordDocument".encode("utf-16-le"),
        "not-a-workbook",
        "Word",
    ),
    "XML of 2003": (
        b'<?xml version="1.0"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n'
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "old-format",
        "2003",
    ),
    "a web page": (b"\xef\xbb\xbf\r\n<!DOCTYPE html><html><table>", "not-a-workbook", "网页"),
    "a web page as Excel saves one": (
        b'<html xmlns:x="urn:schemas-microsoft-com:office:excel">',
        "not-a-workbook",
        "网页",
    ),
    "a bare table": (b"<table><tr><td>1</td></tr></table>", "not-a-workbook", "网页"),
    "a web archive": (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "not-a-workbook", "网页"),
    "other XML": (b"<?xml version='1.0'?><a/>", "not-a-workbook", "XML"),
    "CSV in UTF-8": ("单位,得分\n中心血站,398\n".encode("utf-8-sig"), "not-a-workbook", "CSV"),
    "CSV in GB18030": ("单位,得分\n中心血站,398\n".encode("gb18030"), "not-a-workbook", "CSV"),
    "text in UTF-16": ("单位\t得分\n".encode("utf-16"), "not-a-workbook", "CSV"),
    "CSV cut within a character": (
        ("单位" * 3000).encode()[1:-1].replace(b"\x95", b"\x95", 1)[2:],
        "not-a-workbook",
        "CSV",
    ),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "not-a-workbook", "PDF"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0", "not-a-workbook", "图片"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", "not-a-workbook", "图片"),
    "RAR": (b"Rar!\x1a\7\1\0", "not-a-workbook", "RAR"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0", "not-a-workbook", "7z"),
    "a program": (b"MZ\x90\0\3\0\0\0", "not-a-workbook", "无法识别"),
    "a program before a workbook": (b"MZ\x90\0\3\0\0\0" + zipped(small()), "not-a-workbook", "无法识别"),
    "PK and no more": (b"PK\3\4", "damaged", "不完整"),
    "a Word document": (
        typed("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
        "not-a-workbook",
        "Word",
    ),
    "a presentation": (
        typed("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"),
        "not-a-workbook",
        "演示",
    ),
    "a binary workbook": (typed("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), "not-a-workbook", "xlsb"),
    "a package of something": (typed("application/octet-stream"), "damaged", "工作簿"),
    "an OpenDocument spreadsheet": (
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}),
        "not-a-workbook",
        ".ods",
    ),
    "an OpenDocument text": (
        zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}),
        "not-a-workbook",
        "OpenDocument",
    ),
    "an OFD": (zipped({"OFD.xml": b"<a/>"}), "not-a-workbook", "OFD"),
    "a zip of pictures": (zipped({"1.jpg": bytes(9)}), "not-a-workbook", "ZIP"),
    "a workbook without content types": (
        zipped({name: part for name, part in small().items() if name != "[Content_Types].xml"}),
        "damaged",
        "Content_Types",
    ),
    "a workbook without a workbook": (zipped(small() | {"_rels/.rels": relationships()}), "damaged", "工作簿"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_file_is_called_by_its_name(name: str) -> None:
    content, code, word = OTHERS[name]
    with pytest.raises(Refused) as refused:
        unpack(content)
    assert refused.value.code == code
    assert word in refused.value.why
    assert bool(word) == bool(refused.value.why)


def test_a_refusal_comes_back_from_a_worker_process() -> None:
    back = pickle.loads(pickle.dumps(Refused("damaged", "不完整")))
    assert (back.code, back.why, str(back), str(Refused("encrypted"))) == ("damaged", "不完整", "不完整", "encrypted")


# The workbook


def test_the_workbook_part_says_which_sheets_there_are_and_how_to_calculate() -> None:
    names = (
        '<definedName name="total">封面!$A$1</definedName>'
        '<definedName name="total" localSheetId="1" hidden="1">数据!$B$2</definedName>'
        '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="true">封面!$A$1:$B$9</definedName>'
    )
    xml = workbook(f'<definedNames>{names}</definedNames><calcPr calcMode="manual" iterate="1"/>').replace(
        b"<sheets>", b'<workbookPr date1904="1"/><sheets>'
    )
    found = book(small() | {"xl/book.xml": xml})
    assert [(name, sheet.part, sheet.state, sheet.kind) for name, sheet in found.sheets.items()] == [
        ("封面", "xl/a.xml", "visible", "worksheet"),
        ("数据", "xl/其他/b.xml", "veryHidden", "worksheet"),
    ]
    assert found.date1904
    assert found.calculation == {"calcMode": "manual", "iterate": "1"}
    assert [(name.name, name.refers_to, name.local, name.hidden) for name in found.names] == [
        ("total", "封面!$A$1", False, False),
        ("total", "数据!$B$2", True, True),
        ("_xlnm._FilterDatabase", "封面!$A$1:$B$9", True, True),
    ]
    assert not found.strict


def test_a_plain_workbook_counts_from_1900_and_says_nothing_of_calculation() -> None:
    found = book(small())
    assert (found.date1904, found.calculation, found.names, found.strict) == (False, {}, [], False)


def test_chart_sheets_are_tabs_but_no_sheets_to_read() -> None:
    parts = small()
    parts["xl/_rels/book.xml.rels"] = parts["xl/_rels/book.xml.rels"].replace(b"worksheet", b"chartsheet", 1)
    parts["[Content_Types].xml"] = content_types(("xl/book.xml", BOOK_TYPE))
    assert [sheet.kind for sheet in book(parts).sheets.values()] == ["chartsheet", "worksheet"]
    assert package.sheet_parts(parts) == {"数据": "xl/其他/b.xml"}


def test_a_strict_workbook_reads_as_the_transitional_one() -> None:
    parts = unpack(shipped())
    strict = {
        name: part.replace(MAIN.encode(), STRICT_MAIN.encode())
        .replace(OFFICE.encode(), STRICT_OFFICE.encode())
        .replace(b"<workbook ", b'<workbook conformance="strict" ', 1)
        for name, part in parts.items()
    }
    assert sum(strict[name] != part for name, part in parts.items()) > 10
    strict = unpack(zipped(strict))
    found, expected = book(strict), book(parts)
    assert found.strict
    assert replace(found, strict=False) == expected
    assert shared_strings(strict) == shared_strings(parts)
    for sheet in expected.sheets.values():
        assert read_worksheet(strict[sheet.part]).cells == read_worksheet(parts[sheet.part]).cells


def test_a_prefix_of_the_workbook_does_not_matter() -> None:
    prefixed = re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", workbook()).replace(b"xmlns=", b"xmlns:x=")
    assert book(small() | {"xl/book.xml": prefixed}) == book(small())


BOOK_RELS = small()["xl/_rels/book.xml.rels"]


def rels(old: str, new: str) -> dict[str, bytes]:
    assert old.encode() in BOOK_RELS
    return {"xl/_rels/book.xml.rels": BOOK_RELS.replace(old.encode(), new.encode())}


def sheets(first: str, second: str) -> dict[str, bytes]:
    return {"xl/book.xml": workbook(sheets=f'<sheet sheetId="1" {first}/><sheet sheetId="2" {second}/>')}


BOOKS: dict[str, tuple[dict[str, bytes], str]] = {
    "two relationships of one id": (rels('Id="rId2"', 'Id="rId1"'), "ambiguous"),
    "two workbooks": (
        {
            "_rels/.rels": relationships(("a", "officeDocument", "xl/book.xml"), ("b", "officeDocument", "xl/b.xml")),
            "xl/b.xml": workbook(),
        },
        "ambiguous",
    ),
    "a workbook of each kind": (
        {
            "_rels/.rels": relationships(
                ("a", "officeDocument", "xl/book.xml"), ("b", f"{STRICT_OFFICE}/officeDocument", "xl/b.xml")
            ),
            "xl/b.xml": workbook(),
        },
        "ambiguous",
    ),
    "two shared strings": (
        rels('Id="rId3"', 'Id="x" Type="a:/sharedStrings" Target="b.xml"/><Relationship Id="rId3"'),
        "ambiguous",
    ),
    "two sheets of one name": (sheets('name="汇总" r:id="rId1"', 'name="汇总" r:id="rId2"'), "ambiguous"),
    "two sheets of one name but for case": (
        sheets('name="Total" r:id="rId1"', 'name="TOTAL" r:id="rId2"'),
        "ambiguous",
    ),
    "two sheets of one relationship": (sheets('name="a" r:id="rId1"', 'name="b" r:id="rId1"'), "ambiguous"),
    "two sheets of one part": (rels('"/xl/其他/b.xml"', '"a.xml"'), "ambiguous"),
    "sheets among alternatives": (
        {"xl/book.xml": workbook(sheets='<mc:AlternateContent xmlns:mc="urn:mc"/><sheet name="a" r:id="rId1"/>')},
        "ambiguous",
    ),
    "two lists of sheets": ({"xl/book.xml": workbook("<sheets/>")}, "ambiguous"),
    "two ways to calculate": ({"xl/book.xml": workbook("<calcPr/><calcPr/>")}, "ambiguous"),
    "two names of one scope": (
        {
            "xl/book.xml": workbook(
                '<definedNames><definedName name="a">1</definedName><definedName name="A">2</definedName></definedNames>'
            )
        },
        "ambiguous",
    ),
    "two types of one part": (
        {"[Content_Types].xml": content_types(("xl/book.xml", BOOK_TYPE), ("XL/book.xml", SHEET_TYPE))},
        "ambiguous",
    ),
    "a target that differs in case": (rels('"a.xml"', '"A.xml"'), "ambiguous"),
    "a decoy in the usual place": ({"xl/worksheets/sheet1.xml": SHEET}, "ambiguous"),
    "a decoy by its type": (
        {
            "xl/decoy.xml": SHEET,
            "[Content_Types].xml": content_types(("xl/book.xml", BOOK_TYPE), ("xl/decoy.xml", SHEET_TYPE)),
        },
        "ambiguous",
    ),
    "a sheet of no relationship": (sheets('name="a" r:id="rId1"', 'name="b" r:id="rId9"'), "damaged"),
    "a sheet of no id": (sheets('name="a" r:id="rId1"', 'name="b" id="rId2"'), "damaged"),
    "a sheet of no name": (sheets('name="a" r:id="rId1"', 'r:id="rId2"'), "damaged"),
    "a sheet in an unknown state": (sheets('name="a" r:id="rId1"', 'name="b" state="gone" r:id="rId2"'), "damaged"),
    "a sheet outside": (rels('Target="a.xml"', 'Target="file:///etc/passwd" TargetMode="External"'), "damaged"),
    "a sheet that is not there": (rels('"a.xml"', '"missing.xml"'), "damaged"),
    "a sheet that is something else": (
        rels('"rId1" Type="' + OFFICE + "/worksheet", '"rId1" Type="' + OFFICE + "/image"),
        "damaged",
    ),
    "no relationships": ({"xl/_rels/book.xml.rels": relationships()}, "damaged"),
    "relationships of another make": ({"xl/_rels/book.xml.rels": b"<a><b/></a>"}, "damaged"),
    "no sheets": ({"xl/book.xml": f'<workbook xmlns="{MAIN}"/>'.encode()}, "damaged"),
    "another root": ({"xl/book.xml": f'<document xmlns="{MAIN}"/>'.encode()}, "damaged"),
    "a namespace nobody knows": ({"xl/book.xml": workbook().replace(b"2006/main", b"2007/main")}, "damaged"),
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_workbook_that_could_be_read_in_two_ways_or_none_is_refused(name: str) -> None:
    changed, code = BOOKS[name]
    assert code_of(lambda: everything(zipped(small() | changed))) == code


def test_targets_resolve_against_the_folder_of_their_part() -> None:
    parts = {
        "xl/worksheets/_rels/s.xml.rels": relationships(
            ("a", "drawing", "../drawings/d.xml"), ("b", "comments", "/xl/c.xml"), ("c", "image", "../../../../d.png")
        ).replace(
            b"</R", b'<Relationship Id="d" Type="x/hyperlink" Target="http://a/../b" TargetMode="External"/></R'
        )
    }
    found = related(parts, "xl/worksheets/s.xml")
    assert {id: (relation.kind, relation.target, relation.external) for id, relation in found.items()} == {
        "a": ("drawing", "xl/drawings/d.xml", False),
        "b": ("comments", "xl/c.xml", False),
        "c": ("image", "d.png", False),
        "d": ("hyperlink", "http://a/../b", True),
    }
    assert related(parts, "xl/worksheets/t.xml") == {}


# Texts


def strings(inside: str, attributes: str = "", prefix: str = "") -> list[str]:
    space = f'xmlns:{prefix.rstrip(":")}="{MAIN}"' if prefix else f'xmlns="{MAIN}"'
    xml = f"<{prefix}sst {space} {attributes}>{inside}</{prefix}sst>".encode()
    return shared_strings(small() | {"xl/sharedStrings.xml": xml})


def test_shared_strings_join_their_runs_and_leave_phonetic_guides_out() -> None:
    assert strings(
        "<si><t>总分</t></si>\n<si/><si><t/></si><si><t xml:space='preserve'> a\r\nb </t></si>"
        "<si><r><rPr><b/></rPr><t>甲</t></r>\n<r><t>乙</t></r></si>"
        "<si><t>課</t><rPh sb='0' eb='1'><t>か</t></rPh><phoneticPr/></si>"
        "<si><t>&lt;&amp;&#x1F600;<![CDATA[<b>]]><!-- no -->!</t></si>"
        "<extLst><si><t>no</t></si></extLst>"
    ) == ["总分", "", "", " a\nb ", "甲乙", "課", "<&😀<b>!"]


def test_texts_of_another_namespace_are_none() -> None:
    assert strings("<si><t>a</t><t xmlns='urn:x'>b</t><r xmlns='urn:x'><t>c</t></r></si><si xmlns='urn:x'/>") == ["a"]


def test_a_prefix_of_the_shared_strings_does_not_matter() -> None:
    assert strings("<x:si><x:t>a</x:t></x:si>", prefix="x:") == ["a"]


def test_the_count_that_shared_strings_claim_is_not_believed() -> None:
    tracemalloc.start()
    try:
        assert strings("<si><t>a</t></si>", 'count="999999999999" uniqueCount="4294967295"') == ["a"]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_workbook_without_shared_strings_has_none_and_one_that_lost_them_is_damaged() -> None:
    assert shared_strings(small() | rels("sharedStrings", "other")) == []
    parts = small()
    del parts["xl/sharedStrings.xml"]
    assert code_of(lambda: shared_strings(parts)) == "damaged"


# By hand from ECMA-376 part 1, 22.4.2.4 (bstr)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a_x000D_b", "a\rb"),
        ("_x005F_x000D_", "_x000D_"),
        ("_x005f__x0041_", "_A"),
        ("_x41_ _x00412_ _X0041_ x0041_ _x004G_", "_x41_ _x00412_ _X0041_ x0041_ _x004G_"),
        ("_xD83D__xDE00_", "😀"),
        ("_xD83D_", "\ufffd"),
        ("汇_x", "汇_x"),
    ],
)
def test_escapes_in_texts_are_read_as_excel_reads_them(written: str, meant: str) -> None:
    assert unescape(written) == meant
    assert strings(f"<si><t>{written}</t></si>") == [meant]


# What would be followed or run

LINK = f'<externalLink xmlns="{MAIN}">'.encode()
FOREIGN: dict[str, tuple[str, bytes, str]] = {
    "macros": ("http://schemas.microsoft.com/office/2006/relationships/vbaProject", b"\xd0\xcf", "宏（VBA）"),
    "a macro sheet": (
        "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
        b"<a/>",
        "宏表（Excel 4.0 宏）",
    ),
    "another workbook": (f"{OFFICE}/externalLink", LINK + b"<externalBook/></externalLink>", "对外部工作簿的引用"),
    "DDE": (f"{OFFICE}/externalLink", LINK + b'<ddeLink ddeService="cmd"/></externalLink>', "DDE 链接"),
    "an OLE link": (f"{OFFICE}/externalLink", LINK + b"<oleLink/></externalLink>", "OLE 链接"),
    "an OLE object": (f"{OFFICE}/oleObject", b"\xd0\xcf", "OLE 对象"),
    "an embedded file": (f"{OFFICE}/package", b"PK", "嵌入的文件"),
    "ActiveX": (f"{OFFICE}/control", b"<a/>", "ActiveX 控件"),
    "a connection": (f"{OFFICE}/connections", b"<a/>", "外部数据连接"),
    "a strict connection": (f"{STRICT_OFFICE}/connections", b"<a/>", "外部数据连接"),
    "a query": (f"{OFFICE}/queryTable", b"<a/>", "外部数据查询"),
    "real-time data": (f"{OFFICE}/volatileDependencies", b"<a/>", "实时数据（RTD）"),
    "a web extension": (
        "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes",
        b"<a/>",
        "网页加载项",
    ),
    "a ribbon": ("http://schemas.microsoft.com/office/2007/relationships/ui/extensibility", b"<a/>", "自定义功能区"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_would_be_followed_or_run_is_named_once(name: str) -> None:
    kind, content, phrase = FOREIGN[name]
    parts = small() | {
        "xl/thing.bin": content,
        "xl/_rels/a.xml.rels": relationships(("a", kind, "thing.bin"), ("b", kind, "thing.bin")),
    }
    assert foreign(unpack(zipped(parts))) == [phrase]


@pytest.mark.parametrize(
    ("name", "refers_to", "phrases"),
    [
        ("_xlnm.Auto_Open", "封面!$A$1", ["自动运行的宏名称"]),
        ("AUTO_CLOSE", "封面!$A$1", ["自动运行的宏名称"]),
        ("x", "cmd|'/C calc'!A0", ["DDE 链接"]),
        ("x", "\"a|b\"&amp;'甲|乙'!$A$1", []),
        ("auto_opened", "封面!$A$1", []),
    ],
)
def test_names_that_run_something_are_named(name: str, refers_to: str, phrases: list[str]) -> None:
    names = f'<definedNames><definedName name="{name}">{refers_to}</definedName></definedNames>'
    assert foreign(small() | {"xl/book.xml": workbook(names)}) == phrases


def test_a_picture_that_would_be_fetched_is_named_but_not_a_hyperlink() -> None:
    def linked(kind: str) -> dict[str, bytes]:
        row = f'<Relationship Id="a" Type="{OFFICE}/{kind}" Target="http://127.0.0.1:9/x" TargetMode="External"/>'
        return small() | {"xl/_rels/a.xml.rels": relationships().replace(b"</R", row.encode() + b"</R")}

    assert foreign(linked("image")) == ["指向外部文件的链接"]
    assert foreign(linked("hyperlink")) == []


def test_what_excel_and_wps_leave_behind_is_harmless() -> None:
    wps = "http://www.wps.cn/officeDocument/2020/cellImage"
    parts = small() | {
        "xl/cellimages.xml": b"<a/>",
        "customXml/item1.xml": b"<a/>",
        "docMetadata/LabelInfo.xml": b"<a/>",
        "xl/printerSettings/printerSettings1.bin": "HP".encode("utf-16-le"),
        "docProps/custom.xml": b"<Properties><property name='KSOProductBuildVer'/></Properties>",
        "xl/_rels/a.xml.rels": relationships(
            ("a", "printerSettings", "printerSettings/printerSettings1.bin"),
            ("b", wps, "cellimages.xml"),
            ("c", "customXml", "../customXml/item1.xml"),
            (
                "d",
                "http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels",
                "../docMetadata/LabelInfo.xml",
            ),
            ("e", "custom-properties", "../docProps/custom.xml"),
        ),
    }
    assert foreign(unpack(zipped(parts))) == []
    assert foreign(unpack(shipped())) == []
