"""What tests of the add-in share: an Excel that is none (`fake_excel`), and a workbook that came back."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from desk import XVFB, screen
from fake_excel import Desktop, installed

from xl_kpi import api
from xl_kpi.addin import settings

CASES = Path(__file__).resolve().parents[1] / "cases"


@pytest.fixture(scope="session")
def display() -> Iterator[None]:
    """A screen in memory, to the end of the process: Tk ends it when a screen that it has seen goes.

    Skips without Xvfb, but fails in CI.
    """
    if XVFB is None:
        if os.environ.get("CI"):
            pytest.fail("CI 环境中必须安装 Xvfb")
        pytest.skip("没有安装 Xvfb，跳过面板的测试")
    with screen():
        yield


@pytest.fixture
def excel(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    """xlwings on the stand-in for Excel, for one test; no Excel runs on it yet. Nobody waits, but it is noted how long."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temp")))
    with installed() as desktop:
        monkeypatch.setattr(settings, "_sleep", desktop.waited.append)
        yield desktop


@pytest.fixture(scope="session")
def typical_answers() -> dict[str, Any]:
    """The answers of the blood station's case 典型: worked by hand to 301.41 of 400."""
    cases = yaml.safe_load((CASES / "zaozhuang-blood-2022.yaml").read_text(encoding="utf-8"))
    answers = {name: case["answers"] for case in cases if (name := case["name"]) in ("满分", "典型")}
    return answers["满分"] | answers["典型"]


@pytest.fixture(scope="session")
def typical_content(typical_answers: dict[str, Any]) -> bytes:
    """The blood station's workbook of that case."""
    blank = api.build(api.scheme("zaozhuang-blood-2022"))
    filled = api.fill(("blank.xlsx", blank), typical_answers)
    return api.recalculated(("filled.xlsx", filled))


@pytest.fixture
def typical(typical_content: bytes, tmp_path: Path) -> Path:
    """The same as a file, under the official name."""
    path = tmp_path / "枣庄市中心血站_2022_zaozhuang-blood-2022.xlsx"
    path.write_bytes(typical_content)
    return path
