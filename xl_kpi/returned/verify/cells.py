"""What stands where nothing should, and cells that were merged."""

from __future__ import annotations

from collections.abc import Iterator

from xl_kpi.findings import Finding, finding
from xl_kpi.returned.blueprint import ExpectedSheet
from xl_kpi.returned.read import Filled
from xl_kpi.words import said
from xl_kpi.xlsx.addresses import a1, address, within
from xl_kpi.xlsx.worksheet import Worksheet


def contents(name: str, sheet: ExpectedSheet, filled: Filled) -> Iterator[Finding]:
    """What stands where nothing should: only unlocked cells may be filled in."""
    cells = filled.sheets[name].cells
    for at in sorted(cells.keys() - sheet.used, key=address):
        if cells[at].value not in (None, "") or cells[at].formula is not None:
            yield finding("extra-content", at=f"{name}!{at}")


def merges(name: str, sheet: ExpectedSheet, read: Worksheet) -> Iterator[Finding]:
    merges = set(read.merges)
    for merge in sorted(merges - sheet.merges):
        under = [at for at in read.cells if at != a1(*merge[0]) and within(address(at), merge)]
        why = said("returned.merge-covers", under=tuple(under[:5])) if under else ""
        yield finding("merge-changed", at=f"{name}!{a1(*merge[0])}", why=why)
    for merge in sorted(sheet.merges - merges):
        yield finding("merge-changed", at=f"{name}!{a1(*merge[0])}", why="")
    for at in sorted(read.cells.keys() & sheet.covered):
        if read.cells[at].value not in (None, ""):
            what = said("returned.under-merged")
            yield finding("hidden", at=f"{name}!{at}", what=what)
