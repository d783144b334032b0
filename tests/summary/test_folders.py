"""Which files of a folder are looked at, and that results take the place of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from xl_kpi.findings import XlKpiError
from xl_kpi.summary.folders import refuse_clash, refuse_existing, workbooks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("乙.xlsx", "甲.XLSX", "旧.xls", "~$甲.xlsx", "说明.txt", "下级/丙.et", "结果/甲.xlsx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "夹.xlsx").mkdir()
    return tmp_path


def names(*paths: Path, outside: Path | None = None) -> set[str]:
    return {found.name.replace("\\", "/") for found in workbooks(paths, outside)}


def test_workbooks_are_found_however_deep_and_lock_files_left_out(folder: Path) -> None:
    assert names(folder) == {"乙.xlsx", "甲.XLSX", "旧.xls", "下级/丙.et", "结果/甲.xlsx"}


def test_what_lies_where_results_are_kept_is_left_out(folder: Path) -> None:
    assert names(folder, outside=folder / "结果") == {"乙.xlsx", "甲.XLSX", "旧.xls", "下级/丙.et"}


def test_a_file_that_is_named_is_taken_whatever_it_is_and_once(folder: Path) -> None:
    found = workbooks([folder / "说明.txt", folder / "甲.XLSX", folder])
    assert [each.name for each in found][:2] == ["说明.txt", "甲.XLSX"]
    assert len({each.path for each in found}) == len(found) == 6


def test_a_folder_without_workbooks_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(XlKpiError, match="里没有考核工作簿") as refused:
        workbooks([tmp_path])
    assert str(tmp_path) in str(refused.value)


def test_names_that_differ_in_case_only_clash() -> None:
    refuse_clash(["a.xlsx", "b.xlsx"])
    with pytest.raises(XlKpiError, match="同一个文件名"):
        refuse_clash(["a.xlsx", "A.xlsx"])


def test_files_that_are_there_are_named_and_counted(folder: Path) -> None:
    refuse_existing([folder / "没有.xlsx"], folder)
    there = [folder / name for name in ("乙.xlsx", "甲.XLSX", "旧.xls", "说明.txt", "下级/丙.et", "结果/甲.xlsx")]
    with pytest.raises(XlKpiError, match=r"乙\.xlsx、甲\.XLSX、.* 等 6 个。没有改动任何文件"):
        refuse_existing(there, folder)
