"""Protection, calculation, names, and what the package holds that a program would follow or run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xl_kpi.findings import Finding, finding
from xl_kpi.returned.blueprint import Blueprint
from xl_kpi.returned.read import Filled
from xl_kpi.words import Said, said
from xl_kpi.xlsx.addresses import a1
from xl_kpi.xlsx.foreign import foreign
from xl_kpi.xlsx.formulas import plain


def settings(plan: Blueprint, filled: Filled) -> Iterator[Finding]:
    for name, read in filled.sheets.items():
        if not read.protected:
            yield finding("unprotected", at=f"{name}!A1", name=name)
        for first, _ in read.editable:
            yield finding("unlocked", at=f"{name}!{a1(*first)}")
    for is_hidden, what in (
        (filled.book.tabs_hidden, said("returned.tabs")),
        (filled.book.window_hidden, said("returned.window")),
    ):
        if is_hidden:
            yield finding("hidden", what=what)
    for what in _calculation(filled.book.calculation, filled.parts.get("docProps/app.xml", b"")):
        yield finding("calc-settings", what=what)
    names = {name.name: name.refers_to for name in filled.book.names if not name.local}
    shadowed = {name.name for name in filled.book.names if name.local}
    for wanted, refers_to in plan.names.items():
        found = names.get(wanted, "")
        if wanted in shadowed or (found != refers_to and plain(found) != plain(refers_to)):
            yield finding("name-changed", name=wanted, expected=refers_to)
    for what in foreign(filled.parts):
        yield finding("foreign", what=what)


def _calculation(settings: Mapping[str, str], program: bytes) -> Iterator[Said]:
    if settings.get("calcMode", "auto") != "auto":
        yield said("returned.calculation-manual")
    if settings.get("fullPrecision", "1") in ("0", "false"):
        yield said("returned.calculation-as-displayed")
    # Gnumeric iterates unless told otherwise, and says so of every workbook.
    if settings.get("iterate", "0") in ("1", "true") and b"<application>gnumeric</" not in program.lower():
        yield said("returned.calculation-iterative")
