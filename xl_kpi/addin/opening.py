"""Opening a workbook or a folder with the program that the system has for it, as a double-click on it would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from xl_kpi import isolation
from xl_kpi.api import SUFFIXES
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import Said, said

_OPENERS = {"darwin": "open"}  # on Linux xdg-open
_OPENED = (*SUFFIXES, ".csv")  # a double-click on a table must not start a program that lies beside the workbooks


def open_with_system(path: Path) -> subprocess.Popen[bytes] | None:
    """Open a workbook or a folder. The process is the one that hands it over, where there is such a thing.

    Raises XlKpiError for what is not there any more, for what is neither workbook nor folder, and where the system has
    no program to open things with; OSError where none is registered for it.
    """
    if not path.exists():
        raise _refused(path, said("addin.it-is-not-there"))
    if not path.is_dir() and path.suffix.lower() not in _OPENED:
        raise _refused(path, said("addin.it-is-no-workbook"))
    if sys.platform == "win32":
        os.startfile(path.absolute())
        return None
    opener = _OPENERS.get(sys.platform, "xdg-open")
    program = isolation.program(opener)  # not one that lies beside the workbooks
    if program is None:
        raise _refused(path, said("addin.no-opener", opener=opener))
    quiet = subprocess.DEVNULL
    command = [program, str(path.absolute())]
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def not_opened(path: Path) -> XlKpiError:
    """What to say when the system's opener gave up."""
    return _refused(path, said("addin.nothing-opens-it"))


def _refused(path: Path, why: Said) -> XlKpiError:
    return XlKpiError(finding("executor", where=str(path), why=why))
