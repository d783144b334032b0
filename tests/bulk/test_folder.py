"""Which files of a folder are looked at, what is said of the others, and that results take the place of nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from said import zh

from xl_kpi.bulk.folder import listing, refuse_clash, refuse_existing
from xl_kpi.findings import XlKpiError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("乙.xlsx", "甲.XLSX", "旧.xls", "~$甲.xlsx", "说明.txt", "下级/丙.et", "结果/甲.xlsx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "夹.xlsx").mkdir()
    return tmp_path


def found_in(*paths: Path, outside: Path | None = None) -> set[str]:
    return {found.name.replace("\\", "/") for found in listing(paths, outside).files}


def test_workbooks_are_found_however_deep_and_lock_files_left_out(folder: Path) -> None:
    assert found_in(folder) == {"乙.xlsx", "甲.XLSX", "旧.xls", "下级/丙.et", "结果/甲.xlsx"}


def test_what_lies_where_results_are_kept_is_left_out(folder: Path) -> None:
    assert found_in(folder, outside=folder / "结果") == {"乙.xlsx", "甲.XLSX", "旧.xls", "下级/丙.et"}


def test_a_file_that_is_named_is_taken_whatever_it_is_and_once(folder: Path) -> None:
    found = listing([folder / "说明.txt", folder / "甲.XLSX", folder]).files
    assert [each.name for each in found][:2] == ["说明.txt", "甲.XLSX"]
    assert len({each.path for each in found}) == len(found) == 6


def test_a_folder_without_workbooks_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(XlKpiError, match="里没有考核工作簿") as refused:
        listing([tmp_path])
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


def placed(folder: Path, *names: str) -> None:
    """Files with nothing in them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def names(folder: Path) -> list[str]:
    """What is looked at, below the folder."""
    return [file.name.replace(os.sep, "/") for file in listing([folder]).files]


def test_workbooks_are_found_however_deep_and_those_to_be_refused_too(tmp_path: Path) -> None:
    placed(tmp_path, "a.xlsx", "乙/b.XLSX", "乙/丙/c.xls", "d.et", "e.xlsm", "f.ods", "说明.docx", "图.png")
    assert names(tmp_path) == ["a.xlsx", "d.et", "e.xlsm", "f.ods", "乙/b.XLSX", "乙/丙/c.xls"]
    assert listing([tmp_path]).told() is None


def test_what_is_passed_over_is_counted_by_kind(tmp_path: Path) -> None:
    placed(tmp_path, "a.xlsx", "一.zip", "乙/二.RAR", "三.7z", "四.csv", "五.lnk", "六.url")
    placed(tmp_path, "~$a.xlsx", ".~a.xlsx", ".~lock.a.xlsx#", "._a.xlsx", "乙/._b.xls", "._图.png", "~$说明.docx")
    found = listing([tmp_path])
    assert names(tmp_path) == ["a.xlsx"]
    assert found.passed == {"archive": 3, "csv": 1, "link": 2, "lock": 3, "leftover": 2}
    told = found.told()
    assert told is not None
    assert zh(told) == (
        "没有看的文件：压缩包（请先解压） 3 个、CSV 文件 1 个、链接、快捷方式 2 个、"
        "正在打开的文件的锁文件（~$） 3 个、苹果电脑留下的附属文件（._） 2 个"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows 上建立符号链接需要管理员权限")
def test_a_link_to_a_workbook_is_that_workbook_once_others_are_counted(tmp_path: Path) -> None:
    placed(tmp_path, "外/a.xlsx", "外/b.xlsx", "内/b.xlsx")
    inside = tmp_path / "内"
    (inside / "a.xlsx").symlink_to(tmp_path / "外" / "a.xlsx")
    (inside / "又是b.xlsx").symlink_to(inside / "b.xlsx")
    (inside / "外").symlink_to(tmp_path / "外")
    (inside / "没有了.xlsx").symlink_to(tmp_path / "没有了.xlsx")
    found = listing([inside])
    assert names(inside) == ["a.xlsx", "b.xlsx"]
    assert found.passed == {"link": 2}


def test_a_folder_without_a_workbook_says_to_unpack_archives(tmp_path: Path) -> None:
    placed(tmp_path, "上报.zip")
    with pytest.raises(XlKpiError) as caught:
        listing([tmp_path])
    assert "压缩包要先解压" in str(caught.value)
