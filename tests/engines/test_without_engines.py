"""Without the extra [engines] everything works but `--engine formulas` and `--engine formualizer`, which say so at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from bulk_files import SMALL, returned

import xl_kpi

ROOT = Path(xl_kpi.__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
EXTRA = ("formulas", "formualizer")
# What formulas brings, and nothing else here needs.
BROUGHT = ("schedula", "regex", "dill", "numpy_financial", "scipy")

HOOK = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {(*EXTRA, *BROUGHT)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command in a process whose Python, and that of its workers, has no such modules."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(HOOK)
    kept = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    environment = {**kept, "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(ROOT)])}

    def runs(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "xl_kpi", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return runs


def test_the_extra_holds_them_and_the_tests_have_it() -> None:
    def names(requirements: list[str]) -> set[str]:
        return {each.partition("[")[0].split("=")[0].rstrip("<>~!, ") for each in requirements}

    extras = PROJECT["optional-dependencies"]
    assert names(extras["engines"]) == set(EXTRA)
    assert names(PROJECT["dependencies"]) & {*EXTRA, *BROUGHT} == set()
    (own,) = [each for each in extras["test"] if each.startswith("xl-kpi[")]
    assert "engines" in own


@pytest.mark.parametrize("engine", EXTRA)
def test_an_engine_that_is_missing_is_said_before_any_file_is_read(run: Run, engine: str) -> None:
    for what in (["check"], ["recalc", "--in-place"]):
        done = run(*what, "没有这个文件.xlsx", "--engine", engine)
        assert (done.returncode, done.stdout) == (2, "")
        assert 'pip install "xl-kpi[engines]"' in done.stderr
        assert engine in done.stderr
        assert "没有这个文件" not in done.stderr


def test_everything_else_works(run: Run, tmp_path: Path) -> None:
    for unit in ("甲单位", "乙单位"):
        (tmp_path / f"{unit}.xlsx").write_bytes(returned(unit))
    files = ("甲单位.xlsx", "乙单位.xlsx", "--scheme", SMALL)
    for arguments in (
        ("demo", "演示"),
        ("check", *files, "--workers", "2"),
        ("recalc", *files, "--out", "重算"),
        ("new", SMALL, "--out", "空白"),
        ("lint", SMALL),
        ("addin", "build", "--out", "a.xlam"),
        ("addin", "doctor"),
    ):
        done = run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    shown = run("panel")  # no screen here: it comes as far as asking for one
    assert "没有可以显示窗口的桌面" in shown.stderr or "tkinter" in shown.stderr
