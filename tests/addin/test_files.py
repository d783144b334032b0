"""Actions on saved files, without window and Excel: the processes they work in, stopping, and what is in other's hands."""

from __future__ import annotations

import io
import json
import multiprocessing
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hostile_packages import ole

from xl_kpi import api, cli
from xl_kpi.addin import files
from xl_kpi.addin.carrying import carry
from xl_kpi.findings import XlKpiError
from xl_kpi.report.language import worded
from xl_kpi.units.listing import Unit
from xl_kpi.xlsx.archive import pack


def stop() -> None:
    raise files.Stopped


def test_the_command_line_and_the_ribbon_see_one_folder_alike(
    typical: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which files are looked at, which are passed over and counted, and what each comes to."""
    folder = typical.parent
    for name in ("甲.et", "乙.ods", ".~丙.xlsx", "._丁.xlsx", "~$戊.xlsx", "己.zip", "庚.docx"):
        (folder / name).write_bytes(b"")
    assert cli.main(["check", str(folder), "--json", "--workers", "0"]) == 1
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert {row["file"]: row["code"] for row in rows if row["verdict"] == "reject"} == {
        "甲.et": "empty-file",
        "乙.ods": "empty-file",
    }
    heads, *table = files.check([folder]).table()
    words = [[row["file"], worded(f"verdict.{row['verdict']}"), row["total"]] for row in rows]
    columns = [heads.index(title) for title in ("文件", "结论", "总分")]
    assert [[line[n] if line[n] != "" else None for n in columns] for line in table] == words
    passed = (
        "没有看的文件：压缩包（请先解压） 1 个、正在打开的文件的锁文件（~$） 2 个、苹果电脑留下的附属文件（._） 1 个"
    )
    assert told.err.startswith(f"{folder}：{passed}")
    assert files.check([folder]).said.endswith(f"{passed}。")


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


OLDER = Path(__file__).resolve().parents[1] / "older"


def test_answers_of_older_workbooks_go_into_fresh_ones_of_their_units(tmp_path: Path) -> None:
    old, new = tmp_path / "旧表", tmp_path / "新表"
    old.mkdir()
    for path in OLDER.glob("*-1.xlsx"):
        (old / path.name).write_bytes(path.read_bytes())
    (old / "加密.xlsx").write_bytes(ole("EncryptionInfo", "EncryptedPackage"))
    before = {path: path.read_bytes() for path in old.iterdir()}
    outcome = carry([old], new)
    assert {path: path.read_bytes() for path in old.iterdir()} == before
    by_name = {str(line.values[0]): line for line in outcome.lines}
    assert by_name["加密.xlsx"].verdict == "reject"
    assert "密码" in str(by_name["加密.xlsx"].values[-1])
    for name, unit, level in (
        ("zhangping-health-2019", "漳平市卫健局", None),
        ("cdc-emergency", "疾病预防控制机构", "市"),
    ):
        line = by_name[f"{name}-1.xlsx"]
        blank = api.build(api.scheme(name, level), unit)  # type: ignore[arg-type]  # 市
        alone = api.carry(OLDER / f"{name}-1.xlsx", ("新表.xlsx", blank))
        assert (new / f"{name}-1.xlsx").read_bytes() == alone.package
        assert line.values[1:4] == (unit, alone.count, len(alone.left))
        assert line.path == new / f"{name}-1.xlsx"
        assert len([f for f in line.findings if f.code == "carry-left"]) == len(alone.left)
        assert [f.cell for f in line.findings if f.cell] == [one.cell.partition("!")[2] for one in alone.left]
    assert outcome.said.startswith(f"搬好了 2 份，在 {new}。")
    assert "1 份没有搬，原因见表。" in outcome.said
    with pytest.raises(XlKpiError, match="已有同名文件"):
        carry([old], new)


def test_a_workbook_that_names_a_file_as_its_scheme_has_none_read(tmp_path: Path, typical_content: bytes) -> None:
    """What a returned workbook says of itself opens nothing on this machine."""
    with zipfile.ZipFile(io.BytesIO(typical_content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    evil = str(tmp_path / "evil.yaml").encode()
    (tmp_path / "evil.yaml").write_text("id: [", encoding="utf-8")
    changed = {name: part.replace(b"zaozhuang-blood-2022", evil) for name, part in parts.items()}
    assert changed != parts
    (tmp_path / "甲.xlsx").write_bytes(pack(changed))
    (line,) = carry([tmp_path / "甲.xlsx"], tmp_path / "新表").lines
    assert line.verdict == "reject"
    assert "evil.yaml 无法读取" not in str(line.values[-1])
    assert "不在现有方案中" in str(line.values[-1])
