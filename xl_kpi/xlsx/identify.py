"""What a file is that is no workbook, so that its sender can be told."""

from __future__ import annotations

import codecs
import re

from xl_kpi.findings import either
from xl_kpi.xlsx.refused import Refused, damaged, not_a_workbook

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


def something_else(content: bytes) -> Refused:
    """What a file is that is no zip."""
    if not content:
        return Refused("empty-file")
    if not content.strip(b"\0"):
        return damaged("内容全部为零", "it holds nothing but zeros")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _compound(content)
    if content.startswith(b"%TSD-Header-###%"):
        return Refused("sealed", either("绿盾", "Lvdun (TSD)"))
    if b"E-SafeNet" in content[:64]:
        return Refused("sealed", either("亿赛通", "E-SafeNet"))
    if content.startswith(b"\0\5\x16\7"):
        return not_a_workbook("苹果电脑复制时留下的附属文件", "what a Mac leaves beside a file")
    for magic, name in _MAGIC.items():
        if content.startswith(magic):
            return not_a_workbook(*name)
    text = _text(content[:4096])
    if text is None:
        return not_a_workbook("无法识别的文件", "a file of an unknown kind")
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith("<?xml") and "urn:schemas-microsoft-com:office:spreadsheet" in start:
        return Refused("old-format", either("“XML 电子表格 2003”文件", "an XML spreadsheet of 2003"))
    if re.match(r"<(?:!doctype html|html|head|body|meta|table|style|div)\b", start) or "<html" in start:
        return not_a_workbook("网页（HTML）", "a web page (HTML)")
    if start.startswith("<"):
        return not_a_workbook("XML 文件", "an XML file")
    return not_a_workbook("CSV 或文本文件", "a CSV or text file")


def _compound(content: bytes) -> Refused:
    """What an OLE container holds, by the names of its streams."""
    if "DRMEncrypted".encode("utf-16-le") in content or "\tDRMContent".encode("utf-16-le") in content:
        return Refused("restricted")
    if "EncryptedPackage".encode("utf-16-le") in content:
        return Refused("encrypted")
    if "WordDocument".encode("utf-16-le") in content:
        return not_a_workbook("Word 文档", "a Word document")
    if "PowerPoint Document".encode("utf-16-le") in content:
        return not_a_workbook("演示文稿", "a presentation")
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
