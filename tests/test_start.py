"""A command loads what it needs and nothing by the way: what it costs to start is most of what a single file costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOSPITAL = next((ROOT / "workbooks").glob("*_zaozhuang-hospital-2022.xlsx"))

_SCRIPT = """
import sys
from xl_kpi import cli
try:
    cli.main(sys.argv[1:])
except SystemExit:
    pass
print("loaded:", *sorted(sys.modules))
"""
HEAVY = {
    "pandas",
    "openpyxl",
    "pebble",
    "multiprocessing",
    "distributed",
    "tqdm",
    "xlwings",
    "tkinter",
    "ssl",
    "urllib.request",
}


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has loaded when it is done."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT, *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("arguments", [("--help",), ("schemes",), ("schemes", "--json")])
def test_what_needs_no_workbook_loads_neither_models_nor_numbers(arguments: tuple[str, ...]) -> None:
    assert not loaded(*arguments) & {*HEAVY, "numpy", "pydantic", "xl_kpi.api"}


def test_a_single_file_is_checked_without_what_only_many_or_other_programs_need() -> None:
    modules = loaded("check", str(HOSPITAL))
    assert "xl_kpi.returned.check" in modules
    assert not modules & HEAVY
    commands = {name for name in modules if name.startswith("xl_kpi.cli.")}
    assert commands == {f"xl_kpi.cli.{name}" for name in ("check", "options", "screen", "work")}
