"""The .xlsx package: the only door by which a file from outside comes in.

`unpack` looks the archive over before it inflates anything, and the XML before anybody parses it; parts are found through
relationships alone. Everything stays in memory: nothing is extracted to disk, no address in a file is followed. What is
not read raises `Refused`; the limits stand in limits.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from xl_kpi.xlsx.archive import CONTENT_TYPES, Archive, admitted
from xl_kpi.xlsx.kept import kept
from xl_kpi.xlsx.markup import check_xml, parse_xml
from xl_kpi.xlsx.refused import ambiguous, damaged, not_a_workbook


def unpack(package: bytes) -> dict[str, bytes]:
    """The parts of a workbook by name, in the order of its directory; folders left out. Raises Refused.

    What comes back is whole (sizes and checksums agree), unambiguous and within the budgets, the package says that it is
    a spreadsheet, and no XML in it declares a DOCTYPE. Whether the XML is well formed is for its readers to find.
    """
    archive = admitted(package)
    parts = {name: archive.read(name) for name in archive.entries}
    check_xml(parts)
    _check_type(parts)
    return parts


def unpack_on_demand(package: bytes) -> Mapping[str, bytes]:
    """The same parts for who needs few of them: each inflated, and refused, only once it is asked for. Raises Refused."""
    parts = _OnDemand(admitted(package))
    _check_type(parts)
    return parts


class _OnDemand(Mapping[str, bytes]):
    """Parts of which those asked for are whole, and together what `unpack` would admit."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._read: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            read = self._read | {name: self._archive.read(name)}
            check_xml(read)
            self._read = read
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._archive.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._archive.entries)

    def __len__(self) -> int:
        return len(self._archive.entries)


def _check_type(parts: Mapping[str, bytes]) -> None:
    """Refuse what is of the same make as a workbook, but none."""
    kind = content_types(parts)(main_part(parts))
    for word, name in _OFFICE.items():
        if word in kind:
            raise not_a_workbook(name)
    if "spreadsheetml" not in kind and "ms-excel" not in kind:
        raise damaged("xlsx.does-not-say-workbook")


_OFFICE = {
    "sheet.binary": "xlsx.binary-workbook-xlsb",
    "wordprocessingml": "xlsx.word-document",
    "ms-word": "xlsx.word-document",
    "presentationml": "xlsx.presentation",
    "ms-powerpoint": "xlsx.presentation",
    "visio": "xlsx.visio-drawing",
}


# Relationships

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
    if xml is None:
        return {}
    found = _related(xml, source)
    lacking = {r.target for r in found.values() if not r.external and r.target not in parts}
    folded = {part.casefold() for part in parts} if lacking else set()
    for target in lacking:
        if target.casefold() in folded:
            raise ambiguous("xlsx.differs-case-from-part", target=target)
    return dict(found)


@kept(256, 10_000)
def _related(xml: bytes, source: str) -> Mapping[str, Related]:
    folder = posixpath.dirname(source)
    found: dict[str, Related] = {}
    for element in parse_xml(xml):
        id, kind, target = (element.get(key) for key in ("Id", "Type", "Target"))
        if element.tag != _RELATIONSHIP or id is None or kind is None or target is None:
            raise damaged("xlsx.relationships-wrong", source=source)
        if id in found:
            raise ambiguous("xlsx.relationship-stands-twice", id=id)
        external = element.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found[id] = Related(kind.rpartition("/")[2], target, external)
    return found


def only(relations: Mapping[str, Related], kind: str) -> str | None:
    """The part of the one relationship of a kind, None where there is none. Raises Refused for several."""
    targets = [relation.target for relation in relations.values() if relation.kind == kind and not relation.external]
    if len(targets) > 1:
        raise ambiguous("xlsx.relationships-many", count=len(targets), kind=kind)
    return targets[0] if targets else None


def main_part(parts: Mapping[str, bytes]) -> str:
    """The workbook part. Raises Refused where there is none, or several."""
    part = only(related(parts, ""), "officeDocument")
    if part is None or part not in parts:
        raise damaged("xlsx.no-workbook")
    return part


def content_types(parts: Mapping[str, bytes]) -> Callable[[str], str]:
    """What the package says each part is; "" for what it does not list."""
    xml = next(parts[name] for name in parts if name.casefold() == CONTENT_TYPES.casefold())
    by_name = _types(xml)

    def type_of(part: str) -> str:
        name = f"/{part}".casefold()
        return by_name.get(name, by_name.get(posixpath.splitext(name)[1], ""))

    return type_of


@kept(64, 10_000)
def _types(xml: bytes) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for element in parse_xml(xml):
        name = element.get("PartName", "." + element.get("Extension", "")).casefold()
        if name in found:
            raise ambiguous("xlsx.type-stands-twice", name=name)
        found[name] = element.get("ContentType", "")
    return found
