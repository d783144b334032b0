"""The .xlsx package: the only door by which a file from outside comes in, and the one by which files go out.

`unpack` looks the archive over before it inflates anything, and the XML before anybody parses it; parts are found through
relationships alone. Everything stays in memory: nothing is extracted to disk, no address in a file is followed. What is
not read raises `Refused`; the limits stand in budgets.py.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import posixpath
import re
import stat
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import unescape as unescape_entities

from xl_kpi.findings import either
from xl_kpi.workbook import budgets


class Refused(ValueError):
    """A file that is not read: a code of the catalogue, and why in words ("" where the code says all)."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(code, why)  # both in `args`, so that it survives the way back from a worker process
        self.code = code
        self.why = why

    def __str__(self) -> str:
        return self.why or self.code


# Packing

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


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


def replace_parts(package: bytes, changed: Mapping[str, bytes]) -> bytes:
    """A package that `unpack` has admitted with some parts replaced; the entries keep their order, names and times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(buffer, "w") as target:
        target.comment = source.comment
        for info in source.infolist():
            target.writestr(info, changed.get(info.filename, source.read(info)), compresslevel=6)
    return buffer.getvalue()


# Unpacking


def unpack(package: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name, in the order of its directory; folders left out. Raises Refused.

    What comes back is whole (sizes and checksums agree), unambiguous and within the budgets, the package says that it is
    a spreadsheet, and no XML in it declares a DOCTYPE. Whether the XML is well formed is for its readers to find.
    """
    entries, directory = _directory(package)
    _check_names(entries)
    starts = _starts(package, entries, directory)
    if not any(name.casefold() == _CONTENT_TYPES.casefold() for name in starts):
        raise _other_archive(package, entries, starts)
    _check_sizes(entries)
    parts = {
        entry.filename: _inflated(package, entry, starts[entry.filename]) for entry in entries if not entry.is_dir()
    }
    _check_xml(parts)
    _check_type(parts)
    return parts


def _damaged(zh: str, en: str) -> Refused:
    return Refused("damaged", either(zh, en))


def _unsafe(zh: str, en: str) -> Refused:
    return Refused("unsafe-package", either(zh, en))


def _ambiguous(zh: str, en: str) -> Refused:
    return Refused("ambiguous", either(zh, en))


def _too_large(zh: str, en: str) -> Refused:
    return Refused("too-large", either(zh, en))


_END = struct.Struct("<4s4H2LH")  # the record at the end of a zip, which says where its directory is
_LOCAL = struct.Struct("<4s5H3L2H")  # the header before the content of an entry
_ENCRYPTED, _SIZES_FOLLOW, _UTF_8 = 0x2041, 0x0008, 0x0800  # flags of an entry
_UNSAFE_NAME = re.compile(r"^$|[\\\0]|^/|^[A-Za-z]:|//|(?:^|/)\.{1,2}(?:/|$)")


def _directory(package: bytes) -> tuple[list[zipfile.ZipInfo], int]:
    """The entries of a zip as its directory has them, none of them looked into, and where the directory starts."""
    if not package.startswith(b"PK"):  # a zip with something before it is none here, as it is none for Excel
        raise _something_else(package)
    if len(package) > budgets.MAX_FILE_BYTES:
        raise _too_large(f"文件有 {len(package) >> 20} MB", f"the file has {len(package) >> 20} MB")
    end = package.rfind(b"PK\5\6", -_END.size - 0xFFFF)
    if end < 0 or end + _END.size > len(package):
        raise _damaged("文件不完整，可能没有传完", "the file ends early")
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(package, end)
    # The record must account for every byte to the end of the file, and there is one directory at one place: otherwise
    # two programs can see two archives. For the same reason no ZIP64, which a file within the budgets does not need.
    if end + _END.size + comment != len(package):
        raise _damaged("文件末尾不完整或有多余的数据", "its end is cut off, or something follows it")
    if offset + size != end or (disk, first_disk, here) != (0, 0, count) or package[end - 20 : end - 16] == b"PK\6\7":
        raise _unsafe("目录不在所说的位置", "its directory is not where it says")
    if count > budgets.MAX_PARTS or size > budgets.MAX_DIRECTORY_BYTES:
        raise _too_large(f"内部有 {count} 个文件", f"it has {count} parts")
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise _damaged("压缩包的目录无法读取", "its directory cannot be read") from None
    if len(entries) != count:
        raise _unsafe("目录的条数不符", "its directory has not as many entries as it says")
    return entries, offset


def _check_names(entries: Iterable[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename.removesuffix("/")  # as it stands in the file: `filename` ends at a NUL
        if _UNSAFE_NAME.search(name):
            raise _unsafe(f"内部文件名 {name!r} 不合规", f"the name {name!r}")
        if name.casefold() in seen:
            raise _ambiguous(f"内部文件 {name} 重复", f"the part {name} stands twice")
        seen.add(name.casefold())
        if entry.flag_bits & _ENCRYPTED:
            raise Refused("encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _unsafe(
                f"{name} 的压缩方法不是 Excel 所用的", f"{name} is compressed in a way that Excel does not use"
            )


def _starts(package: bytes, entries: Iterable[zipfile.ZipInfo], directory: int) -> dict[str, int]:
    """Where the content of each entry starts.

    Each header must say what the directory says, and the entries fill the file from its first byte to the directory:
    without overlaps (10 MB can hold petabytes of them), without gaps (only some programs see what hides there).
    """
    found = {}
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name = entry.filename
        if entry.header_offset != position or position + _LOCAL.size > directory:
            raise _unsafe(f"{name} 与其他内部文件重叠或不相接", f"{name} overlaps another part or leaves a gap")
        signature, _, flags, method, _, _, *sizes, name_length, extra = _LOCAL.unpack_from(package, position)
        position += _LOCAL.size
        stated = [entry.CRC, entry.compress_size, entry.file_size]
        encoded = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF_8 else "cp437")
        if (
            (signature, flags, method) != (b"PK\3\4", entry.flag_bits, entry.compress_type)
            or package[position : position + name_length] != encoded
            or (not flags & _SIZES_FOLLOW and sizes != stated)
        ):
            raise _unsafe(f"{name} 的文件头与目录不符", f"the header of {name} differs from the directory")
        position += name_length + extra
        found[name] = position
        position += entry.compress_size
        if flags & _SIZES_FOLLOW:
            # With or without a signature, sizes of four or of eight bytes: both are in use.
            written = (mark + struct.pack(form, *stated) for form in ("<3L", "<L2Q") for mark in (b"PK\7\x08", b""))
            position += next((len(sizes) for sizes in written if package.startswith(sizes, position)), 0)
    if position != directory:
        raise _unsafe("内部文件与目录重叠或不相接", "the parts overlap the directory or leave a gap before it")
    return found


def _check_sizes(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse by what the directory declares; `_inflated` holds the entries to it."""
    whole = 0
    for entry in entries:
        name, size = entry.filename, entry.file_size
        whole += size
        if size > budgets.MAX_PART_BYTES:
            raise _too_large(f"{name} 展开后有 {size >> 20} MB", f"{name} unpacks to {size >> 20} MB")
        if size > budgets.RATIO_FROM and size > budgets.MAX_RATIO * entry.compress_size:
            raise _unsafe(f"{name} 的压缩比过高", f"{name} is compressed too well")
    if whole > budgets.MAX_BYTES_IN_ALL:
        raise _too_large(f"全部展开后有 {whole >> 20} MB", f"it unpacks to {whole >> 20} MB")


def _inflated(package: bytes, entry: zipfile.ZipInfo, start: int) -> bytes:
    """An entry's content, never more than it declares: zipfile itself inflates first and counts afterwards."""
    packed = memoryview(package)[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED or not entry.compress_size:
        content, complete = bytes(packed), True
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(packed, entry.file_size + 1)
        except zlib.error:
            raise _damaged(f"{entry.filename} 无法解压", f"{entry.filename} cannot be unpacked") from None
        complete = inflater.eof and not inflater.unused_data
    if not complete or len(content) != entry.file_size:
        raise _damaged(f"{entry.filename} 的大小与所说的不符", f"{entry.filename} is not of the size it says")
    if zlib.crc32(content) != entry.CRC:
        raise _damaged(f"{entry.filename} 的校验码不符", f"the checksum of {entry.filename} is wrong")
    return content


# What a part begins with that any XML parser would take for XML, and what may stand before its root or its DOCTYPE.
_BEGINS_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<|\xff\xfe|\xfe\xff|\0<")
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?(?s:.*?)\?>|<!--(?s:.*?)-->)*+")
_ENCODING = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")


def _check_xml(parts: Mapping[str, bytes]) -> None:
    """What can be said of XML without parsing it: its encoding, a DOCTYPE, how much there is of it."""
    xml = {name: part for name, part in parts.items() if _BEGINS_XML.match(part)}
    whole = sum(map(len, xml.values()))
    if whole > budgets.MAX_XML_BYTES:
        raise _too_large(f"XML 共有 {whole >> 20} MB", f"it holds {whole >> 20} MB of XML")
    if whole > budgets.MAX_MARKS and sum(part.count(b"<") for part in xml.values()) > budgets.MAX_MARKS:
        raise _too_large("XML 元素过多", "it holds too many XML elements")
    for name, part in xml.items():
        # Power Query keeps an item in UTF-16 in customXml, which nobody here parses.
        if name.endswith((".xml", ".rels")) and not name.startswith("customXml/"):
            _check_plain(part, name)


def _check_plain(xml: bytes, name: str) -> None:
    """Refuse another encoding than UTF-8, in which a DOCTYPE can hide and cells cannot be patched, and a DOCTYPE."""
    declared = _ENCODING.match(xml)
    if b"\0" in xml or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii")):
        raise Refused("unsafe-xml", either(f"{name} 不是 UTF-8 编码", f"{name} is not in UTF-8"))
    prolog = _PROLOG.match(xml)
    if prolog and xml.startswith(b"<!DOCTYPE", prolog.end()):
        raise _doctype()


def _doctype() -> Refused:
    return Refused("unsafe-xml", either("含有 DOCTYPE 声明", "it declares a DOCTYPE"))


# What a file is


def _check_type(parts: Mapping[str, bytes]) -> None:
    """Refuse what is of the same make as a workbook, but none."""
    kind = _content_types(parts)(_main_part(parts))
    for word, name in _OFFICE.items():
        if word in kind:
            raise _not_a_workbook(*name)
    if "spreadsheetml" not in kind and "ms-excel" not in kind:
        raise _damaged("没有说明是工作簿", "it does not say that it is a workbook")


_OFFICE = {
    "sheet.binary": (".xlsb 二进制工作簿", "a binary workbook (.xlsb)"),
    "wordprocessingml": ("Word 文档", "a Word document"),
    "ms-word": ("Word 文档", "a Word document"),
    "presentationml": ("演示文稿", "a presentation"),
    "ms-powerpoint": ("演示文稿", "a presentation"),
    "visio": ("Visio 绘图", "a Visio drawing"),
}


def _not_a_workbook(zh: str, en: str) -> Refused:
    return Refused("not-a-workbook", either(zh, en))


def _other_archive(package: bytes, entries: Iterable[zipfile.ZipInfo], starts: Mapping[str, int]) -> Refused:
    """What a zip is that has no list of content types."""
    for entry in entries:
        if entry.filename == "mimetype" and entry.file_size < 100:
            kind = _inflated(package, entry, starts["mimetype"])
            if b"opendocument.spreadsheet" in kind:
                return _not_a_workbook("OpenDocument 表格（.ods）", "an OpenDocument spreadsheet (.ods)")
            if b"opendocument" in kind:
                return _not_a_workbook("OpenDocument 文件", "an OpenDocument file")
    if "OFD.xml" in starts:
        return _not_a_workbook("OFD 版式文件", "an OFD document")
    if "_rels/.rels" in starts:
        return _damaged(f"缺少 {_CONTENT_TYPES}", f"{_CONTENT_TYPES} is missing")
    return _not_a_workbook("压缩文件（ZIP）", "a zip archive")


# By how a file begins; the endings of Excel's files before 2007 and of WPS's are told by the OLE container below.
_MAGIC = {
    b"%PDF": ("PDF 文件", "a PDF"),
    b"\x89PNG": ("图片", "a picture"),
    b"\xff\xd8\xff": ("图片", "a picture"),
    b"GIF8": ("图片", "a picture"),
    b"BM": ("图片", "a picture"),
    b"II*\0": ("图片", "a picture"),
    b"MM\0*": ("图片", "a picture"),
    b"Rar!": ("压缩文件（RAR）", "a RAR archive"),
    b"7z\xbc\xaf": ("压缩文件（7z）", "a 7z archive"),
    b"\x1f\x8b": ("压缩文件（gzip）", "a gzip archive"),
    b"{\\rtf": ("RTF 文档", "an RTF document"),
    b"MIME-Version:": ("网页", "a web page"),
}


def _something_else(content: bytes) -> Refused:
    """What a file is that is no zip."""
    if not content:
        return Refused("empty-file")
    if not content.strip(b"\0"):
        return _damaged("内容全部为零", "it holds nothing but zeros")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _compound(content)
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            return _not_a_workbook(*name)
    text = _text(content[:4096])
    if text is None:
        return _not_a_workbook("无法识别的文件", "a file of an unknown kind")
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith("<?xml") and "urn:schemas-microsoft-com:office:spreadsheet" in start:
        return Refused("old-format", either("“XML 电子表格 2003”文件", "an XML spreadsheet of 2003"))
    if re.match(r"<(?:!doctype html|html|head|body|meta|table|style|div)\b", start) or "<html" in start:
        return _not_a_workbook("网页（HTML）", "a web page (HTML)")
    if start.startswith("<"):
        return _not_a_workbook("XML 文件", "an XML file")
    return _not_a_workbook("CSV 或文本文件", "a CSV or text file")


def _compound(content: bytes) -> Refused:
    """What an OLE container holds, by the names of its streams."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Refused("encrypted")
    if "WordDocument".encode("utf-16-le") in content:
        return _not_a_workbook("Word 文档", "a Word document")
    if "PowerPoint Document".encode("utf-16-le") in content:
        return _not_a_workbook("演示文稿", "a presentation")
    return Refused("old-format", either("旧版 .xls 或 WPS .et 文件", "an old .xls or a WPS .et file"))


def _text(head: bytes) -> str | None:
    """The beginning of a file as text, None if it is none: in UTF-8, in UTF-16 with its mark, or as Chinese Excel saves it."""
    utf_16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf_16 else ("utf-8", "gb18030"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)  # which may end within a character
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", text):
            return text
    return None


# XML


def local(tag: str) -> str:
    """A tag or attribute without its namespace."""
    return tag.rpartition("}")[2]


def parse_xml(xml: bytes) -> ElementTree.Element:
    """A small part as a tree. Raises Refused: damaged, unsafe-xml for a DOCTYPE or too deep, too-large."""
    marks = budgets.MAX_TREE_MARKS
    if len(xml) > budgets.MAX_TREE_BYTES or (len(xml) > marks and xml.count(b"<") > marks):
        raise _too_large("XML 元素过多", "it holds too many XML elements")
    _check_plain(xml, "XML")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise _broken_xml(error) from None
    level = [root]
    for _ in range(budgets.MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise _too_deep()


def _too_deep() -> Refused:
    return Refused("unsafe-xml", either("元素嵌套过深", "elements are nested too deep"))


def _broken_xml(error: Exception) -> Refused:
    return _damaged(f"XML 有误：{error}", f"XML: {error}")


_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescape(text: str) -> str:
    """A text of a cell with its `_xHHHH_` read as the characters they stand for, as Excel reads them."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    # Two escapes can be the halves of one character; a half alone could be neither printed nor written.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# Relationships

_CONTENT_TYPES = "[Content_Types].xml"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


@dataclass(frozen=True)
class Related:
    """Where a relationship leads. `kind` is the last word of its type, the same in Strict and Transitional files;
    `target` is a part of the package or, if `external`, whatever address the file gives."""

    kind: str
    target: str
    external: bool = False


def related(parts: Mapping[str, bytes], source: str) -> dict[str, Related]:
    """The relationships of a part by their ids; of the package itself for "". Raises Refused."""
    folder, name = posixpath.split(source)
    xml = parts.get(posixpath.join(folder, "_rels", f"{name}.rels"))
    folded = {part.casefold() for part in parts}
    found: dict[str, Related] = {}
    for element in () if xml is None else parse_xml(xml):
        id, kind, target = (element.get(key) for key in ("Id", "Type", "Target"))
        if element.tag != _RELATIONSHIP or id is None or kind is None or target is None:
            raise _damaged(f"{source or name} 的关系有误", f"the relationships of {source or 'the package'}")
        if id in found:
            raise _ambiguous(f"关系 {id} 重复", f"the relationship {id} stands twice")
        external = element.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            if target not in parts and target.casefold() in folded:
                raise _ambiguous(f"{target} 的大小写不符", f"{target} differs in case from the part")
        found[id] = Related(kind.rpartition("/")[2], target, external)
    return found


def only(relations: Mapping[str, Related], kind: str) -> str | None:
    """The part of the one relationship of a kind, None where there is none. Raises Refused for several."""
    targets = [relation.target for relation in relations.values() if relation.kind == kind and not relation.external]
    if len(targets) > 1:
        raise _ambiguous(f"有 {len(targets)} 个 {kind} 关系", f"there are {len(targets)} relationships {kind}")
    return targets[0] if targets else None


def _main_part(parts: Mapping[str, bytes]) -> str:
    part = only(related(parts, ""), "officeDocument")
    if part is None or part not in parts:
        raise _damaged("缺少工作簿部件", "there is no workbook in it")
    return part


def _content_types(parts: Mapping[str, bytes]) -> Callable[[str], str]:
    """What the package says each part is; "" for what it does not list."""
    by_name: dict[str, str] = {}
    listed = next(part for name, part in parts.items() if name.casefold() == _CONTENT_TYPES.casefold())
    for element in parse_xml(listed):
        name = element.get("PartName", "." + element.get("Extension", "")).casefold()
        if name in by_name:
            raise _ambiguous(f"{name} 的类型重复", f"the type of {name} stands twice")
        by_name[name] = element.get("ContentType", "")

    def type_of(part: str) -> str:
        name = f"/{part}".casefold()
        return by_name.get(name, by_name.get(posixpath.splitext(name)[1], ""))

    return type_of


# The workbook

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT_MAIN = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION_OF = {
    _MAIN: "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    _STRICT_MAIN: "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
}
_SHEET_KINDS = ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet", "xlIntlMacrosheet")
_STATES = ("visible", "hidden", "veryHidden")
_TRUE = ("1", "true")


@dataclass(frozen=True)
class SheetPart:
    """A tab: its part, whether it shows (visible, hidden, veryHidden), and what it is (worksheet, chartsheet, ...)."""

    part: str
    state: str
    kind: str


class DefinedName(NamedTuple):
    """A defined name: what it refers to, as the file has it; whether it belongs to one sheet; whether it is hidden."""

    name: str
    refers_to: str
    local: bool
    hidden: bool


@dataclass(frozen=True)
class Book:
    """What the workbook part says: the tabs in their order, and how the whole is to be read and calculated."""

    sheets: dict[str, SheetPart]
    date1904: bool
    calculation: dict[str, str]  # the attributes of calcPr
    names: list[DefinedName]
    strict: bool  # ISO 29500 Strict
    styles: str  # the part with the cell styles; "" where there is none


def book(parts: Mapping[str, bytes]) -> Book:
    """The workbook part, read once.

    Raises Refused: ambiguous where two programs could see two workbooks (two sheets of one name or one part, a
    worksheet in the package that no tab leads to), damaged where a tab leads nowhere, and as `related` and `parse_xml`.
    """
    part = _main_part(parts)
    root = parse_xml(parts[part])
    space = root.tag.removesuffix("workbook")
    if space not in _RELATION_OF:
        raise _damaged(f"{part} 不是工作簿", f"{part} is no workbook")
    properties, calculation = _child(root, space + "workbookPr"), _child(root, space + "calcPr")
    sheets = _sheets(parts, part, _child(root, space + "sheets"), space)
    _check_no_decoy(parts, {sheet.part for sheet in sheets.values()})
    return Book(
        sheets=sheets,
        date1904=properties is not None and properties.get("date1904") in _TRUE,
        calculation={} if calculation is None else dict(calculation.attrib),
        names=_names(_child(root, space + "definedNames")),
        strict=space == _STRICT_MAIN,
        styles=_styles(parts, part),
    )


def _styles(parts: Mapping[str, bytes], book_part: str) -> str:
    part = only(related(parts, book_part), "styles")
    if part is not None and part not in parts:
        raise _damaged("缺少单元格样式", "the cell styles are missing")
    return part or ""


def sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The part of each worksheet by the sheet's name, in the order of the tabs; chart sheets are left out.

    Raises Refused, as `book`.
    """
    return {name: sheet.part for name, sheet in book(parts).sheets.items() if sheet.kind == "worksheet"}


def _child(root: ElementTree.Element, tag: str) -> ElementTree.Element | None:
    found = root.findall(tag)
    if len(found) > 1:
        raise _ambiguous(f"有 {len(found)} 个 {local(tag)}", f"there are {len(found)} {local(tag)}")
    return found[0] if found else None


def _sheets(
    parts: Mapping[str, bytes], book_part: str, listed: ElementTree.Element | None, space: str
) -> dict[str, SheetPart]:
    relations = related(parts, book_part)
    found: dict[str, SheetPart] = {}
    seen: set[str] = set()
    for element in () if listed is None else listed:
        if element.tag != space + "sheet":  # alternatives, of which each program chooses its own
            raise _ambiguous(f"工作表列表中有 {local(element.tag)}", f"{local(element.tag)} among the sheets")
        name, state = element.get("name", ""), element.get("state", "visible")
        if state == "veryHidden" and element.get(_RELATION_OF[space]) == "":  # a module of old macros, no sheet
            continue
        relation = relations.get(element.get(_RELATION_OF[space], ""))
        if (
            not name
            or state not in _STATES
            or relation is None
            or relation.external
            or relation.kind not in _SHEET_KINDS
            or relation.target not in parts
        ):
            raise _damaged(f"工作表“{name}”没有内容", f"the sheet {name!r} leads nowhere")
        if name.casefold() in seen or relation.target in seen:
            raise _ambiguous(f"工作表“{name}”重复", f"the sheet {name!r} stands twice")
        if b"\0" in parts[relation.target]:  # UTF-16, which could be read but not patched
            raise Refused(
                "unsafe-xml", either(f"工作表“{name}”不是 UTF-8 编码", f"the sheet {name!r} is not in UTF-8")
            )
        seen |= {name.casefold(), relation.target}
        found[name] = SheetPart(relation.target, state, relation.kind)
    if not found:
        raise _damaged("没有工作表", "it has no sheets")
    if len(found) > budgets.MAX_SHEETS:
        raise _too_large(f"有 {len(found)} 张工作表", f"it has {len(found)} sheets")
    return found


def _check_no_decoy(parts: Mapping[str, bytes], reached: set[str]) -> None:
    """Refuse a worksheet that no tab leads to: readers that go by file names would read it."""
    type_of = _content_types(parts)
    for part in parts:
        called = posixpath.basename(posixpath.dirname(part)).casefold() == "worksheets"
        if part not in reached and (called or type_of(part).endswith("spreadsheetml.worksheet+xml")):
            raise _ambiguous(f"{part} 不属于任何工作表", f"no sheet leads to {part}")


def _names(listed: ElementTree.Element | None) -> list[DefinedName]:
    found: list[DefinedName] = []
    seen: set[tuple[str, str | None]] = set()
    for element in () if listed is None else listed:
        name, sheet = element.get("name", ""), element.get("localSheetId")
        if (name.casefold(), sheet) in seen and not name.startswith(
            "_xlnm."
        ):  # filters and print areas compute nothing
            raise _ambiguous(f"名称 {name} 重复", f"the name {name} stands twice")
        seen.add((name.casefold(), sheet))
        found.append(DefinedName(name, element.text or "", sheet is not None, element.get("hidden") in _TRUE))
    if len(found) > budgets.MAX_NAMES:
        raise _too_large(f"有 {len(found)} 个名称", f"it has {len(found)} names")
    return found


def shared_strings(parts: Mapping[str, bytes]) -> list[str]:
    """The texts of the shared strings part, phonetic guides left out; empty where there is no such part.

    How many there are is counted, never believed. Raises Refused, as `parse_xml`.
    """
    part = only(related(parts, _main_part(parts)), "sharedStrings")
    if part is None:
        return []
    if part not in parts:
        raise _damaged(f"缺少 {part}", f"{part} is missing")
    plain = _plain_strings(parts[part])
    return _strings(parts[part]) if plain is None else plain


# A shared string behind its <si>: a text, or runs of text, each with its look.
_TEXT = r'<t(?: xml:space="preserve")?>([^<]*)</t>'
_RUN = r'<r>(?:<rPr>(?:<[a-zA-Z]+(?: [a-zA-Z]+="[^"<&]*")* ?/>)*</rPr>)?' + _TEXT + "</r>"
_PLAIN_STRING = re.compile(rf"(?:{_TEXT}|(?:{_RUN})+)</si>\s*")
_TEXTS = re.compile(_TEXT)
_ODD = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|&(?!(?:amp|lt|gt|quot|apos|#10);)")
_KEPT_STRINGS, _LONG_STRING = 8192, 1000


def _plain_strings(xml: bytes) -> list[str] | None:
    """The shared strings where all are plain, cut as rows.py cuts rows; None where expat has to read them."""
    start, end = xml.find(b"<si>"), xml.rfind(b"</sst>")
    head, tail = xml[: max(start, 0)], xml[end:]
    if (
        not 0 <= start < end
        or b"<!" in xml
        or xml.find(b"<?", 2) >= 0
        or not _SST.search(head)
        or tail.strip() != b"</sst>"
    ):
        return None
    try:
        _, *items = xml[start:end].decode().split("<si>")
    except UnicodeDecodeError:
        return None
    if len(items) > budgets.MAX_STRINGS:
        return None
    strings = []
    for item in items:
        string = _kept_string(item) if len(item) < _LONG_STRING else _plain_string(item)
        if string is None or len(string) > budgets.MAX_TEXT:
            return None
        strings.append(string)
    return strings


_SST = re.compile(rb'<sst(?: [a-zA-Z:]+="[^"<&]*")*>\s*$')


def _plain_string(item: str) -> str | None:
    if not _PLAIN_STRING.fullmatch(item) or _ODD.search(item):
        return None
    return "".join(unescape(unescape_entities(text, _ENTITIES)) for text in _TEXTS.findall(item))


_ENTITIES = {"&quot;": '"', "&apos;": "'", "&#10;": "\n"}


_kept_string = lru_cache(maxsize=_KEPT_STRINGS)(_plain_string)  # workbooks of a plan share most of theirs


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
        if depth > budgets.MAX_DEPTH:
            raise _too_deep()

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        if tag == text:
            if depth == 2 or (depth == 3 and in_run):
                runs.append(unescape("".join(pieces)))
        elif depth == 1 and tag == item:
            strings.append("".join(runs))
            runs.clear()
            if len(strings[-1]) > budgets.MAX_TEXT or len(strings) > budgets.MAX_STRINGS:
                raise _too_large("共享文本过多或过长", "its texts are too many or too long")

    def doctype(*_: object) -> None:
        raise _doctype()

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = root
    parser.CharacterDataHandler = pieces.append
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise _broken_xml(error) from None
    return strings


# What would be followed or run


def foreign(parts: Mapping[str, bytes]) -> list[str]:
    """What the package holds that a program would follow or run, one phrase each; hyperlinks wait for a click.

    Raises Refused, as `book`.
    """
    found: dict[str, None] = {}  # a set in the order of finding
    for name in parts:
        folder, file = posixpath.split(name)
        if posixpath.basename(folder) != "_rels" or not file.endswith(".rels"):
            continue
        source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
        for relation in related(parts, source).values():
            if relation.kind in _FOREIGN:
                found[either(*_FOREIGN[relation.kind])] = None
            elif relation.kind == "externalLink":
                found[_link(parts.get(relation.target, b""))] = None
            elif relation.external and relation.kind not in ("hyperlink", *_LINKED):
                found[either("指向外部文件的链接", "links to files outside")] = None
    xml = parts[_main_part(parts)]
    if b"|" in xml or b"auto_" in xml.lower():  # otherwise the names need not be parsed once more
        for defined in book(parts).names:
            if _RUNS_BY_ITSELF.fullmatch(defined.name):
                found[either("自动运行的宏名称", "names of macros that run by themselves")] = None
            if "|" in _QUOTED.sub("", defined.refers_to):  # application|topic!item
                found[either("DDE 链接", "DDE links")] = None
    return list(found)


_RUNS_BY_ITSELF = re.compile(r"(?:_xlnm\.)?auto_(?:open|close|activate|deactivate)", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")  # texts, and names of sheets


_FOREIGN = {
    "vbaProject": ("宏（VBA）", "macros (VBA)"),
    "xlMacrosheet": ("宏表（Excel 4.0 宏）", "macro sheets (Excel 4.0)"),
    "xlIntlMacrosheet": ("宏表（Excel 4.0 宏）", "macro sheets (Excel 4.0)"),
    "oleObject": ("OLE 对象", "OLE objects"),
    "package": ("嵌入的文件", "embedded files"),
    "control": ("ActiveX 控件", "ActiveX controls"),
    "connections": ("外部数据连接", "data connections"),
    "queryTable": ("外部数据查询", "data queries"),
    "volatileDependencies": ("实时数据（RTD）", "real-time data (RTD)"),
    "webextension": ("网页加载项", "web extensions"),
    "webextensiontaskpanes": ("网页加载项", "web extensions"),
    "extensibility": ("自定义功能区", "a ribbon of its own"),
    "userCustomization": ("自定义功能区", "a ribbon of its own"),
}
_LINKED = (
    "externalLinkPath",
    "externalLinkLongPath",
    "xlPathMissing",
    "xlStartup",
    "xlAlternateStartup",
    "xlLibrary",
)


def _link(xml: bytes) -> str:
    """An external link by what it leads to; the part that leads there is told, not the address."""
    if b"ddeLink" in xml:
        return either("DDE 链接", "DDE links")
    if b"oleLink" in xml:
        return either("OLE 链接", "OLE links")
    return either("对外部工作簿的引用", "references to other workbooks")


# Saving


class SavedBeside(OSError):
    """The file could not be replaced because another program has it open: what was to be written is at `path`."""

    @property
    def path(self) -> Path:
        """Where the content is now."""
        return Path(self.filename2)


_TRIES, _PAUSE = 5, 0.5  # seconds; a virus scanner lets go of a file sooner, Excel only when it is closed


def save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a new file beside it takes its place once it is complete and read back.

    Whenever the process is killed the file is the old or the new one; at most a `.xl_kpi_*.tmp` stays behind, which
    nothing takes for a workbook. Raises SavedBeside where another program keeps the file open, else OSError.
    """
    try:
        _save(path, content)
    except SavedBeside:
        raise
    except OSError as error:  # says which file was to be written, not the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error


def _save(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".xl_kpi_", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if temporary.read_bytes() != content:
            raise OSError(errno.EIO, either("写入的内容读回后不同", "what was written reads back differently"))
        os.chmod(temporary, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # gone already where it took the file's place
    _sync_folder(path.parent)


def _replace(temporary: Path, path: Path) -> None:
    for left in reversed(range(_TRIES)):
        try:
            os.replace(temporary, path)
            return
        except PermissionError as error:  # on Windows: somebody has it open
            refused = error
        if left:
            time.sleep(_PAUSE)
    beside = path.with_name(f"{path.stem}（新）{path.suffix}")
    try:
        os.replace(temporary, beside)
    except OSError:
        raise refused from None
    _sync_folder(path.parent)
    why = either(f"文件正被其他程序打开，内容已另存为 {beside.name}", f"it is open elsewhere; saved as {beside.name}")
    raise SavedBeside(errno.EACCES, why, str(path), None, str(beside))


def _sync_folder(folder: Path) -> None:
    """Have the new name survive a loss of power, where the system can open a folder (Windows cannot)."""
    if hasattr(os, "O_DIRECTORY"):
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        except OSError as error:
            if error.errno != errno.EINVAL:  # some network drives have no such thing
                raise
        finally:
            os.close(opened)
