"""What a file is that is no workbook, so that its sender can be told."""

from __future__ import annotations

import codecs
import re

from xl_kpi.words import said
from xl_kpi.xlsx.refused import Refused, damaged, not_a_workbook

# By how a file begins; the endings of Excel's files before 2007 and of WPS's are told by the OLE container below.
_MAGIC = {
    b"%PDF": "xlsx.pdf",
    b"\x89PNG": "xlsx.picture",
    b"\xff\xd8\xff": "xlsx.picture",
    b"GIF8": "xlsx.picture",
    b"BM": "xlsx.picture",
    b"II*\0": "xlsx.picture",
    b"MM\0*": "xlsx.picture",
    b"Rar!": "xlsx.rar-archive",
    b"7z\xbc\xaf": "xlsx.7z-archive",
    b"\x1f\x8b": "xlsx.gzip-archive",
    b"{\\rtf": "xlsx.rtf-document",
    b"MIME-Version:": "xlsx.web-page",
}


def something_else(content: bytes) -> Refused:
    """What a file is that is no zip."""
    if not content:
        return Refused("empty-file")
    if not content.strip(b"\0"):
        return damaged("xlsx.holds-nothing-but-zeros")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _compound(content)
    if content.startswith(b"%TSD-Header-###%"):
        return Refused("sealed", said("xlsx.lvdun-tsd"))
    if b"E-SafeNet" in content[:64]:
        return Refused("sealed", said("xlsx.e-safenet"))
    if content.startswith(b"\0\5\x16\7"):
        return not_a_workbook("xlsx.mac-file")
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            return not_a_workbook(name)
    text = _text(content[:4096])
    if text is None:
        return not_a_workbook("xlsx.file-unknown-kind")
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith("<?xml") and "urn:schemas-microsoft-com:office:spreadsheet" in start:
        return Refused("old-format", said("xlsx.xml-spreadsheet-2003"))
    if re.match(r"<(?:!doctype html|html|head|body|meta|table|style|div)\b", start) or "<html" in start:
        return not_a_workbook("xlsx.web-page-html")
    if start.startswith("<"):
        return not_a_workbook("xlsx.xml-file")
    return not_a_workbook("xlsx.csv-text-file")


def _compound(content: bytes) -> Refused:
    """What an OLE container holds, by the names of its streams."""
    if "DRMEncrypted".encode("utf-16-le") in content or "\tDRMContent".encode("utf-16-le") in content:
        return Refused("restricted")
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Refused("encrypted")
    if "WordDocument".encode("utf-16-le") in content:
        return not_a_workbook("xlsx.word-document")
    if "PowerPoint Document".encode("utf-16-le") in content:
        return not_a_workbook("xlsx.presentation")
    return Refused("old-format", said("xlsx.old-xls-wps-et"))


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
