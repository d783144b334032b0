"""What is done to the file itself: its archive, its XML, its kind, and readings that differ between programs."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence

from hostile_book import (
    BOOK_RELS,
    CONTENT_TYPES,
    ENTRY,
    HEAD,
    META,
    STYLES,
    SUMMARY,
    TEXTS,
    WORKBOOK,
    Book,
    Kind,
    accept,
    flag,
    reject,
    unscored,
)
from hostile_sheets import add_sheet
from zips import zipped

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

# --- archives by hand: what zipfile does not write


def entry(name: str, content: bytes, offset: int, size: int | None = None, local: str = "") -> tuple[bytes, bytes]:
    """A deflated entry's local record and its line in the directory; `size` is what it claims, `local` its other name."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = compressor.compress(content) + compressor.flush()
    said = len(content) if size is None else size
    common = struct.pack("<HHHHHIII", 20, 0x800, 8, 0, 33, zlib.crc32(content), len(data), said)
    inner, outer = (local or name).encode(), name.encode()
    record = _LOCAL + common + struct.pack("<HH", len(inner), 0) + inner + data
    line = _CENTRAL + struct.pack("<H", 20) + common + struct.pack("<HHHHHII", len(outer), 0, 0, 0, 0, 0, offset)
    return record, line + outer


def directory(lines: Sequence[bytes], offset: int) -> bytes:
    """The directory of an archive and its end."""
    body = b"".join(lines)
    count = min(len(lines), 0xFFFF)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(body), offset, 0)
    if len(lines) <= 0xFFFF:
        return body + _END + end
    large = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(lines), len(lines), len(body), offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset + len(body), 1)
    return body + large + locator + _END + end


def _with(book: Book, name: str, content: bytes, size: int | None = None, local: str = "") -> bytes:
    """The workbook with one more entry, written by hand."""
    records, lines, offset = [], [], 0
    for part, data in [*book.parts.items(), (name, content)]:
        last = part == name and data is content
        record, line = entry(part, data, offset, size if last else None, local if last else "")
        records.append(record)
        lines.append(line)
        offset += len(record)
    return b"".join(records) + directory(lines, offset)


def _overlapping(book: Book) -> bytes:
    """A thousand entries that share one megabyte of zeros."""
    records, lines, offset = [], [], 0
    for part, data in book.parts.items():
        record, line = entry(part, data, offset)
        records.append(record)
        lines.append(line)
        offset += len(record)
    kernel, _ = entry("xl/media/0000.bin", bytes(1 << 20), offset)
    line = entry("xl/media/0000.bin", bytes(1 << 20), offset)[1]
    lines += [line.replace(b"0000", b"%04d" % number) for number in range(1000)]
    return b"".join([*records, kernel]) + directory(lines, offset + len(kernel))


def _many_parts(book: Book) -> bytes:
    records, lines, offset = [], [], 0
    for part, data in [*book.parts.items(), *((f"xl/media/{number}", b"") for number in range(100_000))]:
        record, line = entry(part, data, offset)
        records.append(record)
        lines.append(line)
        offset += len(record)
    return b"".join(records) + directory(lines, offset)


def _bomb(book: Book, part: str) -> bytes:
    """A part that inflates to 300 MB of blanks, behind what it holds."""
    parts = dict(book.parts)
    blanks = b" " * 300_000_000
    parts[part] = parts.get(part, b"") + blanks
    return zipped(parts)


def _damaged_crc(book: Book) -> bytes:
    package = bytearray(bytes(book))
    at = package.find(_LOCAL) + 14
    package[at] ^= 0xFF
    directory_at = package.find(_CENTRAL) + 16
    package[directory_at] ^= 0xFF
    return bytes(package)


def _flipped(book: Book) -> bytes:
    """One byte in the middle of the largest part is another."""
    package = bytearray(bytes(book))
    at = package.find(book.sheet(ENTRY).encode()) + 2000
    package[at] ^= 0xFF
    return bytes(package)


def _duplicate_part(book: Book) -> bytes:
    part = book.sheet(ENTRY)
    return _with(book, part, book.parts[part].replace(b"<v>13</v>", b"<v>14</v>"))


def _zip_password(book: Book) -> bytes:
    package = bytearray(bytes(book))
    for signature, shift in ((_LOCAL, 6), (_CENTRAL, 8)):
        for found in re.finditer(re.escape(signature), bytes(package)):
            package[found.start() + shift] |= 1
    return bytes(package)


BOTH = ("ambiguous", "damaged")
SAFE_ZIP = ("unsafe-package", "too-large")
ARCHIVES = [
    Kind("truncated", "the second half is missing", reject("damaged"), lambda b: bytes(b)[: len(bytes(b)) // 2]),
    Kind("truncated-end", "the last ten bytes are missing", reject("damaged"), lambda b: bytes(b)[:-10]),
    Kind("bad-crc", "a check sum is wrong", reject("damaged"), _damaged_crc),
    Kind("flipped", "a byte of a part is another", reject("damaged"), _flipped),
    Kind(
        "zip-bomb",
        "a part no relation leads to inflates to 300 MB",
        reject(*SAFE_ZIP),
        lambda b: _bomb(b, "xl/media/a.bin"),
        heavy=True,
    ),
    Kind(
        "zip-bomb-sheet",
        "数据填报 inflates to 300 MB",
        reject(*SAFE_ZIP),
        lambda b: _bomb(b, b.sheet(ENTRY)),
        heavy=True,
    ),
    Kind("overlapping", "a thousand entries share their bytes", reject(*SAFE_ZIP), _overlapping, heavy=True),
    Kind(
        "lying-size",
        "an entry says that it is 10 bytes and inflates to 100 MB",
        reject("unsafe-package", "damaged", "too-large"),
        lambda b: _with(b, "xl/media/a.bin", bytes(100_000_000), 10),
        heavy=True,
    ),
    Kind(
        "lying-size-large",
        "an entry says that it is 4 GB",
        reject("unsafe-package", "damaged", "too-large"),
        lambda b: _with(b, "xl/media/a.bin", b"x", 0xFFFFFFF0),
        heavy=True,
    ),
    Kind("many-parts", "100,000 parts", reject(*SAFE_ZIP), _many_parts, heavy=True),
    Kind(
        "path-up",
        "a part is named ../../evil.xml",
        reject("unsafe-package"),
        lambda b: _with(b, "../../evil.xml", b"x"),
    ),
    Kind(
        "path-up-within",
        "a part is named xl/../../evil.xml",
        reject("unsafe-package"),
        lambda b: _with(b, "xl/../../evil.xml", b"x"),
    ),
    Kind("path-absolute", "a part is named /etc/x", reject("unsafe-package"), lambda b: _with(b, "/etc/x", b"x")),
    Kind("path-windows", "a part is named C:\\x", reject("unsafe-package"), lambda b: _with(b, "C:\\x", b"x")),
    Kind(
        "path-backslash-up",
        "a part is named ..\\..\\x",
        reject("unsafe-package"),
        lambda b: _with(b, "..\\..\\x", b"x"),
    ),
    Kind(
        "two-archives",
        "an archive stands before the archive: some programs read the first, some the last",
        reject("unsafe-package", "ambiguous", "damaged"),
        lambda b: bytes(Book("blood-full")) + bytes(b),
    ),
    Kind(
        "program-before",
        "a program stands before the archive",
        reject("unsafe-package", "not-a-workbook", "damaged", "ambiguous"),
        lambda b: b"MZ" + bytes(4096) + bytes(b),
    ),
    Kind(
        "two-names",
        "an entry has one name in the directory and another before its bytes",
        reject("unsafe-package", "ambiguous", "damaged"),
        lambda b: _with(b, "xl/media/a.bin", b"x", local="xl/media/b.bin"),
    ),
    Kind(
        "zip-password", "the entries are encrypted", reject("encrypted", "unsafe-package", "damaged"), _zip_password
    ),
    Kind(
        "odd-compression",
        "the entries are compressed by a method that no office program reads",
        reject("unsafe-package", "damaged"),
        lambda b: zipped(b.parts, zipfile.ZIP_LZMA),
    ),
    Kind("stored", "nothing is compressed", accept(), lambda b: zipped(b.parts, zipfile.ZIP_STORED)),
    Kind(
        "folders",
        "the archive has entries for folders",
        accept(),
        lambda b: zipped({"xl/": b"", "xl/worksheets/": b"", **b.parts}),
    ),
    Kind(
        "reordered",
        "the parts stand in the opposite order",
        accept(),
        lambda b: zipped(dict(reversed(b.parts.items()))),
    ),
    Kind(
        "unused-parts",
        "a thumbnail and printer settings",
        accept(),
        lambda b: zipped({**b.parts, "docProps/thumbnail.jpeg": b"\xff\xd8", "xl/printerSettings/p1.bin": bytes(9)}),
    ),
]


# --- XML

_LAUGH = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_BOMB = f'<!DOCTYPE worksheet [<!ENTITY l0 "lol">{_LAUGH}]>'


def _head(book: Book, part: str, declaration: str) -> Book:
    return book.put(part, HEAD + declaration + book.text(part))


def _entity(book: Book) -> Book:
    """A total of 390 by an entity."""
    _head(book, book.sheet(SUMMARY), '<!DOCTYPE x [<!ENTITY t "390">]>')
    return book.on(SUMMARY, r'(<c r="D8".*?<v>)[^<]*', r"\1&t;")


def _encoded(book: Book, encoding: str, declared: str = "") -> Book:
    for part in list(book.parts):
        if part.startswith("xl/") and part.endswith(".xml"):
            text = f'<?xml version="1.0" encoding="{declared or encoding}"?>' + book.text(part)
            book.parts[part] = text.encode(encoding, "xmlcharrefreplace")
    return book


DEPTH = 50_000


def _deep(book: Book, part: str, before: str) -> Book:
    # Names of their own, or the archive would be refused for packing so well.
    names = [f"a{number}" for number in range(DEPTH)]
    opened, closed = "".join(f"<{name}>" for name in names), "".join(f"</{name}>" for name in reversed(names))
    return book.sub(part, before, lambda f: opened + closed + f[0])


XML = [
    Kind(
        "doctype",
        "a sheet has a DOCTYPE",
        reject("unsafe-xml"),
        lambda b: _head(b, b.sheet(ENTRY), '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
    ),
    Kind(
        "doctype-workbook",
        "the workbook part has a DOCTYPE",
        reject("unsafe-xml"),
        lambda b: _head(b, WORKBOOK, "<!DOCTYPE x>"),
    ),
    Kind(
        "doctype-types",
        "the content types have a DOCTYPE",
        reject("unsafe-xml"),
        lambda b: _head(b, CONTENT_TYPES, "<!DOCTYPE x>"),
    ),
    Kind(
        "doctype-styles",
        "the styles have a DOCTYPE",
        reject("unsafe-xml"),
        lambda b: _head(b, STYLES, "<!DOCTYPE x>"),
    ),
    Kind(
        "doctype-utf-16",
        "a DOCTYPE in UTF-16, which a search for its letters does not find",
        reject("unsafe-xml", "damaged"),
        lambda b: b.parts.update(
            {
                b.sheet(META): ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x>' + b.text(b.sheet(META))).encode(
                    "utf-16"
                )
            }
        ),
    ),
    Kind("entity", "the total is an entity", reject("unsafe-xml"), _entity),
    Kind(
        "entity-bomb",
        "a thousand million laughs",
        reject("unsafe-xml"),
        lambda b: _head(b, b.sheet(ENTRY), _BOMB),
        heavy=True,
    ),
    Kind(
        "entity-file",
        "an entity that is a file of this machine",
        reject("unsafe-xml"),
        lambda b: _head(b, TEXTS, '<!DOCTYPE x [<!ENTITY t SYSTEM "file:///etc/passwd">]>').sub(
            TEXTS, "做好群众满意度", "&t;"
        ),
    ),
    Kind(
        "entity-unknown",
        "an entity that nobody declared",
        reject("unsafe-xml", "damaged"),
        lambda b: b.on(ENTRY, "<v>13</v>", "<v>&x;</v>"),
    ),
    Kind(
        "deep-sheet",
        "50,000 elements within each other in a sheet",
        reject("unsafe-xml"),
        lambda b: _deep(b, b.sheet(ENTRY), "</worksheet>"),
        heavy=True,
    ),
    Kind(
        "broken-properties",
        "the document's properties, which nothing here reads, are no XML: Excel wants to repair the file",
        reject("damaged"),
        lambda b: zipped({**b.parts, "docProps/core.xml": b.parts["docProps/core.xml"].replace(b"</", b"<", 1)}),
    ),
    Kind(
        "entity-bomb-in-custom-xml",
        "an item of customXml in UTF-16, as Power Query writes it, holds a DOCTYPE with a billion laughs",
        reject("unsafe-xml"),
        lambda b: zipped({**b.parts, "customXml/item1.xml": f"{_BOMB}<a>&l9;</a>".encode("utf-16")}),
    ),
    Kind(
        "broken-theme",
        "so is the theme",
        reject("damaged"),
        lambda b: zipped({**b.parts, "xl/theme/theme1.xml": b.parts["xl/theme/theme1.xml"] + b"<"}),
    ),
    Kind(
        "deep-styles",
        "the same in the styles",
        reject("unsafe-xml"),
        lambda b: _deep(b, STYLES, "</styleSheet>"),
        heavy=True,
    ),
    Kind(
        "deep-workbook",
        "the same in the workbook part",
        reject("unsafe-xml"),
        lambda b: _deep(b, WORKBOOK, "</workbook>"),
        heavy=True,
    ),
    Kind(
        "prefix-unbound",
        "an attribute's prefix is not declared",
        reject("damaged"),
        lambda b: b.on(SUMMARY, "<pageSetup ", '<pageSetup q:id="x" '),
    ),
    Kind(
        "attribute-twice",
        "an element has an attribute twice",
        reject("damaged"),
        lambda b: b.on(ENTRY, '<c r="E10" ', '<c r="E10" r="E10" '),
    ),
    Kind(
        "row-attribute-twice",
        "a row has two numbers",
        reject(*BOTH),
        lambda b: b.on(ENTRY, '<row r="10" ', '<row r="10" r="11" '),
    ),
    Kind(
        "control-character",
        "a label holds a character that XML does not allow",
        reject("damaged"),
        lambda b: b.sub(TEXTS, "做好群众满意度", "做好\x01群众满意度"),
    ),
    Kind(
        "relations-not-well-formed",
        "the relations of a drawing are cut off",
        reject("damaged"),
        lambda b: b.sub("xl/drawings/_rels/drawing1.xml.rels", "</Relationships>", ""),
    ),
    Kind("not-well-formed", "an element is not closed", reject("damaged"), lambda b: b.on(ENTRY, "</worksheet>", "")),
    Kind(
        "not-utf-8",
        "bytes that are no UTF-8",
        reject("damaged"),
        lambda b: b.parts.update({b.sheet(ENTRY): b.parts[b.sheet(ENTRY)].replace("满".encode(), b"\xff\xfe", 1)}),
    ),
    Kind("empty-part", "a sheet's part is empty", reject("damaged"), lambda b: b.put(b.sheet(ENTRY), "")),
    Kind(
        "part-missing",
        "a sheet's part is missing",
        reject("damaged", "structure"),
        lambda b: b.parts.pop(b.sheet(ENTRY)) and b,
    ),
    Kind(
        "styles-missing",
        "the styles are missing",
        reject("damaged", "structure") | flag("unlocked", "number-format"),
        lambda b: b.parts.pop(STYLES) and b,
    ),
    Kind(
        "types-missing",
        "the content types are missing",
        reject("damaged", "not-a-workbook"),
        lambda b: b.parts.pop(CONTENT_TYPES) and b,
    ),
    Kind(
        "style-number",
        "a cell's style does not exist",
        reject("damaged") | flag("unlocked", "number-format"),
        lambda b: b.on(ENTRY, r'<c r="E10" s="\d+"', '<c r="E10" s="9999"'),
    ),
    Kind(
        "string-number",
        "a shared string does not exist",
        reject("damaged"),
        lambda b: b.write(f"{ENTRY}!E10", "<v>99999</v>", "s"),
    ),
    Kind(
        "bom",
        "parts begin with a byte order mark",
        accept(),
        lambda b: [b.parts.update({p: b"\xef\xbb\xbf" + b.parts[p]}) for p in b.sheets()],
    ),
    Kind("utf-16", "parts are UTF-16", accept() | reject("unsafe-xml", "damaged"), lambda b: _encoded(b, "utf-16")),
    Kind("gbk", "parts are GBK", accept() | reject("unsafe-xml", "damaged"), lambda b: _encoded(b, "gbk")),
]

# --- read in two ways


def _decoy(book: Book) -> Book:
    """The sheet's relation leads to another part, in which 14 measures were carried out; the original is left."""
    part = book.sheet(ENTRY)
    other = "xl/worksheets/sheet33.xml"
    book.add_part(
        other,
        book.text(part).replace("<v>13</v>", "<v>14</v>"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
    )
    relation = book.relation(part)
    return book.sub(
        BOOK_RELS, re.escape(relation), relation.replace(part.removeprefix("xl/"), "worksheets/sheet33.xml")
    )


def _decoy_book(book: Book) -> Book:
    book.add_part(
        "xl/workbook2.xml",
        book.text(WORKBOOK),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    )
    book.put("xl/_rels/workbook2.xml.rels", book.text(BOOK_RELS))
    return book.relate("_rels/.rels", "rId77", "officeDocument", "xl/workbook2.xml")


def _alternate_cell(book: Book) -> Book:
    """14 measures for programs that know an extension, 13 for others."""
    cell = book.cell(f"{ENTRY}!E10")
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    choice = (
        f'<mc:Choice Requires="x14ac">{cell.replace("<v>13<", "<v>14<")}</mc:Choice><mc:Fallback>{cell}</mc:Fallback>'
    )
    return book.element(f"{ENTRY}!E10", f"<mc:AlternateContent {space}>{choice}</mc:AlternateContent>")


def _twice(book: Book, pattern: str) -> Book:
    return book.on(ENTRY, pattern, lambda f: f[0] + f[0].replace("<v>13<", "<v>14<"))


AMBIGUOUS = [
    Kind("duplicate-cell", "a cell stands twice", reject("ambiguous"), lambda b: _twice(b, r'<c r="E10".*?</c>')),
    Kind("duplicate-row", "a row stands twice", reject("ambiguous"), lambda b: _twice(b, r'<row r="10".*?</row>')),
    Kind(
        "duplicate-cell-case",
        "a cell stands as E10 and as e10",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r'<c r="E10".*?</c>', lambda f: f[0] + f[0].replace("E10", "e10").replace("13", "14")),
    ),
    Kind(
        "cell-in-other-row",
        "a cell E10 stands in row 11 as well",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r'<row r="11"[^>]*>', lambda f: f[0] + '<c r="E10"><v>14</v></c>'),
    ),
    Kind(
        "two-values",
        "a cell has two values",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r'(<c r="E10".*?)<v>13</v>', r"\1<v>13</v><v>14</v>"),
    ),
    Kind(
        "value-and-text",
        "a cell has a value and an inline text",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r'(<c r="E10".*?)<v>13</v>', r"\1<v>13</v><is><t>4</t></is>"),
    ),
    Kind(
        "two-formulas",
        "a cell has two formulas",
        reject(*BOTH) | flag("formula-changed"),
        lambda b: b.on(SUMMARY, r'(<c r="D8"[^>]*>)(<f>.*?</f>)', r"\1\2<f>390</f>"),
    ),
    Kind(
        "two-tables",
        "a sheet has two tables of cells",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r"<sheetData>.*?</sheetData>", lambda f: f[0] + f[0].replace("<v>13<", "<v>14<")),
    ),
    Kind(
        "element-in-value",
        "a value holds an element: some read 1, some 13",
        reject(*BOTH) | flag("invalid"),
        lambda b: b.on(ENTRY, r'(<c r="E10".*?)<v>13</v>', r"\1<v>1<q>2</q>3</v>"),
        outcomes=(unscored(292.62, "t02"),),
    ),
    Kind(
        "foreign-cell",
        "a cell in a namespace of its own stands beside ours",
        reject(*BOTH) | accept(),  # what is not spreadsheet markup is not a cell
        lambda b: b.on(ENTRY, r'(<c r="E10")', r'<z:c xmlns:z="urn:z" r="E10"><z:v>14</z:v></z:c>\1'),
    ),
    Kind(
        "alternate-cell",
        "a cell is one thing for new programs and another for old ones",
        reject(*BOTH),
        _alternate_cell,
    ),
    Kind(
        "duplicate-part", "a part stands twice in the archive", reject("ambiguous", "unsafe-package"), _duplicate_part
    ),
    Kind(
        "part-case",
        "two parts differ in case",
        reject("ambiguous", "unsafe-package"),
        lambda b: zipped({**b.parts, b.sheet(ENTRY).upper().replace("XL/", "xl/"): b.parts[b.sheet(ENTRY)]}),
    ),
    Kind(
        "sheet-case",
        "two sheets' names differ in case",
        reject("ambiguous", "structure"),
        lambda b: add_sheet(b, "_XL_KPI", "veryHidden", b.text(b.sheet(META))),
    ),
    Kind(
        "sheet-twice",
        "two sheets have one name",
        reject("ambiguous"),
        lambda b: add_sheet(b, ENTRY, "hidden", b.text(b.sheet(ENTRY)).replace("<v>13<", "<v>14<")),
    ),
    Kind(
        "sheets-share-part",
        "two sheets are one part",
        reject("ambiguous", "structure"),
        lambda b: b.sub(WORKBOOK, r'(<sheet name="考核表"[^>]*r:id=")rId2', r"\1rId3"),
    ),
    Kind(
        "relation-twice",
        "two relations have one id",
        reject("ambiguous"),
        lambda b: _decoy(b).sub(
            BOOK_RELS, "</Relationships>", lambda f: re.sub("sheet33", "sheet3", _relation(b)) + f[0]
        ),
    ),
    Kind(
        "decoy-sheet",
        "the relation of a sheet leads to another part, the original is left",
        reject("ambiguous"),
        _decoy,
    ),
    Kind("decoy-workbook", "two parts are the workbook", reject("ambiguous"), _decoy_book),
    # Excel calls such a sheet damaged, openpyxl passes over the rows in silence, LibreOffice reads them.
    Kind(
        "rows-disordered",
        "a lower row stands above a higher one",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r'(<row r="10".*?</row>)(<row r="11".*?</row>)', r"\2\1"),
    ),
    Kind(
        "cells-disordered",
        "a cell stands to the left of one before it",
        reject(*BOTH),
        lambda b: b.on(ENTRY, r'(<c r="E10".*?</c>)(<c r="F10"[^>]*/>)', r"\2\1"),
    ),
]


def _relation(book: Book) -> str:
    return book.relation("xl/worksheets/sheet33.xml")


# --- other kinds of file


def ole(*streams: str) -> bytes:
    """A compound file of the old Office formats, whose streams have these names and 4,096 zero bytes each."""
    sector, free, end = 512, 0xFFFFFFFF, 0xFFFFFFFE
    each = 4096 // sector
    directory_sectors = (len(streams) + 1 + 3) // 4
    fat = [0xFFFFFFFD]  # the sector of the table itself
    fat += [*range(2, directory_sectors + 1), end]
    entries = [_ole_entry("Root Entry", 5, 1 if streams else free, end, 0)]
    for number, name in enumerate(streams, 1):
        start = len(fat)
        fat += [*range(start + 1, start + each), end]
        right = number + 1 if number < len(streams) else free
        entries.append(_ole_entry(name, 2, free, start, 4096, right))
    fat += [free] * (sector // 4 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    header += struct.pack("<I", free) * 108
    directory_bytes = b"".join(entries).ljust(directory_sectors * sector, b"\0")
    return header + struct.pack(f"<{sector // 4}I", *fat) + directory_bytes + bytes(4096 * len(streams))


def _ole_entry(name: str, kind: int, child: int, start: int, size: int, right: int = 0xFFFFFFFF) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    fixed = struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, right, child)
    return encoded.ljust(64, b"\0") + fixed + bytes(36) + struct.pack("<IQ", start, size)


def _document(kind: str, part: str) -> bytes:
    space = "http://schemas.openxmlformats.org/package/2006"
    types = f'<Types xmlns="{space}/content-types"><Override PartName="/{part}" ContentType="{kind}"/></Types>'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    rels = f'<Relationships xmlns="{space}/relationships"><Relationship Id="rId1" Type="{relation}" Target="{part}"/></Relationships>'
    return zipped({CONTENT_TYPES: types.encode(), "_rels/.rels": rels.encode(), part: b"<document/>"})


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_BINARY_BOOK = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
_TABLE = (
    "<html><head><meta charset=utf-8></head><body><table><tr><td>总分</td><td>390</td></tr></table></body></html>"
)
_XML_2003 = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
# By name, with what to do: both sentences say 另存为 .xlsx.
NAMED = ("old-format", "not-a-workbook")


def _plain_workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "总分"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


OTHER_FILES = [
    Kind("encrypted", "encrypted by Excel", reject("encrypted"), lambda b: ole("EncryptionInfo", "EncryptedPackage")),
    Kind("xls", "an old .xls", reject("old-format"), lambda b: ole("Workbook")),
    Kind("xls-95", "an older .xls", reject("old-format"), lambda b: ole("Book")),
    Kind("et", "a workbook of WPS, .et", reject("old-format"), lambda b: ole("Workbook", "ETExtData")),
    Kind(
        "xls-biff",
        "an .xls without a compound file",
        reject(*NAMED),
        lambda b: b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(500),
    ),
    Kind("word-97", "an old .doc", reject(*NAMED), lambda b: ole("WordDocument")),
    Kind("html", "a web page", reject(*NAMED), lambda b: _TABLE.encode()),
    Kind(
        "html-bom",
        "a web page with a byte order mark",
        reject(*NAMED),
        lambda b: b"\xef\xbb\xbf\r\n" + _TABLE.encode(),
    ),
    Kind(
        "mht",
        "a web archive",
        reject(*NAMED),
        lambda b: b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n",
    ),
    Kind("xml-2003", "an XML spreadsheet of 2003", reject(*NAMED), lambda b: _XML_2003.encode()),
    Kind("csv", "comma-separated values", reject(*NAMED), lambda b: "任务,得分\n1,10\n".encode()),
    Kind("csv-gbk", "the same in GBK", reject(*NAMED), lambda b: "任务,得分\n1,10\n".encode("gbk")),
    Kind("docx", "a .docx", reject("not-a-workbook"), lambda b: _document(_WORD, "word/document.xml")),
    Kind("xlsb", "a binary workbook, .xlsb", reject(*NAMED), lambda b: _document(_BINARY_BOOK, "xl/workbook.bin")),
    Kind(
        "ods",
        "an OpenDocument spreadsheet",
        reject(*NAMED),
        lambda b: zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}),
    ),
    Kind("plain-zip", "an archive of other files", reject("not-a-workbook"), lambda b: zipped({"a.txt": b"x"})),
    Kind(
        "zip-of-workbook",
        "the workbook packed in an archive",
        reject("not-a-workbook"),
        lambda b: zipped({"上报.xlsx": bytes(b)}),
    ),
    Kind(
        "empty-zip",
        "an archive with nothing in it",
        reject("not-a-workbook", "damaged", "empty-file"),
        lambda b: zipped({}),
    ),
    Kind("pdf", "a PDF", reject("not-a-workbook"), lambda b: b"%PDF-1.7\n1 0 obj\n"),
    Kind("rar", "a RAR archive", reject("not-a-workbook"), lambda b: b"Rar!\x1a\x07\x00" + bytes(99)),
    Kind("picture", "a photograph", reject("not-a-workbook"), lambda b: b"\x89PNG\r\n\x1a\n" + bytes(99)),
    Kind(
        "zeros",
        "nothing but zeros, as a broken disk leaves",
        reject("not-a-workbook", "damaged"),
        lambda b: bytes(4096),
    ),
    Kind("empty-file", "no bytes", reject("empty-file"), lambda b: b""),
    Kind(
        "lock-file",
        "the lock file of an open workbook",
        reject("lock-file"),
        lambda b: b"\x04user" + bytes(160),
        file="~$上报.xlsx",
    ),
    Kind(
        "lock-file-by-name", "a workbook named like a lock file", reject("lock-file"), lambda b: b, file="~$上报.xlsx"
    ),
    Kind("another-workbook", "somebody else's workbook", reject("not-ours"), lambda b: _plain_workbook()),
]

KINDS = (*ARCHIVES, *XML, *AMBIGUOUS, *OTHER_FILES)
