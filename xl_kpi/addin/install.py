"""The add-in put into Excel's start folder, and taken out again."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from pathlib import Path

from xl_kpi import __version__
from xl_kpi.addin.build import build
from xl_kpi.addin.machine import (
    ADDIN,
    FOLDER,
    NAME,
    PANEL,
    REINSTALL,
    THIS_MACHINE,
    Check,
    System,
    Unanswered,
    as_error,
    checked,
    platform_check,
)
from xl_kpi.api import SavedBeside, save
from xl_kpi.findings import XlKpiError
from xl_kpi.words import Said, reason_of, said


def install(start_folder: Path | None = None, interpreter: str = "", system: System = THIS_MACHINE) -> Path:
    """Write the add-in into Excel's start folder, for this Python unless told; the file written.

    A folder given must exist; Excel's own is made where Excel has not yet done so. Raises XlKpiError where there is no
    such folder, the Python cannot serve the add-in, Excel has the add-in open (nothing is changed), Excel would not see
    what this Python writes, or it is gone at once; else OSError.
    """
    interpreter = interpreter or sys.executable
    if from_store(interpreter) or from_store(system.python):
        raise as_error(store_check(interpreter))
    path = start_folder_of(start_folder, system) / NAME
    python = python_check(interpreter, system)
    if not python.ok:
        raise as_error(python)
    try:
        content = build(interpreter)
    except ValueError as error:  # another xlwings than macros/ was written for
        raise as_error(checked(ADDIN, False, said("addin.cannot-built", why=reason_of(error)), REINSTALL)) from None
    if start_folder is None:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        save(path, content)
    except SavedBeside as beside:
        beside.path.unlink(missing_ok=True)  # Excel opens whatever lies in its start folder: there would be two
        raise _in_use(path, "install") from None
    real = system.real(str(path))
    if is_private(real):
        path.unlink(missing_ok=True)
        raise as_error(store_check(real))
    if system.read(str(path)) is None:
        raise as_error(checked(ADDIN, False, *_QUARANTINED, PANEL))
    return path


def uninstall(start_folder: Path | None = None, system: System = THIS_MACHINE) -> bool:
    """Take the add-in out of Excel's start folder; False where it was not there.

    Raises XlKpiError where Excel has it open or there is no such folder.
    """
    path = start_folder_of(start_folder, system) / NAME
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except PermissionError:
        raise _in_use(path, "uninstall") from None
    return True


def start_folder_of(start_folder: Path | None, system: System) -> Path:
    """The folder given, or that of a running Excel, or the one Excel has by default. Raises XlKpiError for none."""
    if start_folder is not None:
        if start_folder.is_dir():
            return start_folder
        says = said("addin.does-not-exist", folder=str(start_folder))
        raise as_error(checked(FOLDER, False, says, said("addin.check-path")))
    if system.platform != "win32":
        raise as_error(platform_check(system))
    running = system.startup()
    if running:
        return Path(running)
    roaming = system.environment.get("APPDATA", "")
    if not roaming:
        says = said("addin.appdata-not-set")
        remedy = said("addin.log-user-who-works")
        raise as_error(checked(FOLDER, False, says, remedy))
    return Path(roaming) / "Microsoft" / "Excel" / "XLSTART"


def _in_use(path: Path, command: str) -> XlKpiError:
    says = said("addin.excel-has-open-nothing", path=str(path))
    remedy = said("addin.close-every-excel-window", command=command)
    return as_error(checked(ADDIN, False, says, remedy))


# Python from the Microsoft Store: what it writes below AppData goes to a private copy that no other program sees.

_STORE: Said = said("addin.python-from-microsoft-store")


def from_store(python: str) -> bool:
    """Whether a Python comes from the Microsoft Store, by its path."""
    return "\\windowsapps\\" in python.lower()


def is_private(path: str) -> bool:
    """Whether a path leads into the private folders of an app from the Store."""
    return "\\packages\\" in path.lower() and "\\localcache\\" in path.lower()


def store_check(where: str) -> Check:
    """What to say of such a Python, or of a file that it wrote."""
    says = said("addin.what-writes-below-appdata", where=where)
    remedy = said("addin.install-python-3-11")
    return checked(_STORE, False, says, remedy, PANEL)


_QUARANTINED: tuple[Said, Said] = (
    said("addin.gone-soon-written-antivirus"),
    said("addin.look-into-windows-security"),
)


def python_check(interpreter: str, system: System) -> Check:
    """Whether that Python can serve the add-in: by its full path, with the xl_kpi and xlwings of this one."""

    def wrong(why: Said) -> Check:
        remedy = said("addin.run-xl-kpi-addin")
        if not interpreter:
            return checked(name, False, said("addin.no-python", why=why), remedy)
        return checked(name, False, said("addin.of-python", python=interpreter, why=why), remedy)

    name: Said = said("addin.add-s-python")
    full = r"[A-Za-z]:\\|\\\\" if system.platform == "win32" else "/"  # as the add-in itself demands
    if not re.match(full, interpreter):
        return wrong(said("addin.no-full-path"))
    try:
        found = system.versions(interpreter)
    except FileNotFoundError:
        return wrong(said("addin.no-such-file"))
    except OSError as error:
        why = error.why if isinstance(error, Unanswered) else error.strerror or str(error)
        return wrong(said("addin.of-no-use", why=why))
    wanted = __version__, version("xlwings")
    has = {"kpi": found[0], "xlwings": found[1]}
    if found != wanted:
        return wrong(said("addin.other-versions", wanted_kpi=wanted[0], wanted_xlwings=wanted[1], **has))
    return checked(name, True, said("addin.versions", python=interpreter, **has))
