"""The committed workbooks are what one command makes of the schemes, byte for byte."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from opened import ROOT

from xl_kpi import cli

pytestmark = pytest.mark.xdist_group("workbooks")

WORKBOOKS = ROOT / "workbooks"
AGAIN = "run: xl-kpi new all --level 市 --out workbooks"


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the command makes."""
    folder = tmp_path_factory.mktemp("rebuilt")
    assert cli.main(["new", "all", "--level", "市", "--out", str(folder)]) == 0
    return folder


def test_the_committed_workbooks_are_exactly_those_of_the_five_schemes(rebuilt: Path) -> None:
    made = sorted(path.name for path in rebuilt.iterdir())
    assert made == sorted(
        [
            "枣庄市疾病预防控制中心_2022_zaozhuang-cdc-2022.xlsx",
            "枣庄市中心血站_2022_zaozhuang-blood-2022.xlsx",
            "枣庄市立医院_2022_zaozhuang-hospital-2022.xlsx",
            "漳平市卫健局_2019_zhangping-health-2019.xlsx",
            "疾病预防控制机构_2023_cdc-emergency.xlsx",
        ]
    )
    committed = sorted(path.name for path in WORKBOOKS.glob("*.xlsx"))
    assert committed == made, AGAIN


def test_the_committed_workbooks_are_rebuilt_byte_for_byte(rebuilt: Path) -> None:
    assert WORKBOOKS.is_dir(), AGAIN
    for path in sorted(rebuilt.iterdir()):
        committed = WORKBOOKS / path.name
        assert committed.is_file(), AGAIN
        if committed.read_bytes() != path.read_bytes():
            pytest.fail(f"{path.name}: {_difference(committed.read_bytes(), path.read_bytes())}; {AGAIN}")


def _difference(committed: bytes, rebuilt: bytes) -> str:
    """Which parts differ; or that only their compression does, which another zlib makes."""
    with zipfile.ZipFile(io.BytesIO(committed)) as old, zipfile.ZipFile(io.BytesIO(rebuilt)) as new:
        if old.namelist() != new.namelist():
            return "other parts, or another order"
        changed = [name for name in old.namelist() if old.read(name) != new.read(name)]
    return f"{changed} changed" if changed else "the parts are the same, their compression is not (another zlib?)"
