"""Files that are no workbooks are called by their names."""

from __future__ import annotations

import pytest
from small_package import (
    content_types,
    relationships,
    small,
)
from zips import zipped

from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


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
    assert word in str(refused.value)
    assert bool(word) == bool(refused.value.why)
