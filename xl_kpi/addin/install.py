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
    Words,
    as_error,
    checked,
    platform_check,
)
from xl_kpi.api import SavedBeside, save
from xl_kpi.findings import XlKpiError


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
        raise as_error(
            checked(ADDIN, False, (f"不能生成，{error}", f"cannot be built, {error}"), REINSTALL)
        ) from None
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
        says = f"没有这个文件夹：{start_folder}", f"{start_folder} does not exist"
        raise as_error(checked(FOLDER, False, says, ("请检查路径", "check the path")))
    if system.platform != "win32":
        raise as_error(platform_check(system))
    running = system.startup()
    if running:
        return Path(running)
    roaming = system.environment.get("APPDATA", "")
    if not roaming:
        says = "环境变量 APPDATA 没有设置，找不到它", "APPDATA is not set"
        remedy = "请以平时使用 Excel 的用户登录后再运行", "log on as the user who works with Excel"
        raise as_error(checked(FOLDER, False, says, remedy))
    return Path(roaming) / "Microsoft" / "Excel" / "XLSTART"


def _in_use(path: Path, command: str) -> XlKpiError:
    says = f"Excel 正在使用 {path}，没有改动", f"Excel has {path} open, nothing was changed"
    remedy = (
        f"请保存并关闭所有 Excel 窗口（任务管理器里也没有 EXCEL.EXE），再运行 xl-kpi addin {command}；"
        "仍不行，请检查对该文件夹的写权限",
        f"close every Excel window and run xl-kpi addin {command} again; or check the rights to the folder",
    )
    return as_error(checked(ADDIN, False, says, remedy))


# Python from the Microsoft Store: what it writes below AppData goes to a private copy that no other program sees.

_STORE: Words = "Microsoft Store 版 Python", "Python from the Microsoft Store"


def from_store(python: str) -> bool:
    """Whether a Python comes from the Microsoft Store, by its path."""
    return "\\windowsapps\\" in python.lower()


def is_private(path: str) -> bool:
    """Whether a path leads into the private folders of an app from the Store."""
    return "\\packages\\" in path.lower() and "\\localcache\\" in path.lower()


def store_check(where: str) -> Check:
    """What to say of such a Python, or of a file that it wrote."""
    says = (
        f"{where}：它写入 AppData 的文件 Excel 看不到，加载项不会出现",
        f"{where}: what it writes below AppData Excel does not see, so the add-in will not show",
    )
    remedy = (
        "请安装 python.org 的 Python 3.11 或更高版本（不必管理员权限），在其中安装 xl-kpi，再运行 xl-kpi addin install",
        "install Python 3.11 or later from python.org, xl-kpi in it, and run xl-kpi addin install",
    )
    return checked(_STORE, False, says, remedy, PANEL)


_QUARANTINED: tuple[Words, Words] = (
    (
        "刚写入就不见了，多半被安全软件隔离",
        "gone as soon as it was written: an antivirus has most likely quarantined it",
    ),
    (
        "请看 Windows 安全中心→病毒和威胁防护→保护历史记录，以及 360、火绒等的隔离区，请信息人员允许这个文件",
        "look into Windows Security, Protection history, and have the file allowed",
    ),
)


def python_check(interpreter: str, system: System) -> Check:
    """Whether that Python can serve the add-in: by its full path, with the xl_kpi and xlwings of this one."""

    def wrong(zh: str, en: str) -> Check:
        remedy = (
            "请在装有 xl_kpi 的 Python 里运行 xl-kpi addin install 重新登记，再重启 Excel",
            "run xl-kpi addin install in a Python that has xl_kpi, then restart Excel",
        )
        return checked(name, False, (f"{interpreter or '（空）'}：{zh}", f"{interpreter or 'nothing'}: {en}"), remedy)

    name: Words = "加载项登记的 Python", "The add-in's Python"
    full = r"[A-Za-z]:\\|\\\\" if system.platform == "win32" else "/"  # as the add-in itself demands
    if not re.match(full, interpreter):
        return wrong("不是完整路径", "no full path")
    try:
        found = system.versions(interpreter)
    except FileNotFoundError:
        return wrong("没有这个文件", "there is no such file")
    except OSError as error:
        why = error.strerror or str(error)
        return wrong(f"不能使用，{why}", f"of no use, {why}")
    wanted = __version__, version("xlwings")
    zh, en = f"xl_kpi {found[0]}、xlwings {found[1]}", f"xl_kpi {found[0]}, xlwings {found[1]}"
    if found != wanted:
        return wrong(
            f"版本不符，那里是 {zh}，应为 xl_kpi {wanted[0]}、xlwings {wanted[1]}",
            f"has {en}, not {wanted[0]} and {wanted[1]}",
        )
    return checked(name, True, (f"{interpreter}：{zh}", f"{interpreter}: {en}"))
