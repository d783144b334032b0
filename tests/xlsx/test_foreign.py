"""What a program would follow or run is named; what Excel and WPS leave behind is not."""

from __future__ import annotations

import pytest
from said import all_zh
from small_package import (
    MAIN,
    OFFICE,
    STRICT_OFFICE,
    relationships,
    shipped,
    small,
    workbook,
)
from zips import zipped

from xl_kpi.xlsx.foreign import foreign
from xl_kpi.xlsx.package import unpack

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


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
    assert all_zh(foreign(unpack(zipped(parts)))) == [phrase]


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
    assert all_zh(foreign(small() | {"xl/book.xml": workbook(names)})) == phrases


def test_a_picture_that_would_be_fetched_is_named_but_not_a_hyperlink() -> None:
    def linked(kind: str) -> dict[str, bytes]:
        row = f'<Relationship Id="a" Type="{OFFICE}/{kind}" Target="http://127.0.0.1:9/x" TargetMode="External"/>'
        return small() | {"xl/_rels/a.xml.rels": relationships().replace(b"</R", row.encode() + b"</R")}

    assert all_zh(foreign(linked("image"))) == ["指向外部文件的链接"]
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
