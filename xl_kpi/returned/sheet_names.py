"""The sheets of a workbook against those of its plan, by their names: missing, renamed, added, in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xl_kpi.findings import Finding, WorkbookError, finding
from xl_kpi.returned.blueprint import Blueprint
from xl_kpi.words import Said, said
from xl_kpi.xlsx.book import Book
from xl_kpi.xlsx.cells import ReadCell
from xl_kpi.xlsx.worksheet import Worksheet


def alike(constants: Mapping[str, ReadCell], cells: Mapping[str, ReadCell]) -> bool:
    """Whether most constants of a planned sheet stand where they should: then it is that sheet, whatever its name."""
    standing = sum(cells.get(at) == cell for at, cell in constants.items())
    return 2 * standing > len(constants) > 0


def check_names(blueprint: Blueprint, found: Book, added: Mapping[str, Worksheet]) -> None:
    """Raises WorkbookError where a planned sheet is missing, saying which sheet it became or how to go on."""
    missing = [name for name in blueprint.sheets if name not in found.sheets]
    findings = []
    left = dict(added)
    for name in missing:
        constants = blueprint.sheets[name].constants
        renamed = next((other for other, sheet in left.items() if alike(constants, sheet.cells)), "")
        if renamed:
            del left[renamed]
            why = said("returned.sheet-renamed", name=name, renamed=renamed)
            findings.append(finding("structure", at=f"{renamed}!A1", why=why))
        else:
            why = said("returned.sheet-missing", name=name)
            findings.append(finding("structure", why=why))
    if findings:
        raise WorkbookError(*findings)


def told(blueprint: Blueprint, found: Book, added: Mapping[str, Worksheet]) -> Iterator[Finding]:
    """What there is to say of sheets that were added (`added`: those with cells) and of the order of the others."""
    plan = blueprint.plan
    for name, sheet in found.sheets.items():
        if name in plan.sheets:
            continue
        at = f"{name}!A1"
        cells = added[name].cells if name in added else {}
        copied = next((own for own, sheet in blueprint.sheets.items() if alike(sheet.constants, cells)), "")
        if sheet.state != "visible":
            what = said("returned.hidden-added-sheet", name=name)
            yield finding("hidden", at=at, what=what)
        elif copied:
            yield finding("sheet-copied", at=at, name=name, copied=copied)
        else:
            yield finding("sheet-added", at=at, name=name)
    order = [name for name in found.sheets if name in plan.sheets and not plan.sheets[name].very_hidden]
    for name, before in _moved(order, [name for name in plan.sheets if name in order]):
        yield finding("sheet-moved", at=f"{name}!A1", name=name, before=before)


def _moved(order: Sequence[str], planned: Sequence[str]) -> Iterator[tuple[str, Said]]:
    """The fewest names whose moving makes one order of the other, each with the one it should stand behind or before."""
    rank = {name: number for number, name in enumerate(planned)}
    longest: list[list[str]] = []  # the longest rising run that ends with each name
    for number, name in enumerate(order):
        before = [run for run in longest[:number] if rank[run[-1]] < rank[name]]
        longest.append([*max(before, key=len, default=[]), name])
    kept = max(longest, key=len, default=[])
    for name in planned:
        if name not in kept:
            number = rank[name]
            place = "returned.moved-behind" if number else "returned.moved-before"
            yield name, said(place, name=planned[number - 1 if number else 1])
