"""The machine that the add-in is to work on. What is asked of it stands in `System`, so that a test can be any machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from xl_kpi.findings import XlKpiError, either, finding

NAME = "xl_kpi.xlam"

_HEAD = 1 << 20  # bytes: forty add-ins; of EXCEL.EXE the beginning is enough
_SECONDS = 60  # the first start of a Python whose files a virus scanner has not seen takes long


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
        raise OSError(either(f"{_SECONDS} 秒没有应答", f"no answer within {_SECONDS} seconds")) from None
    words = ended.stdout.split()
    if ended.returncode or len(words) != 2:
        said = ended.stderr.strip().splitlines() or [either("没有应答", "no answer")]
        raise OSError(said[-1])
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


Words = tuple[str, str]  # the same in Chinese and in English


def checked(name: Words, ok: bool | None, says: Words, *remedy: Words) -> Check:
    """A check in the language of messages."""
    return Check(either(*name), ok, either(*says), "".join(either(*words) for words in remedy))


def as_error(check: Check) -> XlKpiError:
    """A check that is not well as what stops the work."""
    return XlKpiError(finding("executor", where=check.name, why=f"{check.says}{either('。', '; ')}{check.remedy}"))


# What several checks say

SYSTEM: Words = "操作系统", "Operating system"
ADDIN: Words = "加载项", "Add-in"
FOLDER: Words = "Excel 的启动文件夹", "Excel's start folder"
AGAIN: Words = (
    "请关闭 Excel，运行 xl-kpi addin install，再打开 Excel",
    "close Excel, run xl-kpi addin install, open Excel again",
)
REINSTALL: Words = (
    "请运行 python -m pip install --force-reinstall xl-kpi，使 xlwings 恢复到规定的版本",
    "run python -m pip install --force-reinstall xl-kpi, which brings the xlwings it needs",
)
WITHOUT: Words = "；也可保存工作簿后运行 xl-kpi check", "; or save the workbook and run xl-kpi check"
PANEL: Words = (
    "；也可改用面板（xl-kpi panel），它不用宏，也不由 Excel 启动程序",
    "; or use the panel (xl-kpi panel), which needs no macros and is not started by Excel",
)


def platform_check(system: System) -> Check:
    """Whether the add-in works on such a machine, and what does if not."""
    if system.platform == "win32":
        return checked(SYSTEM, True, ("Windows，可以使用加载项", "Windows: the add-in works here"))
    works = (
        "生成空白工作簿、核对、重算都可在命令行进行",
        "blank workbooks, check and recalc work from the command line",
    )
    if system.platform == "darwin":
        limits = (
            "加载项在 macOS 上是试验性的，须指明 Excel 的启动文件夹",
            "the add-in is experimental here and has to be told Excel's start folder",
        )
    else:
        limits = "加载项需要 Windows 版 Excel", "the add-in needs Excel for Windows"
    remedy = (
        "请用 xl-kpi new、check、recalc；要用功能区按钮，请在装有 Excel 的 Windows 上安装加载项",
        "use xl-kpi new, check and recalc; for the ribbon install the add-in on Windows with Excel",
    )
    says = f"{system.platform}：{works[0]}；{limits[0]}", f"{system.platform}: {works[1]}; {limits[1]}"
    return checked(SYSTEM, None, says, remedy)
