"""What a package holds that a program would follow or run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from xl_kpi.findings import either
from xl_kpi.xlsx.book import book
from xl_kpi.xlsx.package import main_part, related


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
    xml = parts[main_part(parts)]
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
