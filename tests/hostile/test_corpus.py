"""1,051 real workbooks from other projects' test data: none is ours, each is refused for what it is, none does harm.

The archive is not part of the project: it lies beside it in shared/corpus, or where XL_KPI_CORPUS says.
"""

from __future__ import annotations

import os
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from hostile_child import checked

ARCHIVE = Path(
    os.environ.get("XL_KPI_CORPUS")
    or Path(__file__).resolve().parents[3] / "shared" / "corpus" / "real-workbooks.tar"
)
FILES = 1051
CHUNKS = 2
ORDINARY = "not-ours"

# What is not simply somebody else's workbook, looked at one by one: what each file is, and the code that says so.
ODD: dict[str, set[str]] = {}


@pytest.fixture(scope="module")
def members() -> list[str]:
    """The names of the workbooks in the archive."""
    if not ARCHIVE.exists():
        pytest.skip(f"没有 {ARCHIVE}（可用环境变量 XL_KPI_CORPUS 指明），跳过真实工作簿的测试")
    with tarfile.open(ARCHIVE) as archive:
        return [name for name in archive.getnames() if name.endswith((".xlsx", ".xlsm"))]


def test_the_corpus_is_complete(members: list[str]) -> None:
    assert len(members) == FILES
    assert {Path(name).name for name in members} >= set(ODD)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_real_workbook_of_others_is_refused_by_its_name(chunk: int, members: list[str], tmp_path: Path) -> None:
    mine = members[chunk::CHUNKS]
    done = checked([f"{name}@{ARCHIVE}" for name in mine], tmp_path / "child")
    codes: Counter[str] = Counter()
    wrong = []
    for path, report in done.reports.items():
        name = Path(path.partition("@")[0]).name
        codes[report["code"]] += 1
        if report["verdict"] != "reject" or report["code"] not in ODD.get(name, {ORDINARY}):
            said = report["findings"][0]["message"] if report["findings"] else ""
            wrong.append(f"{name}: {report['verdict']} {report['code']} {said}")
    print(f"{len(mine)} files, {done.memory / 1e6:.0f} MB: {codes.most_common()}")
    assert wrong == []
