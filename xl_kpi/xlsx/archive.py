"""The zip around a workbook: looked over before anything in it is inflated, and written again.

What `admitted` lets in is unambiguous and within the budgets by all that its directory says; each part is held to it
when it is inflated. Everything stays in memory.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xl_kpi.xlsx import limits
from xl_kpi.xlsx.identify import something_else
from xl_kpi.xlsx.refused import Refused, ambiguous, damaged, not_a_workbook, too_large, unsafe

CONTENT_TYPES = "[Content_Types].xml"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_FIRST_DAY = (1 << 5) | 1  # the same in a zip, whose years count from 1980


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


@dataclass(frozen=True)
class Piece:
    """A piece of a part, and the same compressed, as blocks of a deflate stream behind which others may follow."""

    content: bytes
    deflated: bytes


def squeezed(content: bytes) -> Piece:
    """A piece compressed well, for what is the same in many packages; it refers to nothing before it."""
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Piece(content, squeezer.compress(content) + squeezer.flush(zlib.Z_FULL_FLUSH))


def loose(content: bytes) -> Piece:
    """A piece that is not compressed, for a few words that differ from package to package."""
    blocks = (content[at : at + 0xFFFF] for at in range(0, len(content), 0xFFFF))
    return Piece(content, b"".join(struct.pack("<BHH", 0, len(b), len(b) ^ 0xFFFF) + b for b in blocks))


_NO_MORE = b"\x03\x00"  # the last block of a deflate stream, with nothing in it
_ENTRY = struct.Struct("<4s4B4H3L5H2L")  # an entry of the directory at the end of a zip
_NOT_SPLIT, _OWNER_ONLY = 20, 0o600 << 16  # the version of zip that is needed; rights, as in fixed_entry


def with_part(package: bytes, name: str, pieces: Iterable[Piece]) -> bytes:
    """A package of ours (`pack`) with one more part, put together of pieces compressed already."""
    end = package.rfind(b"PK\5\6")
    _, _, _, _, count, size, offset, _ = _END.unpack_from(package, end)
    crc = length = 0
    blocks = []
    for piece in pieces:
        crc, length = zlib.crc32(piece.content, crc), length + len(piece.content)
        blocks.append(piece.deflated)
    stream = b"".join([*blocks, _NO_MORE])
    said = (0, zipfile.ZIP_DEFLATED, 0, _FIRST_DAY, crc, len(stream), length)
    called = name.encode("ascii")
    header = _LOCAL.pack(b"PK\3\4", _NOT_SPLIT, *said, len(called), 0)
    entry = _ENTRY.pack(b"PK\1\2", _NOT_SPLIT, 3, _NOT_SPLIT, 0, *said, len(called), 0, 0, 0, 0, _OWNER_ONLY, offset)
    added = header + called + stream
    directory = package[offset : offset + size] + entry + called
    last = _END.pack(b"PK\5\6", 0, 0, count + 1, count + 1, len(directory), offset + len(added), 0)
    return b"".join([package[:offset], added, directory, last])


# The time of an entry that was filled in and not recalculated since: nobody writes it, and every program that saves a
# workbook writes its own. (A comment of the entry would do too, but not every reader takes a zip with one.)
_PENDING = (1980, 1, 2, 3, 4, 6)


def replace_parts(package: bytes, changed: Mapping[str, bytes], pending: bool | None = None) -> bytes:
    """A package that `unpack` has admitted with some parts replaced; the entries keep their order, names and times.

    With `pending` the changed ones bear a mark, their time, that formulas still show what they showed before; without
    it (False) all such marks are gone, None leaves them.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(buffer, "w") as target:
        target.comment = source.comment
        for info in source.infolist():
            if info.filename in changed and pending:
                info.date_time = _PENDING
            elif pending is False and info.date_time == _PENDING:
                info.date_time = _FIXED_TIME
            target.writestr(info, changed.get(info.filename, source.read(info)), compresslevel=6)
    return buffer.getvalue()


def is_pending(package: bytes) -> bool:
    """Whether a package that was admitted bears the mark of `replace_parts`."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return any(info.date_time == _PENDING for info in archive.infolist())


def is_signed(package: bytes) -> bool:
    """Whether a package that was admitted bears a digital signature, which a change to it makes void."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return any(name.startswith("_xmlsignatures/") for name in archive.namelist())


@dataclass(frozen=True)
class Archive:
    """A zip that was looked over, and none of it inflated: its entries by name, folders left out, and where each starts."""

    package: bytes
    entries: dict[str, zipfile.ZipInfo]
    starts: dict[str, int]

    def read(self, name: str) -> bytes:
        """A part, whole: its size and checksum agree. Raises Refused (damaged), KeyError for one that is not there."""
        return _inflated(self.package, self.entries[name], self.starts[name])


def admitted(package: bytes) -> Archive:
    """The archive of a package that nothing speaks against before it is inflated. Raises Refused."""
    entries, directory = _directory(package)
    _check_names(entries)
    starts = _starts(package, entries, directory)
    archive = Archive(package, {entry.filename: entry for entry in entries if not entry.is_dir()}, starts)
    if not any(name.casefold() == CONTENT_TYPES.casefold() for name in starts):
        raise _other_archive(archive)
    _check_sizes(entries)
    return archive


_END = struct.Struct("<4s4H2LH")  # the record at the end of a zip, which says where its directory is
_END_64 = struct.Struct("<4sQ2H2L4Q")  # the same where numbers may take eight bytes
_LOCATOR = struct.Struct("<4sLQL")  # and what says where that is
_LOCAL = struct.Struct("<4s5H3L2H")  # the header before the content of an entry
_ENCRYPTED, _SIZES_FOLLOW, _UTF_8 = 0x2041, 0x0008, 0x0800  # flags of an entry
_UNSAFE_NAME = re.compile(r"^$|[\\\0]|^/|^[A-Za-z]:|//|(?:^|/)\.{1,2}(?:/|$)")


def _directory(package: bytes) -> tuple[list[zipfile.ZipInfo], int]:
    """The entries of a zip as its directory has them, none of them looked into, and where the directory starts."""
    if not package.startswith(b"PK"):  # a zip with something before it is none here, as it is none for Excel
        raise something_else(package)
    if len(package) > limits.MAX_FILE_BYTES:
        raise too_large("xlsx.file-has-mb", size=len(package) >> 20)
    end = package.rfind(b"PK\5\6", -_END.size - 0xFFFF)
    if end < 0 or end + _END.size > len(package):
        raise damaged("xlsx.file-ends-early")
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(package, end)
    # The record must account for every byte to the end of the file, and there is one directory at one place: otherwise
    # two programs can see two archives.
    if end + _END.size + comment != len(package):
        raise damaged("xlsx.end-cut-off")
    stop = end
    if package[end - _LOCATOR.size : end].startswith(b"PK\6\7"):
        # ZIP64, which a file within the budgets does not need and some programs write all the same.
        stop, disk, first_disk, here, count, size, offset = _end_64(package, end, (here, count, size, offset))
    if offset + size != stop or (disk, first_disk, here) != (0, 0, count):
        raise unsafe("xlsx.directory-elsewhere")
    if count > limits.MAX_PARTS or size > limits.MAX_DIRECTORY_BYTES:
        raise too_large("xlsx.has-parts", count=count)
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise damaged("xlsx.directory-cannot-read") from None
    if len(entries) != count:
        raise unsafe("xlsx.directory-count")
    return entries, offset


def _end_64(package: bytes, end: int, said: tuple[int, ...]) -> tuple[int, ...]:
    """Where the ZIP64 record before the end record starts, and what it says: disks, counts, size and place of the
    directory. Whatever the end record says itself, and does not leave to this one, must be the same."""
    _, disk, at, disks = _LOCATOR.unpack_from(package, end - _LOCATOR.size)
    start = end - _LOCATOR.size - _END_64.size
    if (disk, at, disks) != (0, start, 1) or start < 0:
        raise unsafe("xlsx.directory-elsewhere")
    signature, length, _, _, *found = _END_64.unpack_from(package, start)
    numbers = found[2:]
    left_open = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    alike = all(short in (full, none) for short, full, none in zip(said, numbers, left_open, strict=True))
    if (signature, length) != (b"PK\6\6", _END_64.size - 12) or not alike:
        raise unsafe("xlsx.directory-elsewhere")
    return (start, *found)


def _check_names(entries: Iterable[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename.removesuffix("/")  # as it stands in the file: `filename` ends at a NUL
        if _UNSAFE_NAME.search(name):
            raise unsafe("xlsx.bad-name", name=name)
        if name.casefold() in seen:
            raise ambiguous("xlsx.part-twice", name=name)
        seen.add(name.casefold())
        if entry.flag_bits & _ENCRYPTED:
            raise Refused("encrypted")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise unsafe("xlsx.compression-unknown", name=name)


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
            raise unsafe("xlsx.part-overlaps", name=name)
        signature, _, flags, method, _, _, *sizes, name_length, extra = _LOCAL.unpack_from(package, position)
        position += _LOCAL.size
        stated = [entry.CRC, entry.compress_size, entry.file_size]
        encoded = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF_8 else "cp437")
        tail = position + name_length
        matter = _ENCRYPTED if encoded.isascii() else _ENCRYPTED | _UTF_8  # other flags say how it was packed
        if (
            (signature, method) != (b"PK\3\4", entry.compress_type)
            or (flags ^ entry.flag_bits) & matter
            or package[position:tail] != encoded
            or (not flags & _SIZES_FOLLOW and _long(sizes, package[tail : tail + extra]) != stated)
        ):
            raise unsafe("xlsx.part-header", name=name)
        position += name_length + extra
        found[name] = position
        position += entry.compress_size
        if flags & _SIZES_FOLLOW:
            # With or without a signature, sizes of four or of eight bytes: both are in use.
            written = (mark + struct.pack(form, *stated) for form in ("<3L", "<L2Q") for mark in (b"PK\7\x08", b""))
            position += next((len(sizes) for sizes in written if package.startswith(sizes, position)), 0)
    if position != directory:
        raise unsafe("xlsx.parts-overlap-directory")
    return found


def _long(said: list[int], extra: bytes) -> list[int]:
    """Checksum and sizes of a header, with those that it leaves to the ZIP64 field behind its name: unpacked, packed."""
    checksum, packed, unpacked = said
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == 1 and len(field) >= 16 and 0xFFFFFFFF in (packed, unpacked):
            long_unpacked, long_packed = struct.unpack_from("<2Q", field)
            packed = long_packed if packed == 0xFFFFFFFF else packed
            unpacked = long_unpacked if unpacked == 0xFFFFFFFF else unpacked
    return [checksum, packed, unpacked]


def _check_sizes(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Refuse by what the directory declares; `_inflated` holds the entries to it."""
    whole = 0
    for entry in entries:
        name, size = entry.filename, entry.file_size
        whole += size
        if size > limits.MAX_PART_BYTES:
            raise too_large("xlsx.part-unpacks-mb", name=name, size=size >> 20)
        if size > limits.RATIO_FROM and size > limits.MAX_RATIO * entry.compress_size:
            raise unsafe("xlsx.part-compressed-too-well", name=name)
    if whole > limits.MAX_BYTES_IN_ALL:
        raise too_large("xlsx.unpacks-mb", size=whole >> 20)


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
            raise damaged("xlsx.part-not-unpacked", filename=entry.filename) from None
        complete = inflater.eof and not inflater.unused_data
    if not complete or len(content) != entry.file_size:
        raise damaged("xlsx.part-size", filename=entry.filename)
    if zlib.crc32(content) != entry.CRC:
        raise damaged("xlsx.checksum-wrong", filename=entry.filename)
    return content


def _other_archive(archive: Archive) -> Refused:
    """What a zip is that has no list of content types."""
    kind = archive.entries.get("mimetype")
    if kind and kind.file_size < 100:
        said = archive.read("mimetype")
        if b"opendocument.spreadsheet" in said:
            return not_a_workbook("xlsx.opendocument-spreadsheet-ods")
        if b"opendocument" in said:
            return not_a_workbook("xlsx.opendocument-file")
    if "OFD.xml" in archive.entries:
        return not_a_workbook("xlsx.ofd-document")
    if "_rels/.rels" in archive.entries:
        return damaged("xlsx.part-missing", part=CONTENT_TYPES)
    return not_a_workbook("xlsx.zip-archive")
