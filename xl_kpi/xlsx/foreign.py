"""What a package holds that a program would follow or run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from xl_kpi.words import Said, said
from xl_kpi.xlsx.book import book
from xl_kpi.xlsx.package import main_part, related


def foreign(parts: Mapping[str, bytes]) -> list[Said]:
    """What the package holds that a program would follow or run, one part of a sentence each; hyperlinks wait for a click.

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
                found[_FOREIGN[relation.kind]] = None
            elif relation.kind == "externalLink":
                found[_link(parts.get(relation.target, b""))] = None
            elif relation.external and relation.kind not in ("hyperlink", *_LINKED):
                found["xlsx.links-files-outside"] = None
    xml = parts[main_part(parts)]
    if b"|" in xml or b"auto_" in xml.lower():  # otherwise the names need not be parsed once more
        for defined in book(parts).names:
            if _RUNS_BY_ITSELF.fullmatch(defined.name):
                found["xlsx.names-macros-run-themselves"] = None
            if "|" in _QUOTED.sub("", defined.refers_to):  # application|topic!item
                found["xlsx.dde-links"] = None
    return [said(code) for code in found]


_RUNS_BY_ITSELF = re.compile(r"(?:_xlnm\.)?auto_(?:open|close|activate|deactivate)", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")  # texts, and names of sheets


_FOREIGN = {
    "vbaProject": "xlsx.macros-vba",
    "xlMacrosheet": "xlsx.macro-sheets-excel-4-0",
    "xlIntlMacrosheet": "xlsx.macro-sheets-excel-4-0",
    "oleObject": "xlsx.ole-objects",
    "package": "xlsx.embedded-files",
    "control": "xlsx.activex-controls",
    "connections": "xlsx.data-connections",
    "queryTable": "xlsx.data-queries",
    "volatileDependencies": "xlsx.real-time-data-rtd",
    "webextension": "xlsx.web-extensions",
    "webextensiontaskpanes": "xlsx.web-extensions",
    "extensibility": "xlsx.ribbon-own",
    "userCustomization": "xlsx.ribbon-own",
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
        return "xlsx.dde-links"
    if b"oleLink" in xml:
        return "xlsx.ole-links"
    return "xlsx.references-other-workbooks"
