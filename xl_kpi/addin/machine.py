"""The machine that the add-in is to work on. What is asked of it stands in `System`, so that a test can be any machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xl_kpi.findings import XlKpiError, finding
from xl_kpi.report.language import spoken
from xl_kpi.words import Said, said, say

NAME = "xl_kpi.xlam"

_HEAD = 1 << 20  # bytes: forty add-ins; of EXCEL.EXE the beginning is enough
_SECONDS = 60  # the first start of a Python whose files a virus scanner has not seen takes long


class Unanswered(OSError):
    """A program did not answer: `why`."""

    def __init__(self, why: Said) -> None:
        super().__init__()
        self.why = why

    def __str__(self) -> str:
        """In Chinese, for who asked for no language: what a traceback shows."""
        return say(self.why, "zh")


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except OSError:
        return None


def _registry(key: str, name: str) -> str | int | None:
    if sys.platform != "win32":
        return None
    import winreg  # of Windows alone

    hives = {"HKCR": winreg.HKEY_CLASSES_ROOT, "HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}
    hive, _, path = key.partition("\\")
    for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):  # Excel, Python or both may be of 32 bits
        try:
            with winreg.OpenKey(hives[hive], path, access=winreg.KEY_READ | view) as opened:
                value = winreg.QueryValueEx(opened, name)[0]
        except OSError:
            continue
        if isinstance(value, (str, int)):
            return value
    return None


def _versions(interpreter: str) -> tuple[str, str]:
    script = "import xl_kpi, importlib.metadata as m; print(xl_kpi.__version__, m.version('xlwings'))"
    try:
        ended = subprocess.run(
            [interpreter, "-E", "-P", "-B", "-c", script],  # as the buttons start it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        raise Unanswered(said("addin.no-answer-in-time", seconds=_SECONDS)) from None
    words = ended.stdout.split()
    if ended.returncode or len(words) != 2:
        last = ended.stderr.strip().splitlines()[-1:]
        raise OSError(last[0]) if last else Unanswered(said("addin.no-answer"))
    return words[0], words[1]


def _startup() -> str:
    if sys.platform != "win32" and "xlwings" not in sys.modules:
        return ""  # no Excel runs here
    from xl_kpi.addin import attach  # takes a second

    try:
        app = attach.front()
        return str(app.api.StartupPath) if app is not None else ""
    except Exception:  # busy, or on its way out: then it is where it is by default
        return ""


@dataclass(frozen=True)
class System:
    """What is asked of a machine.

    read: the beginning of a file or of a stream of one (`path:stream`), None where it is not there or not readable.
    registry: a value by its key (HKCR, HKCU or HKLM, then the path) and name ("" is the default one), or None.
    versions: of xl_kpi and xlwings in the Python of that path. Raises FileNotFoundError where there is none, OSError
    saying why it does not start or does not have them.
    real: where a path leads in the end, as os.path.realpath.
    startup: the folder whose files a running Excel opened as it started, "" where none can be asked.
    python: the program of the Python at work, the one it was made from if it is an environment.
    """

    platform: str  # as sys.platform
    environment: Mapping[str, str]
    read: Callable[[str], bytes | None]
    registry: Callable[[str, str], str | int | None]
    versions: Callable[[str], tuple[str, str]]
    real: Callable[[str], str]
    startup: Callable[[], str]
    python: str


THIS_MACHINE = System(
    sys.platform,
    os.environ,
    _read,
    _registry,
    _versions,
    os.path.realpath,
    _startup,
    getattr(sys, "_base_executable", sys.executable),
)


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is well (None: cannot be seen from here), what was found, what to do ("" if well)."""

    name: str
    ok: bool | None
    says: str
    remedy: str

    @property
    def mark(self) -> str:
        """Whether it is well, as a mark at the beginning of a line."""
        return "·" if self.ok is None else "√" if self.ok else "×"


def checked(name: Said, ok: bool | None, says: Said, *remedy: Said) -> Check:
    """A check in the language of whoever asks for it."""
    return Check(spoken(name), ok, spoken(says), "".join(map(spoken, remedy)))


def as_error(check: Check) -> XlKpiError:
    """A check that is not well as what stops the work."""
    return XlKpiError(
        finding("executor", where=check.name, why=said("addin.check", says=check.says, remedy=check.remedy))
    )


# What several checks say

SYSTEM: Said = said("addin.operating-system")
ADDIN: Said = said("addin.add")
FOLDER: Said = said("addin.excel-s-start-folder")
AGAIN: Said = said("addin.close-excel-run-xl")
REINSTALL: Said = said("addin.run-python-m-pip")
WITHOUT: Said = said("addin.or-use-command")
PANEL: Said = said("addin.use-panel-xl-kpi")


def platform_check(system: System) -> Check:
    """Whether the add-in works on such a machine, and what does if not."""
    if system.platform == "win32":
        return checked(SYSTEM, True, said("addin.windows-add-works-here"))
    works = said("addin.blank-workbooks-check-recalc")
    if system.platform == "darwin":
        limits = said("addin.add-experimental-here-has")
    else:
        limits = said("addin.add-needs-excel-windows")
    remedy = said("addin.use-xl-kpi-new")
    says = said("addin.works-here", platform=system.platform, works=works, limits=limits)
    return checked(SYSTEM, None, says, remedy)
