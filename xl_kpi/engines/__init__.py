"""Recalculation engines, one file each behind one Protocol (base.Engine); each is imported only when asked for."""

from __future__ import annotations

import importlib

from xl_kpi.engines.base import Engine
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import Fact, said

_CLASSES = {
    "formualizer": "FormualizerEngine",
    "formulas": "FormulasEngine",
    "libreoffice": "LibreOfficeEngine",
    "pyopenvba": "PyOpenVBAEngine",
}
OFFERED = ("native", "formulas", "formualizer", "libreoffice")  # pyopenvba is for tests only
_EXTRA = ("formulas", "formualizer")


def require(name: str) -> None:
    """Raises XlKpiError, saying what to install, where an engine cannot be had on this machine."""
    if name not in _CLASSES:  # our own calculation, which is always there
        return
    why: Fact = ""
    try:
        module = importlib.import_module(f"xl_kpi.engines.{name}")
    except ImportError:
        if name not in _EXTRA:
            raise
        why = said("engines.not-installed")
    else:
        if name == "libreoffice" and not module.available():
            why = module.LibreOfficeMissing().reason
    if why:
        raise XlKpiError(finding("engine-missing", engine=name, why=why))


def named(name: str) -> Engine:
    """The engine of a name. Raises KeyError for an unknown one, ImportError where `require` says what to install."""
    made: Engine = getattr(importlib.import_module(f"xl_kpi.engines.{name}"), _CLASSES[name])()
    return made
