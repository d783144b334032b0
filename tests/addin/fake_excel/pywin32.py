"""pywin32 and the Windows side of ctypes, as far as xlwings._xlwindows imports them, put in place for a while."""

from __future__ import annotations

import atexit
import ctypes
import datetime
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import xlwings

from fake_excel.com import CDispatch, ComError, Desktop, Instance, Time
from fake_excel.lacking import quick

_ENGINE = "xlwings._xlwindows"


@contextmanager
def installed() -> Iterator[Desktop]:
    """xlwings with its Windows engine, on a desktop where no Excel runs yet. Afterwards all is as it was before."""
    desktop = Desktop()
    engines = xlwings.engines
    before = engines.active, list(engines.engines), dict(engines.engines_by_name)
    modules = _modules(desktop)
    try:
        with mock.patch.dict(sys.modules, modules), quick():
            windows = _engine(desktop)
            engines.add(xlwings.Engine(impl=windows.engine))
            engines.active = engines["excel"]
            yield desktop
    finally:
        engines.active, engines.engines, engines.engines_by_name = before
        sys.modules.pop(_ENGINE, None)
        windows = vars(xlwings).pop("_xlwindows", None)
        if windows is not None:
            atexit.unregister(windows.cleanup)  # it looks for Excels left behind, with Windows' tasklist
        if hasattr(xlwings.Book, "_mock_caller"):
            del xlwings.Book._mock_caller


@contextmanager
def called_from(book: xlwings.Book) -> Iterator[None]:
    """As RunPython starts Python from a book's ribbon: xw.Book.caller() finds the book by its name and window.

    xlwings' main module believes meanwhile that it runs on Windows; nothing else does.
    """
    arguments = ["-c", f"--wb={book.name}", "--from_xl=1", f"--hwnd={book.app.hwnd}"]
    with mock.patch.object(xlwings.main, "sys", SimpleNamespace(platform="win32", argv=arguments)):
        yield


def _engine(desktop: Desktop) -> Any:
    """xlwings._xlwindows, imported where ctypes has the functions of Windows that it takes from there."""
    dlls = _dlls(desktop)
    with mock.patch.multiple(ctypes, create=True, **dlls):
        windows = importlib.import_module(_ENGINE)
    windows.WindowsError = OSError  # a builtin on Windows only
    return windows


def _dlls(desktop: Desktop) -> dict[str, Any]:
    def below(hwnd: int, _relation: int) -> int:
        order = [*(one.hwnd for one in desktop.instances), 0]
        return order[order.index(hwnd) + 1]

    def to_front(hwnd: int, *_: Any) -> int:
        desktop.instances.sort(key=lambda one: one.hwnd != hwnd)
        return 1

    def accessible(hwnd: int, _what: int, _interface: Any, pointer: Any) -> int:
        pointer._obj.value = hwnd
        return 0

    def from_pointer(pointer: Any, _interface: Any, _add_reference: bool) -> Instance:
        return _of_window(desktop, pointer.value)

    def front(_parent: Any = None) -> int:
        return desktop.instances[0].hwnd if desktop.instances else 0

    user32 = SimpleNamespace(
        GetTopWindow=front,
        GetForegroundWindow=front,
        GetWindow=below,
        SetForegroundWindow=to_front,
        SetWindowPos=to_front,
    )
    return {
        "windll": SimpleNamespace(user32=user32),
        "oledll": SimpleNamespace(
            ole32=SimpleNamespace(CLSIDFromString=lambda *_: 0),
            oleacc=SimpleNamespace(AccessibleObjectFromWindow=accessible),
        ),
        "PyDLL": lambda _file: SimpleNamespace(PyCom_PyObjectFromIUnknown=from_pointer),
    }


def _of_window(desktop: Desktop, hwnd: int) -> Instance:
    return next(one for one in desktop.instances if one.hwnd == hwnd)


def _modules(desktop: Desktop) -> dict[str, ModuleType]:
    def find_window(hwnd: int, _after: int, kind: str, _title: str | None) -> int:
        # An Excel without a book has no window of the kind EXCEL7, and xlwings does not see it.
        return hwnd if kind == "XLDESK" or _of_window(desktop, hwnd).application.workbooks_.books else 0

    def dispatch(what: Instance | CDispatch) -> CDispatch:
        return what.dispatch if isinstance(what, Instance) else what

    def dispatch_new(_program: str) -> CDispatch:
        return desktop.start().dispatch

    def terminate(pid: int, _code: int) -> None:
        desktop.instances[:] = [one for one in desktop.instances if one.hwnd != pid]

    contents: dict[str, dict[str, Any]] = {
        "pywintypes": {"com_error": ComError, "error": OSError, "TimeType": Time},
        "pythoncom": {"com_error": ComError, "ole_error": ComError, "CoInitialize": lambda: None},
        "win32api": {
            "MessageBox": desktop.person.message_box,
            "OpenProcess": lambda _access, _inherit, pid: pid,
            "TerminateProcess": terminate,
            "CloseHandle": lambda _handle: None,
        },
        "win32con": {
            "MB_OK": 0,
            "MB_OKCANCEL": 1,
            "MB_YESNOCANCEL": 3,
            "MB_YESNO": 4,
            "MB_ICONINFORMATION": 64,
            "MB_ICONWARNING": 48,
        },
        "win32gui": {"FindWindowEx": find_window},
        "win32process": {"GetWindowThreadProcessId": lambda hwnd: (hwnd, hwnd)},  # the window's number does for both
        "win32timezone": {"TimeZoneInfo": SimpleNamespace(utc=lambda: datetime.UTC)},
        "win32com": {},
        "win32com.client": {
            "CDispatch": CDispatch,
            "CoClassBaseClass": type("CoClassBaseClass", (), {}),
            "DispatchBaseClass": type("DispatchBaseClass", (), {}),
            "Dispatch": dispatch,
            "DispatchEx": dispatch_new,
        },
    }
    modules = {}
    for name, content in contents.items():
        modules[name] = ModuleType(name)
        vars(modules[name]).update(content, __file__=name)
    vars(modules["win32com"])["client"] = modules["win32com.client"]
    return modules
