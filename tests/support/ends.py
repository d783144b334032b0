"""Run by itself: what a Python on Windows starts as it ends, once it has imported the module that is named.

Prints a line for each program that would be started; xlwings, its engine and its handler at exit are the real ones.
"""

from __future__ import annotations

import atexit
import builtins
import importlib
import subprocess
import sys
from types import SimpleNamespace

import pandas  # noqa: F401 - before Python takes itself for one on Windows
from fake_excel.com import Desktop
from fake_excel.windows import pretended

import xl_kpi.api  # noqa: F401


def run(command: list[str], **_: object) -> object:
    print(*command)
    listed = ["", "Image Name  PID", "=========== ===", "EXCEL.EXE 4711 Console 1 100,000 K"]
    return SimpleNamespace(stdout="\n".join(listed))


for name in [name for name in sys.modules if name.partition(".")[0] == "xlwings"]:
    del sys.modules[name]  # imported anew, on Windows
kept = pretended(Desktop())
builtins.WindowsError = OSError  # type: ignore[attr-defined]
kept.__enter__()  # until the end: it is the end that is looked at
atexit.register(kept.__exit__, None, None, None)  # handlers run from the last registered to the first
atexit.register(lambda: print("the end"))
subprocess.run = run  # type: ignore[assignment]
subprocess.CREATE_NO_WINDOW = 0  # type: ignore[attr-defined]
importlib.import_module(sys.argv[1])
assert hasattr(sys.modules["xlwings"], "_xlwindows"), "xlwings did not take this for Windows"
