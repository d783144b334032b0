"""Actions on saved files, without window and Excel: the processes they work in, stopping, and what is in other's hands."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import pytest

from xl_kpi import api
from xl_kpi.addin import files
from xl_kpi.findings import XlKpiError
from xl_kpi.workbook.units import Unit


def stop() -> None:
    raise files.Stopped


def test_a_check_that_is_stopped_leaves_no_process_and_says_what_is_left(typical: Path) -> None:
    outcome = files.check([typical.parent], watch=stop)
    assert outcome.lines == ()
    assert outcome.said.startswith("已取消，1 份中的后 1 份没有处理。")
    assert multiprocessing.active_children() == []


def test_recalculating_that_is_stopped_leaves_no_process_and_the_originals(typical: Path, tmp_path: Path) -> None:
    before = typical.read_bytes()
    outcome = files.recalculate([typical], tmp_path / "重算", watch=stop)
    assert outcome.lines == ()
    assert multiprocessing.active_children() == []
    assert typical.read_bytes() == before


def test_blanks_that_are_stopped_half_way_are_counted(tmp_path: Path) -> None:
    rounds = iter([None, None])

    def after_two() -> None:
        if next(rounds, stop) is stop:
            stop()

    units = [Unit(name) for name in ("甲", "乙", "丙")]
    outcome = files.blanks("zaozhuang-blood-2022", units, tmp_path, watch=after_two)
    assert outcome.said == f"已取消，3 份中的后 1 份没有处理。已生成 2 份空白工作簿，在 {tmp_path}。"
    assert len(list(tmp_path.iterdir())) == 2


def test_progress_goes_from_the_first_file_to_the_last(typical: Path, tmp_path: Path) -> None:
    (typical.parent / "空.xlsx").write_bytes(b"")
    seen: list[tuple[int, int]] = []
    files.recalculate([typical.parent], tmp_path / "重算", lambda number, count: seen.append((number, count)))
    assert seen == [(1, 2), (2, 2), (2, 2)]


def test_a_wrong_unit_stops_all_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(XlKpiError, match="“乙”：没有写层级") as refused:
        files.blanks("cdc-emergency", [Unit("甲", level="市"), Unit("乙"), Unit("丙")], tmp_path)
    assert len(refused.value.findings) == 2
    with pytest.raises(XlKpiError, match="同一个文件名"):
        files.blanks("zaozhuang-blood-2022", [Unit("a"), Unit("A")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_level_of_the_list_counts_before_the_one_chosen(tmp_path: Path) -> None:
    files.blanks("cdc-emergency", [Unit("甲", level="市"), Unit("乙")], tmp_path, level="县")
    assert {api.workbook_map(path)["level"] for path in tmp_path.iterdir()} == {"市", "县"}


def test_names_that_are_typed_are_tidied_and_told_apart() -> None:
    assert files.units_of(" 甲  医院 \n\n乙医院\n") == [Unit("甲 医院"), Unit("乙医院")]
    for text, why in (("", "没有写单位名称"), ("甲（一）\n甲(一)", "写了两次"), ("甲\x07", "控制字符")):
        with pytest.raises(XlKpiError, match=why):
            files.units_of(text)


def test_a_table_is_its_headings_and_a_row_for_each_line(typical: Path) -> None:
    heads, row = files.check([typical]).table()
    assert heads == ["文件", "单位", "结论", "总分", "得分率", "等次", "否决", "未填/有误", "第一个问题"]
    assert row[:5] == [typical.name, "枣庄市中心血站", "通过", pytest.approx(301.41), pytest.approx(301.41 / 400)]


def test_the_actions_load_neither_tkinter_nor_xlwings() -> None:
    script = "import sys, xl_kpi.addin.files; sys.exit(len({'tkinter', 'xlwings'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
