"""Whether a folder of wheels is all that a PC of another kind needs."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from xl_kpi.bundle.targets import TARGETS
from xl_kpi.bundle.wheels import missing

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[..., Path]  # see conftest.py
NEEDS = ["numpy>=1.26", "tqdm", "pywin32>=224; platform_system == 'Windows'", "formulas; extra == 'engines'"]
PURE = ("tqdm-4.70-py3-none-any", "pip-26-py3-none-any")


@pytest.fixture
def folder(tmp_path: Path, make_wheel: Make) -> Path:
    """A program, what is the same everywhere, and numpy for two kinds of PC."""
    make_wheel(tmp_path, "xl_kpi-0.1.0-py3-none-any", NEEDS)
    make_wheel(tmp_path, PURE[0], ['colorama; platform_system == "Windows"', 'requests; extra == "slack"'])
    make_wheel(tmp_path, PURE[1])
    make_wheel(tmp_path, "numpy-2.4-cp311-cp311-win_amd64")
    make_wheel(tmp_path, "numpy-2.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64")
    return tmp_path


def test_what_only_windows_needs_is_missed_there_and_nowhere_else(folder: Path, make_wheel: Make) -> None:
    windows, linux = TARGETS["windows-x64"], TARGETS["linux-x64"]
    assert missing(folder, linux, "3.11") == []
    assert [each.partition(";")[0].strip() for each in missing(folder, windows, "3.11")] == [
        "colorama",
        "pywin32>=224",
    ]
    make_wheel(folder, "colorama-0.4.6-py2.py3-none-any")
    make_wheel(folder, "pywin32-312-cp311-cp311-win_amd64")
    assert missing(folder, windows, "3.11") == []


@pytest.mark.parametrize(
    ("target", "python"),
    [("linux-x64", "3.12"), ("linux-arm64", "3.11"), ("windows-arm64", "3.12"), ("windows-x64", "3.14")],
)
def test_a_wheel_of_another_python_or_processor_does_not_count(folder: Path, target: str, python: str) -> None:
    assert "numpy>=1.26" in missing(folder, TARGETS[target], python)


def test_a_wheel_that_asks_for_a_newer_system_does_not_count(tmp_path: Path, make_wheel: Make) -> None:
    for name in ("xl_kpi-0.1.0-py3-none-any", "pip-26-py3-none-any"):
        make_wheel(tmp_path, name, ["a"] if name.startswith("xl") else [])
    make_wheel(tmp_path, "a-1-cp311-cp311-manylinux_2_34_x86_64")
    assert missing(tmp_path, TARGETS["linux-x64"], "3.11") == ["a"]
    make_wheel(tmp_path, "a-1-cp39-abi3-manylinux_2_28_x86_64")
    assert missing(tmp_path, TARGETS["linux-x64"], "3.11") == []


def test_a_version_too_old_and_what_an_extra_brings_are_missed(tmp_path: Path, make_wheel: Make) -> None:
    make_wheel(tmp_path, "xl_kpi-0.1.0-py3-none-any", ["a>=2", "b[fast]"])
    make_wheel(tmp_path, "a-1-py3-none-any")
    make_wheel(tmp_path, "b-1-py3-none-any", ['c; extra == "fast"', 'd; extra == "slow"'])
    found = [each.partition(";")[0].strip() for each in missing(tmp_path, TARGETS["linux-x64"], "3.13")]
    assert found == ["a>=2", "c", "pip"]


def test_every_target_serves_the_pythons_the_project_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    for target in TARGETS.values():
        assert oldest in target.pythons or target.name == "windows-arm64"


def test_no_file_of_the_project_names_where_packages_come_from() -> None:
    """Whoever builds a bundle has a registry of their own."""
    for path in [*(ROOT / "xl_kpi" / "bundle").iterdir(), *(ROOT / ".github" / "workflows").iterdir()]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [word for word in ("index-url", "pythonhosted", "extra-index", "pypi.org") if word in text], (
                path
            )
