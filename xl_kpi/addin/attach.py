"""Which Excel: the one whose button was pressed, or the one in front. Never WPS, which shows windows of the same kind.

xlwings reaches Excel through a workbook's window alone: where none is open there is nothing to call, only a window to
show messages above.
"""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import Any

from xl_kpi.addin.excel import tame, xw
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.report.language import worded
from xl_kpi.words import said

_EXCEL = "excel.exe"
_QUERY_LIMITED = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION
_LONGEST = 32768  # characters of a path


def program_of(pid: int) -> str:
    """The name of a process's program as Windows has it, such as EXCEL.EXE or et.exe; "" where it cannot be told."""
    kernel: Any = getattr(ctypes, "WinDLL")("kernel32")  # noqa: B009 - ctypes of other systems has no such attribute
    kernel.OpenProcess.restype = ctypes.c_void_p
    kernel.QueryFullProcessImageNameW.argtypes = (
        ctypes.c_void_p,
        ctypes.c_ulong,
        ctypes.c_wchar_p,
        ctypes.POINTER(ctypes.c_ulong),
    )
    kernel.CloseHandle.argtypes = (ctypes.c_void_p,)
    handle = kernel.OpenProcess(_QUERY_LIMITED, False, pid)
    if not handle:
        return ""
    try:
        name, size = ctypes.create_unicode_buffer(_LONGEST), ctypes.c_ulong(_LONGEST)
        there = kernel.QueryFullProcessImageNameW(handle, 0, name, ctypes.byref(size))
        return PureWindowsPath(name.value).name if there else ""
    finally:
        kernel.CloseHandle(handle)


def excels() -> Iterator[xw.App]:
    """The Excels that show a workbook, the foremost first. On Windows by the name of their program, EXCEL.EXE."""
    if xw.engines.active is None:
        return
    tame()
    for app in xw.apps:
        if not hasattr(xw, "_xlwindows") or program_of(app.pid).lower() == _EXCEL:
            yield app


def front() -> xw.App | None:
    """The Excel in front; None where none shows a workbook, or xlwings has no way to one, as on Linux."""
    return next((app for app in excels() if _answers(app)), None)


def window(arguments: list[str]) -> xw.App | None:
    """The window whose button was pressed, as VBA hands it over; good for message boxes whatever program it is of."""
    handed = next((a.partition("=")[2] for a in arguments if a.startswith("--hwnd=")), "")
    if not handed.isdigit() or not hasattr(xw, "_xlwindows"):
        return None
    return xw.App(impl=xw._xlwindows.App(xl=int(handed)))


def calling(pressed: xw.App | None) -> xw.App | None:
    """The Excel of that window, through whichever of its windows it can be reached; None where no workbook is open.

    Without a window the Excel in front. Raises XlKpiError where it is another program.
    """
    if pressed is None:
        return front()
    program = program_of(pressed.pid)
    if program.lower() != _EXCEL:
        raise _not_excel(program)
    others = (app for app in excels() if app.pid == pressed.pid)
    return next((app for app in (pressed, *others) if _answers(app)), None)


def book(app: xw.App | None) -> xw.Book:
    """The workbook in front. Raises XlKpiError where there is none, saying why."""
    if app is None:
        raise _nothing_open()
    active: Any = app.api.ActiveWorkbook
    if active is None:
        raise _protected() if app.api.ActiveProtectedViewWindow is not None else _nothing_open()
    return app.books.active


def _answers(app: xw.App, anew: bool = False) -> bool:
    """Whether there is a way to it; a broken cache of pywin32's is cleared away on the way, once."""
    try:
        _ = app.api
    except OSError:  # "Unspecified error": there is no workbook's window
        return False
    except Exception as error:
        if anew or not _broken_cache(error):
            return True  # busy, or something else that the action will tell
        clear_cache()
        return _answers(app, anew=True)
    return True


def _broken_cache(error: BaseException | None) -> bool:
    """Whether a module that pywin32 made of Excel's type library is not whole: it lacks CLSIDToClassMap, for instance.

    xlwings takes it for an Excel that is busy.
    """
    while error is not None:
        if isinstance(error, (AttributeError, ImportError, SyntaxError)) and "gen_py" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def clear_cache() -> None:
    """Delete the modules that pywin32 makes of type libraries, where it says they are; it makes them anew."""
    win32com: Any = sys.modules["win32com"]
    folder = PureWindowsPath(win32com.__gen_path__)
    if "gen_py" in folder.parts:  # nothing else is ever deleted
        shutil.rmtree(win32com.__gen_path__, ignore_errors=True)
    for name in [name for name in sys.modules if name.startswith("win32com.gen_py.")]:
        del sys.modules[name]
    gencache: Any = sys.modules.get("win32com.client.gencache")
    if gencache is not None:
        gencache.clsidToTypelib.clear()
        gencache.versionRedirectMap.clear()


def _not_excel(program: str) -> XlKpiError:
    name = "WPS" if program.lower() in ("et.exe", "wps.exe", "wpsoffice.exe") else program or worded("addin.unknown")
    where = said("addin.not-excel", name=name)
    why = said("addin.use-panel")
    return XlKpiError(finding("executor", where=where, why=why))


def _protected() -> XlKpiError:
    where = said("addin.protected-view")
    why = said("addin.enable-editing")
    return XlKpiError(finding("executor", where=where, why=why))


def _nothing_open() -> XlKpiError:
    if xw.engines.active is None:
        where = said("addin.no-way-excel", platform=sys.platform)
        why = said("addin.use-command")
        return XlKpiError(finding("executor", where=where, why=why))
    others = {program_of(app.pid) for app in xw.apps} if hasattr(xw, "_xlwindows") else set()
    if others and _EXCEL not in {name.lower() for name in others}:
        return _not_excel(min(others))
    where = said("addin.no-workbook-open")
    why = said("addin.open-first")
    return XlKpiError(finding("executor", where=where, why=why))
