"""Which files of a folder are looked at, and what is said of the others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xl_kpi.findings import XlKpiError
from xl_kpi.summary.folders import listing


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
    assert listing([tmp_path]).told() == ""


def test_what_is_passed_over_is_counted_by_kind(tmp_path: Path) -> None:
    placed(tmp_path, "a.xlsx", "一.zip", "乙/二.RAR", "三.7z", "四.csv", "五.lnk", "六.url")
    placed(tmp_path, "~$a.xlsx", ".~a.xlsx", ".~lock.a.xlsx#", "._a.xlsx", "乙/._b.xls", "._图.png", "~$说明.docx")
    found = listing([tmp_path])
    assert names(tmp_path) == ["a.xlsx"]
    assert found.passed == {"archive": 3, "csv": 1, "link": 2, "lock": 3, "leftover": 2}
    assert found.told() == (
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
