"""The tour: blank workbooks of every scheme, simulated units of one of them, checked, and their results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xl_kpi import api

SIMULATED = "zaozhuang-hospital-2022"
UNITS = 12


def blanks(folder: Path) -> Iterator[Path]:
    """Write the blank workbook of every scheme shipped; schemes with levels for 市."""
    for name in api.schemes():
        scheme = api.scheme(name, "市")
        path = folder / api.filename(scheme)
        api.save(path, api.build(scheme))
        yield path


def filled(folder: Path) -> Iterator[Path]:
    """Write the workbooks of twelve made-up hospitals, filled; always the same ones."""
    scheme = api.scheme(SIMULATED)
    for number in range(1, UNITS + 1):
        unit = f"示例医院{number:02d}"
        path = folder / api.filename(scheme, unit)
        api.save(path, api.build(scheme, unit, f"H{number:02d}"))
        api.save(path, api.fill(path, api.simulate(scheme, number)))
        api.save(path, api.recalculated(path))
        yield path
