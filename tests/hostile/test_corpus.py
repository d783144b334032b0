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

# What is not simply somebody else's workbook, looked at one by one. Where a file opens in some program and not in
# another, to refuse it as what it is or as not ours are both right.
ODD: dict[str, set[str]] = {
    # encrypted by Excel, with AES, SHA-1 and SHA-512
    "16369d4aceefca85.xlsx": {"encrypted"},
    "5ac2146436d254d6.xlsx": {"encrypted"},
    "6c6fa314e8d9f5dd.xlsx": {"encrypted"},
    "caae96225a5fbe2f.xlsx": {"encrypted"},
    # compound files: an old .xls, one of them with an archive in it
    "7c2a28759d7f4c4a.xlsx": {"old-format"},
    "aa9a9b80477b68d1.xlsm": {"old-format"},
    "85a37ba03f1fb7bc.xlsm": {"not-a-workbook", "old-format"},  # an OpenDocument spreadsheet
    "ccde1c6d8e4b05ab.xlsx": {"not-a-workbook"},  # a lock file without the name of one
    "691e1f89c3833a5c.xlsx": {"not-a-workbook"},  # an archive with one file named null
    "4bc565c4edf376e1.xlsx": {"not-a-workbook"},  # two parts and no content types
    # a part that a relation leads to is missing, or its check sum is wrong
    "07005f10d175a45a.xlsx": {"damaged"},
    "2684792b4fc73f24.xlsx": {"damaged"},
    "219fdde6367603ad.xlsx": {"damaged"},
    "9f8fec3a71c50076.xlsx": {"damaged"},
    "6fc31142a3db9f17.xlsx": {"damaged", "not-ours"},  # a sheet without a relation, which Excel repairs
    "626fd5ddb89cdf16.xlsx": {"damaged", "not-ours"},  # a sheet's state is "show", which there is not
    "5aba0247f02b39d3.xlsx": {"damaged", "not-a-workbook", "not-ours"},  # no sheets
    # names with a backslash: neither openpyxl nor LibreOffice finds the parts
    "1428f774dd01d4c5.xlsx": {"unsafe-package", "damaged", "not-ours"},
    "17270be2c9b87178.xlsx": {"unsafe-package", "damaged", "not-ours"},
    "4237e7a06cfba518.xlsx": {"unsafe-package", "damaged", "not-ours"},
    "734da58777193e9e.xlsx": {"unsafe-package", "damaged", "not-ours"},
    # a relation spells a part in another case: LibreOffice opens it, openpyxl does not
    "ce349c383557cf93.xlsx": {"ambiguous", "not-ours"},
    "d7123e493f73cd73.xlsx": {"ambiguous", "not-ours"},
    "af3e7621784d15e8.xlsx": {"ambiguous", "not-ours"},  # a worksheet's part that no sheet is made of
    "55893cec84ba7940.xlsm": {"unsafe-xml", "not-ours"},  # parts in UTF-16
}


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
