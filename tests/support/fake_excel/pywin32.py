"""xlwings with its own Windows engine on the stand-in (`windows.py`), put in place for a while."""

from __future__ import annotations

import ctypes
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import xlwings

from fake_excel import windows
from fake_excel.com import Desktop
from fake_excel.lacking import quick

_ENGINE = "xlwings._xlwindows"


@contextmanager
def installed() -> Iterator[Desktop]:
    """xlwings with its Windows engine, on a desktop where no Excel runs yet. Afterwards all is as it was before."""
    desktop = Desktop()
    engines = xlwings.engines
    before = engines.active, list(engines.engines), dict(engines.engines_by_name)
    modules = windows.modules(desktop)
    try:
        dll = {"kernel32": windows.kernel32(desktop), "user32": windows.user32(desktop)}.__getitem__
        with (
            _imported(modules),
            mock.patch.object(ctypes, "WinDLL", dll, create=True),
            quick(),
        ):
            engines.add(xlwings.Engine(impl=_engine(desktop).engine))
            engines.active = engines["excel"]
            yield desktop
    finally:
        engines.active, engines.engines, engines.engines_by_name = before
        sys.modules.pop(_ENGINE, None)
        vars(xlwings).pop("_xlwindows", None)
        if hasattr(xlwings.Book, "_mock_caller"):
            del xlwings.Book._mock_caller


@contextmanager
def _imported(modules: dict[str, ModuleType]) -> Iterator[None]:
    """These modules as if they had been imported. What is imported meanwhile stays, unlike with mock.patch.dict."""
    before = {name: sys.modules[name] for name in modules if name in sys.modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)


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
    with mock.patch.multiple(ctypes, create=True, **windows.dlls(desktop)):
        engine = importlib.import_module(_ENGINE)
    engine.WindowsError = OSError  # a builtin on Windows only
    return engine
