"""Recalculation engines, one file each behind one Protocol (base.Engine); each is imported only when asked for."""

from __future__ import annotations

import importlib

from xl_kpi.engines.base import Engine

_CLASSES = {
    "formualizer": "FormualizerEngine",
    "formulas": "FormulasEngine",
    "libreoffice": "LibreOfficeEngine",
    "native": "NativeEngine",
    "pyopenvba": "PyOpenVBAEngine",
}
OFFERED = ("native", "formulas", "formualizer", "libreoffice")  # pyopenvba is for tests only


def named(name: str) -> Engine:
    """The engine of a name. Raises KeyError for an unknown one."""
    made: Engine = getattr(importlib.import_module(f"xl_kpi.engines.{name}"), _CLASSES[name])()
    return made
