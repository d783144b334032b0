"""How the same workbook can be written otherwise, archive, numbers and texts alike, and what only looks like it."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

from hostile_book import (
    CHECKS,
    COVER,
    ENTRY,
    FORM,
    SUMMARY,
    TEXTS,
    WORKBOOK,
    Book,
    Change,
    Kind,
    accept,
    answered,
    flag,
    reject,
)
from hostile_contents import TOTAL
from hostile_packages import ole
from hostile_sheets import add_sheet, inline_strings, renumbered_styles
from hostile_x14 import x14_condition, x14_validations

# --- the archive

Fields = dict[str, int]  # of a header: flags, crc, packed, unpacked
_NOTHING: Callable[[Fields], Fields] = dict


def archive(
    book: Book,
    local: Callable[[Fields], Fields] = _NOTHING,
    central: Callable[[Fields], Fields] = _NOTHING,
    extra: Callable[[Fields], bytes] = lambda _: b"",
    end_64: Callable[[list[int]], list[int]] | None = None,
    end: Callable[[list[int]], list[int]] = list,
) -> bytes:
    """The workbook zipped by hand: what headers and directory say can be altered; `extra` follows each local name.

    With `end_64` there is a ZIP64 record of the end too: count here, count, size and place of the directory.
    """
    records, lines, offset = [], [], 0
    for name, content in book.parts.items():
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = packer.compress(content) + packer.flush()
        said = {"flags": 0, "crc": zlib.crc32(content), "packed": len(data), "unpacked": len(content)}
        field = extra(said)
        records.append(b"PK\3\4" + _common(local(dict(said))) + struct.pack("<2H", len(name), len(field)))
        records.append(name.encode() + field + data)
        tail = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset)
        lines.append(b"PK\1\2" + struct.pack("<H", 45) + _common(central(dict(said))) + tail + name.encode())
        offset += sum(map(len, records[-2:]))
    directory = b"".join(lines)
    numbers = [len(lines), len(lines), len(directory), offset]
    records.append(directory)
    if end_64 is not None:
        here = offset + len(directory)
        records.append(struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, *end_64(list(numbers))))
        records.append(struct.pack("<4sLQL", b"PK\6\7", 0, here, 1))
    records.append(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *end(list(numbers)), 0))
    return b"".join(records)


def _common(said: Fields) -> bytes:
    numbers = (said["crc"], said["packed"], said["unpacked"])
    return struct.pack("<HHHHHIII", 45, said["flags"], 8, 0, 33, *numbers)


def _left_to_zip64(said: Fields) -> Fields:
    return {**said, "packed": 0xFFFFFFFF, "unpacked": 0xFFFFFFFF}


def _zip64(said: Fields) -> bytes:
    return struct.pack("<2H2Q", 1, 16, said["unpacked"], said["packed"])


def _lying_zip64(said: Fields) -> bytes:
    return struct.pack("<2H2Q", 1, 16, said["unpacked"] + 1, said["packed"])


def _flagged(bits: int) -> Callable[[Fields], Fields]:
    return lambda said: {**said, "flags": said["flags"] | bits}


def _all_ones(numbers: list[int]) -> list[int]:
    return [0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF]


ARCHIVES = (
    Kind("zip-by-hand", "zipped by hand, nothing altered", accept(), archive),
    Kind(
        "zip64-headers",
        "the headers leave their sizes to ZIP64 fields, as programs do that write while they pack",
        accept(),
        lambda b: archive(b, local=_left_to_zip64, extra=_zip64),
    ),
    Kind(
        "zip64-field-unused",
        "a ZIP64 field stands in the headers, which say their sizes themselves",
        accept(),
        lambda b: archive(b, extra=_zip64),
    ),
    Kind("zip64-end", "there is a ZIP64 record of the end", accept(), lambda b: archive(b, end_64=list)),
    Kind(
        "zip64-end-alone",
        "the end leaves all it says to the ZIP64 record",
        accept(),
        lambda b: archive(b, end_64=list, end=_all_ones),
    ),
    Kind(
        "zip-level-flags",
        "the headers alone say how hard it was packed",
        accept(),
        lambda b: archive(b, local=_flagged(0x0006)),
    ),
    Kind(
        "zip-utf8-flag",
        "the directory alone says that names are UTF-8; all are ASCII",
        accept(),
        lambda b: archive(b, central=_flagged(0x0800)),
    ),
    Kind(
        "zip64-lying-header",
        "the ZIP64 fields say another size than the directory",
        reject("unsafe-package", "damaged"),
        lambda b: archive(b, local=_left_to_zip64, extra=_lying_zip64),
    ),
    Kind(
        "zip64-missing-field",
        "the headers leave their sizes to a field that is not there",
        reject("unsafe-package", "damaged"),
        lambda b: archive(b, local=_left_to_zip64),
    ),
    Kind(
        "zip64-two-ends",
        "the two records of the end count differently: two programs see two archives",
        reject("unsafe-package", "ambiguous", "damaged"),
        lambda b: archive(b, end_64=lambda n: [n[0] - 1, n[1] - 1, *n[2:]]),
    ),
    Kind(
        "zip64-two-directories",
        "the two records of the end lead to two places",
        reject("unsafe-package", "ambiguous", "damaged"),
        lambda b: archive(b, end_64=lambda n: [*n[:3], n[3] - 4]),
    ),
    Kind(
        "zip-encrypted-header",
        "the headers alone say that it is encrypted",
        reject("unsafe-package", "encrypted"),
        lambda b: archive(b, local=_flagged(0x0001)),
    ),
)

# --- texts and numbers


def _carriage_returns(book: Book, by: str) -> Book:
    """Every text of more than one line ends its lines as Windows does."""
    return book.sub(TEXTS, r"(<t[^>]*>[^<]*)\n", lambda f: f[1] + by + "\n", 0)


def _digits(number: str, by: str) -> Callable[[Book], object]:
    """A number in every formula is written with other digits."""
    pattern = rf"(?<![\w.]){re.escape(number)}(?![\w.])"

    def change(book: Book) -> None:
        for sheet in (ENTRY, SUMMARY, CHECKS, FORM, COVER):
            part = book.sheet(sheet)
            text = re.sub(r"<f>[^<]*</f>", lambda f: re.sub(pattern, by, f[0]), book.text(part))
            book.put(part, text)

    return change


CONTENTS = (
    Kind("crlf-in-texts", "lines of texts end in CR LF", accept(), lambda b: _carriage_returns(b, "&#13;")),
    Kind("crlf-escaped", "the same, as Excel writes it", accept(), lambda b: _carriage_returns(b, "_x000D_")),
    Kind(
        "crlf-in-cells",
        "the same in cells",
        accept(),
        lambda b: [
            b.sub(part, r"(<t [^>]*>[^<]*)\n", r"\1&#13;" + "\n", 0)
            for part in inline_strings(b).sheets()
            if re.search(r"<t [^>]*>[^<]*\n", b.text(part))
        ],
    ),
    Kind("digits-18", "0.95 in formulas is 0.949999999999999956", accept(), _digits("0.95", "0.949999999999999956")),
    Kind(
        "digits-21",
        "0.95 in formulas is 0.949999999999999999989, as Gnumeric writes it",
        accept(),
        _digits("0.95", "0.949999999999999999989"),
    ),
    Kind("digits-exponent", "0.95 in formulas is 9.5E-1", accept(), _digits("0.95", "9.5E-1")),
    Kind("digits-trailing", "0.95 in formulas is 0.95000", accept(), _digits("0.95", "0.95000")),
    Kind(
        "digits-another-number",
        "0.95 in formulas is 0.9499999, which is another number",
        flag("formula-changed"),
        _digits("0.95", "0.9499999"),
    ),
    Kind(
        "label-without-line",
        "a line of a label is gone",
        flag("constant-changed"),
        lambda b: b.words(f"{ENTRY}!B17", "生产安全\r\n事故起数"),
        f"{ENTRY}!B17",
    ),
)

# --- encrypted by others

SEALED = (
    Kind(
        "lvdun",
        "encrypted by 绿盾",
        reject("sealed"),
        lambda b: b"%TSD-Header-###%" + bytes(range(256)) * 8 + bytes(b),
    ),
    Kind(
        "e-safenet",
        "encrypted by 亿赛通",
        reject("sealed"),
        lambda b: b"b\x14#e\x01\x02\x03\0E-SafeNet\0\0\0LOCK" + bytes(range(256)) * 8,
    ),
    Kind(
        "rights-managed",
        "under Microsoft's rights management",
        reject("restricted"),
        lambda b: ole("DRMEncryptedTransform", "DRMEncryptedDataSpace", "EncryptedPackage"),
    ),
    Kind(
        "rights-managed-xls",
        "an old .xls under rights management",
        reject("restricted"),
        lambda b: ole("\tDRMContent", "Workbook"),
    ),
    Kind(
        "password-standard",
        "with a password, by the standard encryption",
        reject("encrypted"),
        lambda b: ole("StrongEncryptionTransform", "EncryptionInfo", "EncryptedPackage"),
    ),
    Kind(
        "apple-double",
        "what a Mac leaves beside a workbook on a stick",
        reject("not-a-workbook"),
        lambda b: b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(80),
        file="._上报.xlsx",
    ),
)

# --- what programs do to all of it, as seen in files that they saved


def _shared_rows(book: Book) -> Book:
    """Formulas down a column that differ by their row alone, as one shared formula, as OnlyOffice writes them."""
    part = book.sheet(ENTRY)
    for row in (6, 7):
        book.sub(part, rf'(<c r="H{row}"[^>]*>)<f>[^<]*</f>', r'\1<f t="shared" si="0"/>')
    return book.sub(part, r'(<c r="H5"[^>]*>)<f>', r'\1<f t="shared" ref="H5:H7" si="0">')


def _onlyoffice(book: Book) -> Book:
    """Validations and conditional formats as x14, other styles, shared formulas, quotes as entities."""
    x14_validations(renumbered_styles(_shared_rows(book)))
    colours = '<fill><patternFill patternType="solid"><bgColor rgb="FFF8CBAD"/></patternFill></fill>'
    book.on(ENTRY, r"<conditionalFormatting.*</conditionalFormatting>", "")
    x14_condition(book, ENTRY, "E4:G241", colours)
    book.sub(WORKBOOK, "</bookViews>", "</bookViews><workbookProtection/>")
    return book.sub(WORKBOOK, "<calcPr [^>]*>", '<calcPr fullCalcOnLoad="1"/>')


def _aspose(book: Book) -> Book:
    """A notice on a sheet of its own, numbers with more places, spans, line ends of prompts as escapes."""
    for part in book.sheets():
        text = re.sub(r"<v>(\d+\.\d)</v>", r"<v>\g<1>0</v>", book.text(part))
        text = re.sub(r'(prompt="[^"]*)(?:\n|&#10;)', r"\1_x000a_", text)
        book.put(part, re.sub("<row ", '<row spans="1:14" ', text))
    add_sheet(book, "Evaluation Warning")
    return book.sub(WORKBOOK, "<calcPr [^>]*>", '<calcPr fullCalcOnLoad="1" />')


def _exceljs(book: Book) -> Book:
    """No value where a formula gives an empty text, no charts, its own settings of calculation."""
    for part in book.sheets():
        book.put(
            part, re.sub(r'(<c r="[A-Z]+\d+"[^>]*?)(?: t="str")?>(<f>[^<]*</f>)<v></v>', r"\1>\2", book.text(part))
        )
    return book.sub(WORKBOOK, "<calcPr [^>]*>", '<calcPr calcId="171027"/>')


def _without_empty_cells(book: Book) -> Book:
    """No cell that holds nothing, no row that holds no cell, as SheetJS writes."""
    for part in book.sheets():
        text = re.sub(r'<c r="[A-Z]+\d+"(?: s="\d+")? ?/>', "", book.text(part))
        book.put(part, re.sub(r"<row [^>]*></row>", "", text))
    return book


PROGRAMS = (
    Kind("as-onlyoffice", "what OnlyOffice writes", accept(), _onlyoffice),
    Kind("as-onlyoffice-hospital", "the same of a hospital", accept(), _onlyoffice, base="hospital"),
    Kind("as-aspose", "what Aspose writes, with its notice", accept("sheet-added"), _aspose),
    Kind("as-exceljs", "what exceljs writes", accept(), _exceljs),
    Kind(
        "as-excelize",
        "settings are written true and false",
        accept(),
        lambda b: b.sub(WORKBOOK, '"1"/></w', '"true"/></w'),
    ),
    Kind("empty-cells-left-out", "cells that hold nothing are left out", accept(), _without_empty_cells),
    Kind(
        "empty-cells-left-out-filled",
        "the same, and filled in then",
        accept("not-recalculated"),
        lambda b: answered(bytes(_without_empty_cells(b)), {"t10.undone": 0}, calculated=False),
        outcomes=(Change(total=306.41, tasks={"t10": 10}),),
    ),
    Kind(
        "filled-after-saving",
        "saved with its results, and other answers filled in by a program then",
        accept("not-recalculated"),
        lambda b: answered(bytes(b), {"t10.undone": 0}, calculated=False),
        outcomes=(Change(total=306.41, tasks={"t10": 10}),),
    ),
    Kind(
        "as-onlyoffice-total",
        "what OnlyOffice writes, and the total is a constant",
        flag("formula-changed"),
        lambda b: _onlyoffice(b.number(TOTAL, 390)),
        TOTAL,
    ),
    Kind(
        "as-exceljs-total",
        "what exceljs writes, and the total has no value",
        flag("uncalculated"),
        lambda b: _exceljs(b.write(TOTAL, f"<f>{b.formula(TOTAL)}</f>")),
    ),
)

KINDS = (*ARCHIVES, *CONTENTS, *SEALED, *PROGRAMS)
