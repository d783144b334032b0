"""The door to xlwings: the only one, and without xlwings' habit of ending other people's Excels."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import xl_kpi

SUPPORT = Path(__file__).resolve().parents[1] / "support"
PACKAGE = Path(xl_kpi.__file__).resolve().parent


def ended(module: str) -> list[str]:
    """The programs that a Python on Windows starts as it ends, after importing a module; "the end" is our own mark."""
    # Its folder is on the path of the one that is started, whatever this process keeps off its children's.
    environment = os.environ | {"PYTHONPATH": str(SUPPORT)}
    command = [sys.executable, "ends.py", module]
    run = subprocess.run(
        command, cwd=SUPPORT, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_xlwings_alone_ends_an_excel_that_shows_no_workbook() -> None:
    """Else the tests below would prove nothing."""
    assert ended("xlwings") == ["tasklist /FI IMAGENAME eq EXCEL.exe", "taskkill /PID 4711 /F", "the end"]


@pytest.mark.parametrize("module", ["xl_kpi.addin.excel", "xl_kpi.addin.entry"])
def test_through_our_door_no_program_is_ended(module: str) -> None:
    assert ended(module) == ["the end"]


def imports(path: Path) -> set[str]:
    """The first names of the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def test_nothing_else_imports_xlwings_and_nothing_of_the_add_in_pywin32() -> None:
    found = {path.relative_to(PACKAGE).as_posix(): imports(path) for path in PACKAGE.rglob("*.py")}
    assert {name for name, theirs in found.items() if "xlwings" in theirs} == {"addin/excel.py"}
    pywin32 = {"win32com", "win32api", "pythoncom", "pywintypes", "win32gui", "win32process"}
    assert [name for name, theirs in found.items() if name.startswith("addin/") and theirs & pywin32] == []


def test_no_excel_is_ever_ended_by_us() -> None:
    """`quit` and `kill` of xlwings look for Excels without a window too, and end them."""
    for path in (PACKAGE / "addin").glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
        own = (
            {"Quit"} if path.name == "selftest.py" else set()
        )  # of the Excel that it started itself, not through xlwings
        assert not (names - own) & {"quit", "Quit", "kill", "cleanup"}, path.name
