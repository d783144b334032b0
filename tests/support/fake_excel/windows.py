"""What xlwings asks of Windows: pywin32's modules and the Windows side of ctypes, with the stand-in behind them.

Imports no xlwings, so that a test can have these in place before xlwings is imported.
"""

from __future__ import annotations

import ctypes
import datetime
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

from fake_excel.com import CDispatch, ComError, Desktop, Instance, Time


@contextmanager
def pretended(desktop: Desktop) -> Iterator[None]:
    """A Python that takes itself for one on Windows, while something is imported."""
    with (
        mock.patch.dict(sys.modules, modules(desktop)),
        mock.patch.multiple(ctypes, create=True, **dlls(desktop)),
        mock.patch.object(sys, "platform", "win32"),
    ):
        yield


def dlls(desktop: Desktop) -> dict[str, Any]:
    def below(hwnd: int, _relation: int) -> int:
        order = [*(one.hwnd for one in desktop.instances), 0]
        return order[order.index(hwnd) + 1]

    def to_front(hwnd: int, *_: Any) -> int:
        desktop.instances.sort(key=lambda one: one.hwnd != hwnd)
        return 1

    def accessible(hwnd: int, _what: int, _interface: Any, pointer: Any) -> int:
        if not hwnd:
            raise OSError(22, "Unspecified error", None, -2147467259)
        pointer._obj.value = hwnd
        return 0

    def from_pointer(pointer: Any, _interface: Any, _add_reference: bool) -> Instance:
        return desktop.of(pointer.value)

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


def user32(desktop: Desktop) -> SimpleNamespace:
    """The message box that stands there, pressed by a program; and Esc for Excel."""

    def find_window(kind: str, title: str) -> int:
        return 1 if kind == "#32770" and title == desktop.person.showing else 0

    def post_message(_hwnd: int, message: int, value: int, _more: int) -> int:
        if message == 0x111:  # WM_COMMAND
            desktop.person.post(value)
        elif (message, value) == (0x100, 0x1B):  # WM_KEYDOWN, VK_ESCAPE
            desktop.escape()
        return 1

    return SimpleNamespace(FindWindowW=find_window, PostMessageW=post_message)


def kernel32(desktop: Desktop) -> SimpleNamespace:
    """What is asked of Windows about a process: a handle is its number, and the window's too."""

    def open_process(_access: int, _inherit: bool, pid: int) -> int:
        return pid if desktop.of(pid).image else 0  # access denied, as to a program of an administrator's

    def image_name(handle: int, _flags: int, name: Any, size: Any) -> int:
        name.value = desktop.of(handle).image
        size._obj.value = len(name.value)
        return 1

    def close(handle: int) -> int:
        return 1

    return SimpleNamespace(OpenProcess=open_process, QueryFullProcessImageNameW=image_name, CloseHandle=close)


def modules(desktop: Desktop) -> dict[str, ModuleType]:
    def find_window(hwnd: int, _after: int, kind: str, _title: str | None) -> int:
        # An Excel without a book has no window of the kind EXCEL7, and xlwings does not see it.
        return hwnd if kind == "XLDESK" or desktop.of(hwnd).application.workbooks_.books else 0

    def dispatch(what: Instance | CDispatch) -> CDispatch:
        desktop.dispatching()
        return what.dispatch if isinstance(what, Instance) else what

    def dispatch_new(_program: str) -> CDispatch:
        return desktop.start().dispatch

    def terminate(pid: int, _code: int) -> None:
        desktop.instances[:] = [one for one in desktop.instances if one.hwnd != pid]

    contents: dict[str, dict[str, Any]] = {
        "pywintypes": {"com_error": ComError, "error": OSError, "TimeType": Time},
        "pythoncom": {
            "com_error": ComError,
            "ole_error": ComError,
            "CoInitialize": lambda: None,
            "IID_IDispatch": "IDispatch",
            "TypeIIDs": {"IDispatch": CDispatch},
        },
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
        "win32event": {},
        "win32com": {"__path__": [], "__gen_path__": desktop.gen_path},
        "win32com.server": {"__path__": []},
        "win32com.server.dispatcher": {},
        "win32com.server.policy": {},
        "win32com.server.util": {},
        "win32com.client": {
            "CDispatch": CDispatch,
            "CoClassBaseClass": type("CoClassBaseClass", (), {}),
            "DispatchBaseClass": type("DispatchBaseClass", (), {}),
            "Dispatch": dispatch,
            "DispatchEx": dispatch_new,
        },
    }
    made = {}
    for name, content in contents.items():
        made[name] = ModuleType(name)
        vars(made[name]).update(content, __file__=name)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(made[parent], child, made[name])
    return made
