"""The command line keeps its contract: what is on stdout, what on stderr, which keys, which exit code."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
import yaml

from xl_kpi import cli
from xl_kpi.report.language import choose

TESTS = Path(__file__).resolve().parent
SMALL = TESTS / "golden" / "small.yaml"
CASE = yaml.safe_load((SMALL.parent / "small.answers.yaml").read_text(encoding="utf-8"))
BLANK = "示例疾控中心_2024_small-2024.xlsx"
CHINESE = re.compile(r"[\u4e00-\u9fff]")

small = pytest.mark.xdist_group("small")
workbooks = pytest.mark.xdist_group("workbooks")


class Run(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """The JSON objects on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Run]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process; argparse's own exits count as exit codes."""

    def command(*arguments: object) -> Run:
        capsys.readouterr()
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return command


@pytest.fixture(autouse=True)
def _chinese_again() -> None:
    """--lang en holds for one command, not for the tests after it."""
    choose("zh")


def process(*arguments: object, **environment: str) -> Run:
    """The same in a process of its own, its output in pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "xl_kpi", *map(str, arguments)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(TESTS.parent), **environment},
        timeout=300,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The small workbook blank, filled, and filled and recalculated, as the command line makes them."""
    folder = tmp_path_factory.mktemp("made")
    answers = folder / "answers.json"
    answers.write_text(json.dumps(CASE["answers"], ensure_ascii=False), encoding="utf-8")
    assert cli.main(["new", str(SMALL), "--out", str(folder)]) == 0
    blank, filled, done = folder / BLANK, folder / "filled.xlsx", folder / "done"
    assert cli.main(["fill", str(blank), str(answers), "--out", str(filled), "--scheme", str(SMALL)]) == 0
    assert cli.main(["recalc", str(filled), "--out", str(done), "--scheme", str(SMALL)]) == 0
    return {
        "blank": blank.read_bytes(),
        "filled": filled.read_bytes(),
        "done": (done / "filled.xlsx").read_bytes(),
    }


def placed(folder: Path, name: str, content: bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def meta_of(path: Path) -> dict[str, Any]:
    """What a workbook's hidden sheet says, as openpyxl reads it."""
    sheet = openpyxl.load_workbook(path, read_only=True)["_xl_kpi"]
    return {row[0]: row[1] for row in sheet.iter_rows(values_only=True)}


# schemes and lint


@small
def test_schemes_lists_the_five_with_their_tasks_and_points(run: Command) -> None:
    result = run("schemes", "--json")
    assert (result.code, result.err) == (0, "")
    assert all({"name", "title", "year", "tasks", "points"} <= set(line) for line in result.lines)
    assert {line["name"]: (line["year"], line["tasks"], line["points"]) for line in result.lines} == {
        "zaozhuang-cdc-2022": (2022, 30, 400),
        "zaozhuang-blood-2022": (2022, 28, 400),
        "zaozhuang-hospital-2022": (2022, 53, 700),
        "zhangping-health-2019": (2019, 38, 1500),
        "cdc-emergency": (2023, 23, 556),
    }
    table = run("schemes")
    assert table.code == 0
    assert all(f"{line['name']}" in table.out and line["title"] in table.out for line in result.lines)


@small
def test_the_shipped_schemes_lint_without_errors(run: Command) -> None:
    names = [line["name"] for line in run("schemes", "--json").lines]
    result = run("lint", *names, "--json")
    assert (result.code, result.err) == (0, "")
    assert all({"code", "severity", "message"} <= set(line) for line in result.lines)
    assert {line["severity"] for line in result.lines} <= {"warning", "info"}
    assert all(CHINESE.search(line["message"]) for line in result.lines)
    text = run("lint", *names)
    assert all(name in text.out for name in names)


@small
def test_a_scheme_that_does_not_cover_its_text_fails_the_lint(run: Command, tmp_path: Path) -> None:
    text = SMALL.read_text(encoding="utf-8").replace(
        "突发事件报告及时率100%。", "突发事件报告及时率100%，5日内总结。"
    )
    path = placed(tmp_path, "uncovered.yaml", text.encode())
    result = run("lint", path, "--json")
    assert (result.code, result.err) == (1, "")
    assert [line["code"] for line in result.lines if line["severity"] == "error"] == ["scheme-unbound"]
    assert "5" in next(line["message"] for line in result.lines if line["severity"] == "error")


@small
@pytest.mark.parametrize("command", [("lint",), ("new", "--out", "out")])
def test_a_scheme_that_does_not_load_is_exit_2_with_every_problem_on_stderr(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = SMALL.read_text(encoding="utf-8").replace("points: 70", "points: 71").replace("points: 30", "points: 31")
    path = placed(tmp_path, "broken.yaml", broken.encode())
    result = run(command[0], path, *command[1:])
    assert (result.code, result.out) == (2, "")
    assert "71" in result.err
    assert len(result.err.splitlines()) >= 2
    assert "Traceback" not in result.err
    assert not (tmp_path / "out").exists()


@small
def test_an_unknown_scheme_is_exit_2_and_the_known_ones_are_named(run: Command, tmp_path: Path) -> None:
    result = run("new", "nowhere-2022", "--out", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert "nowhere-2022" in result.err
    assert "zaozhuang-cdc-2022" in result.err


@small
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["new", "small"],
        ["check"],
        ["recalc", "x.xlsx"],
        ["recalc", "x.xlsx", "--in-place", "--out", "y"],
        ["new", "x", "--level", "乡", "--out", "y"],
        ["new", "x", "--year", "二〇二四", "--out", "y"],
        ["schemes", "--lang", "fr"],
    ],
)
def test_wrong_usage_is_exit_2_with_nothing_on_stdout(run: Command, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err


# new


@small
def test_new_names_the_file_after_unit_year_and_scheme(run: Command, tmp_path: Path) -> None:
    folder = tmp_path / "一层" / "二层"
    result = run("new", SMALL, "--out", folder)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [str(folder / BLANK)]
    assert [path.name for path in folder.iterdir()] == [BLANK]


@small
def test_new_makes_a_workbook_for_each_unit_and_another_year(run: Command, tmp_path: Path) -> None:
    result = run("new", SMALL, "--unit", "甲医院", "--unit", " 乙  医院 ", "--year", 2025, "--out", tmp_path)
    assert result.code == 0
    names = ["甲医院_2025_small-2024.xlsx", "乙 医院_2025_small-2024.xlsx"]
    assert result.out.splitlines() == [str(tmp_path / name) for name in names]
    assert [meta_of(tmp_path / name)["unit"] for name in names] == ["甲医院", "乙 医院"]
    assert {meta_of(tmp_path / name)["year"] for name in names} == {2025}
    checked = run("check", tmp_path, "--json", "--scheme", SMALL)
    assert {line["year"] for line in checked.lines} == {2025}


def unit_list(kind: str, rows: list[list[str]]) -> bytes:
    """A list of units as .xlsx, or as .csv in one of the encodings in use."""
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()
    return "".join(",".join(row) + "\r\n" for row in rows).encode(kind)


@small
@pytest.mark.parametrize("kind", ["xlsx", "utf-8", "utf-8-sig", "gb18030"])
def test_new_takes_a_list_of_units_with_codes_and_levels(run: Command, tmp_path: Path, kind: str) -> None:
    levelled = SMALL.read_text(encoding="utf-8").replace("points: 100\n", "points: 100\nlevels: [省, 市, 县]\n", 1)
    scheme = placed(tmp_path, "levelled.yaml", levelled.encode())
    rows = [
        ["单位名称", "单位代码", "层级"],
        ["甲中心", "007", "市级"],
        ["乙中心", "", "县"],
        ["", "", ""],
        ["丙㐂", "x", ""],
    ]
    suffix = ".xlsx" if kind == "xlsx" else ".csv"
    listed = placed(tmp_path, f"名单{suffix}", unit_list(kind, rows))
    out = tmp_path / "out"
    result = run("new", scheme, "--units", listed, "--level", "省", "--out", out)
    assert result.code == 0
    passed, no_level = result.err.splitlines()
    assert "第4行：空行" in passed
    assert "第5行：没有写层级" in no_level
    found = {path.name: meta_of(path) for path in out.iterdir()}
    assert {(meta["unit"], meta["code"] or "", meta["level"]) for meta in found.values()} == {
        ("甲中心", "007", "市"),
        ("乙中心", "", "县"),
        ("丙㐂", "x", "省"),
    }
    assert set(found) == {f"{unit}_2024_small-2024.xlsx" for unit in ("甲中心", "乙中心", "丙㐂")}


@small
@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["编号", "代码"], ["甲", "1"]], ["名单.csv", "单位名称"]),
        ([["单位名称"], ["甲"], ["乙"], ["甲"]], ["第4行", "第2行", "甲", "重复"]),
        ([["单位名称", "层级"], ["甲", "乡"]], ["第2行", "乡", "省、市或县"]),
        ([["单位名称", "单位代码"], ["", "1"]], ["第2行", "缺少单位名称"]),
        ([["单位名称"]], ["没有"]),
        ([["单位名称"], ["a\x01b"]], ["第2行"]),
        ([["单位名称"], ["甲/乙"], ["甲:乙"]], ["甲_乙"]),
    ],
)
def test_a_wrong_list_of_units_is_exit_2_and_says_where(
    run: Command, tmp_path: Path, rows: list[list[str]], words: list[str]
) -> None:
    listed = placed(tmp_path, "名单.csv", unit_list("utf-8", rows))
    result = run("new", SMALL, "--units", listed, "--out", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert all(word in result.err for word in words), result.err
    assert "Traceback" not in result.err
    assert not list(tmp_path.glob("out/*"))


@small
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("没有.xlsx", None, ["没有.xlsx", "找不到"]),
        ("坏的.xlsx", b"not a zip", ["坏的.xlsx"]),
        ("空的.csv", b"", ["空的.csv"]),
    ],
)
def test_a_list_of_units_that_cannot_be_read_is_exit_2(
    run: Command, tmp_path: Path, name: str, content: bytes | None, words: list[str]
) -> None:
    if content is not None:
        placed(tmp_path, name, content)
    result = run("new", SMALL, "--units", tmp_path / name, "--out", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert all(word in result.err for word in words), result.err


@small
def test_units_made_from_a_list_are_found_again_by_the_same_list(run: Command, tmp_path: Path) -> None:
    listed = tmp_path / "名单.csv"
    written = ["枣庄市立医院（东院）", " 甲  医院 ", "乙\u200b医院", "NA", "Ａ医院"]
    listed.write_text("单位名称,单位代码\n" + "".join(f"{name},1,\n" for name in written), encoding="utf-8")
    assert run("new", SMALL, "--units", listed, "--out", tmp_path / "out").code == 0
    result = run("check", tmp_path / "out", "--units", listed, "--scheme", SMALL, "--json", "--workers", 0)
    assert [line["file"] for line in result.lines if not line["file"]] == []
    assert {line["code"] for line in result.lines} == {"missing"}  # nothing filled in, and none of another unit
    other = tmp_path / "另一份.csv"
    other.write_text("单位名称\n枣庄市立医院(东院)\n甲医院\n乙医院\nna\nA医院\n", encoding="utf-8")
    result = run("check", tmp_path / "out", "--units", other, "--scheme", SMALL, "--json", "--workers", 0)
    assert {line["code"] for line in result.lines} == {"missing"}


@small
def test_every_wrong_row_of_a_list_is_told_at_once(run: Command, tmp_path: Path) -> None:
    rows = [["单位名称", "层级"], ["甲", "乡"], ["乙", "市"], ["", "县"], ["乙", ""]]
    listed = placed(tmp_path, "名单.csv", unit_list("utf-8", rows))
    result = run("new", SMALL, "--units", listed, "--out", tmp_path / "out")
    assert [re.findall(r"第(\d)行：", line) for line in result.err.splitlines()] == [["2"], ["4"], ["5"]]


@small
def test_units_that_would_share_a_file_are_refused_before_anything_is_written(run: Command, tmp_path: Path) -> None:
    for names in (["甲", "甲"], ["A院", "a院"]):  # Windows and macOS make no difference between A and a
        result = run("new", SMALL, *(a for name in names for a in ("--unit", name)), "--out", tmp_path / "out")
        assert (result.code, result.out) == (2, ""), names
        assert not list(tmp_path.glob("out/*"))


@small
def test_a_unit_whose_name_no_cell_can_hold_is_refused(run: Command, tmp_path: Path) -> None:
    result = run("new", SMALL, "--unit", "a\x01b", "--out", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert not list(tmp_path.glob("out/*"))


@small
def test_a_scheme_with_levels_asks_for_one(run: Command, tmp_path: Path) -> None:
    result = run("new", "cdc-emergency", "--out", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert "--level" in result.err
    assert not list(tmp_path.glob("out/*"))


@small
@pytest.mark.parametrize("year", [0, -1, 99999])
def test_a_year_that_is_none_is_exit_2(run: Command, tmp_path: Path, year: int) -> None:
    result = run("new", SMALL, f"--year={year}", "--out", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert str(year) in result.err


# map


@small
def test_map_has_every_key_of_the_contract(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    path = placed(tmp_path, "a.xlsx", made["filled"])
    result = run("map", path, "--json", "--scheme", SMALL)
    assert (result.code, result.err) == (0, "")
    (found,) = result.lines
    assert {"scheme", "version", "unit", "year", "level", "stage", "fingerprint", "inputs", "outputs"} <= set(found)
    assert (found["scheme"], found["version"], found["unit"], found["year"], found["level"], found["stage"]) == (
        "small-2024",
        3,
        "示例疾控中心",
        2024,
        None,
        "self",
    )
    place = re.compile(r"[^!]+![A-Z]+\d+")
    for item in found["inputs"]:
        assert {"id", "task", "label", "kind", "required", "min", "max", "choices", "cells"} <= set(item)
        assert item["kind"] in ("number", "percent", "count", "choice", "date", "text")
        assert isinstance(item["required"], bool)
        assert set(item["cells"]) == {"self", "review", "final", "note"}
        assert all(place.fullmatch(cell) for cell in item["cells"].values())
    assert set(CASE["answers"]) <= {item["id"] for item in found["inputs"]}
    outputs = found["outputs"]
    assert {"total", "max", "grade", "vetoes", "groups", "tasks"} <= set(outputs)
    assert set(outputs["groups"]) == set(CASE["expect"]["groups"])
    assert set(outputs["tasks"]) == set(CASE["expect"]["tasks"])
    for places in outputs["tasks"].values():
        assert {"self", "final", "points"} <= set(places)
        assert all(place.fullmatch(cell) for cell in places.values())


@small
def test_map_without_json_is_a_table(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    result = run("map", placed(tmp_path, "a.xlsx", made["blank"]), "--scheme", SMALL)
    assert (result.code, result.err) == (0, "")
    assert "办结及时率" in result.out
    assert "数据填报!E" in result.out


@small
def test_map_of_a_file_that_is_not_ours_is_exit_1_and_of_none_is_exit_2(run: Command, tmp_path: Path) -> None:
    result = run("map", placed(tmp_path, "a.xlsx", b"text"), "--json")
    assert (result.code, result.out) == (1, "")
    assert "a.xlsx" in result.err
    assert run("map", tmp_path / "none.xlsx", "--json").code == 2


# fill


@small
def test_fill_writes_the_answers_into_a_new_file(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    blank = placed(tmp_path, "a.xlsx", made["blank"])
    answers = placed(
        tmp_path, "answers.json", json.dumps({"stage": "final", "answers": {"t3.accidents": 2}}).encode()
    )
    result = run("fill", blank, answers, "--out", tmp_path / "b.xlsx", "--scheme", SMALL)
    assert (result.code, result.out.splitlines(), result.err) == (0, [str(tmp_path / "b.xlsx")], "")
    assert blank.read_bytes() == made["blank"]
    assert run("map", tmp_path / "b.xlsx", "--json", "--scheme", SMALL).lines[0]["stage"] == "final"


@small
@pytest.mark.parametrize(
    ("content", "word"),
    [
        ('{"t9.none": 1}', "t9.none"),
        ('{"t2.ontime": true}', "t2.ontime"),
        ('{"t2.ontime": [1]}', "t2.ontime"),
        ('{"stage": "other", "answers": {}}', "stage"),
        ('{"t2.ontime": NaN}', ""),
        ('{"t2.ontime": 1e999}', ""),
        ('{"t2.ontime": "\\ud800"}', ""),
        ("[1]", "answers.json"),
        ("{", "answers.json"),
        ("", "answers.json"),
        ("\xff", "answers.json"),
    ],
)
def test_answers_that_are_wrong_are_exit_2_and_nothing_is_written(
    run: Command, tmp_path: Path, made: dict[str, bytes], content: str, word: str
) -> None:
    blank = placed(tmp_path, "a.xlsx", made["blank"])
    answers = placed(tmp_path, "answers.json", content.encode("latin-1"))
    result = run("fill", blank, answers, "--out", tmp_path / "b.xlsx", "--scheme", SMALL)
    assert (result.code, result.out) == (2, "")
    assert CHINESE.search(result.err)
    assert word in result.err
    assert not (tmp_path / "b.xlsx").exists()


@small
@pytest.mark.parametrize("wanting", ["a.xlsx", "answers.json", "folder"])
def test_what_is_not_there_is_exit_2_and_named(
    run: Command, tmp_path: Path, made: dict[str, bytes], wanting: str
) -> None:
    placed(tmp_path, "a.xlsx", made["blank"])
    placed(tmp_path, "answers.json", b"{}")
    (tmp_path / "folder").mkdir()
    path = tmp_path / wanting
    path.rmdir() if path.is_dir() else path.unlink()
    arguments = [tmp_path / "a.xlsx", tmp_path / "answers.json", "--out", tmp_path / "folder" / "b.xlsx"]
    result = run("fill", *arguments, "--scheme", SMALL)
    assert (result.code, result.out) == (2, "")
    assert wanting in result.err
    assert "Traceback" not in result.err


# check

REPORT = {
    "file", "verdict", "code", "scheme", "unit", "year", "complete", "total", "max", "rate", "grade", "vetoes",
    "groups", "tasks", "findings",
}  # fmt: skip


@small
def test_check_reports_what_was_worked_by_hand_with_every_key_of_the_contract(
    run: Command, tmp_path: Path, made: dict[str, bytes]
) -> None:
    path = placed(tmp_path, "甲.xlsx", made["done"])
    result = run("check", path, "--json", "--scheme", SMALL)
    assert (result.code, result.err) == (0, "")
    (found,) = result.lines
    assert set(found) >= REPORT
    expect = CASE["expect"]
    assert (found["file"], found["verdict"], found["code"], found["findings"]) == ("甲.xlsx", "accept", "ok", [])
    assert (found["scheme"], found["unit"], found["year"]) == ("small-2024", "示例疾控中心", 2024)
    assert (found["total"], found["max"], found["grade"], found["complete"], found["vetoes"]) == (
        expect["total"],
        expect["max"],
        expect["grade"],
        True,
        [],
    )
    assert found["rate"] == pytest.approx(expect["rate"])
    for group in found["groups"]:
        assert {"id", "name", "points", "score"} <= set(group)
    for task in found["tasks"]:
        assert {"id", "name", "points", "self", "final"} <= set(task)
    assert {group["id"]: group["score"] for group in found["groups"]} == expect["groups"]
    assert {task["id"]: task["final"] for task in found["tasks"]} == expect["tasks"]


@small
def test_a_blank_workbook_is_flagged_with_a_finding_for_each_required_input(
    run: Command, tmp_path: Path, made: dict[str, bytes]
) -> None:
    result = run("check", placed(tmp_path, "a.xlsx", made["blank"]), "--json", "--scheme", SMALL)
    assert result.code == 1
    (found,) = result.lines
    assert set(found) >= REPORT
    assert (found["verdict"], found["code"], found["complete"]) == ("flag", "missing", False)
    # Of the 17 inputs the date, the reason and the three indices may stay blank.
    assert [f["code"] for f in found["findings"]] == ["missing"] * 12
    for told in found["findings"]:
        assert {"code", "severity", "sheet", "cell", "message"} <= set(told)
        assert told["sheet"] == "数据填报"
        assert re.fullmatch(r"E\d+", told["cell"])
        assert "未填" in told["message"]
    assert {task["final"] for task in found["tasks"]} == {None}


@small
def test_a_veto_is_in_the_report_with_its_task_and_effect(
    run: Command, tmp_path: Path, made: dict[str, bytes]
) -> None:
    answers = placed(tmp_path, "answers.json", b'{"t3.major": 1}')
    path = placed(tmp_path, "a.xlsx", made["done"])
    assert run("fill", path, answers, "--out", path, "--scheme", SMALL).code == 0
    (found,) = run("check", path, "--json", "--scheme", SMALL).lines
    assert found["vetoes"] == [{"task": "t3", "effect": "fail"}]
    assert (found["total"], found["grade"]) == (67.5, "不合格")
    assert ("veto", "info") in [(f["code"], f["severity"]) for f in found["findings"]]


@small
def test_check_in_words_shows_total_grade_and_findings(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    result = run("check", placed(tmp_path, "甲.xlsx", made["done"]), "--scheme", SMALL)
    assert (result.code, result.err) == (0, "")
    assert all(word in result.out for word in ("甲.xlsx", "67.5", "100", "67.50%", "合格"))
    blank = run("check", placed(tmp_path, "乙.xlsx", made["blank"]), "--scheme", SMALL)
    assert blank.code == 1
    assert all(word in blank.out for word in ("乙.xlsx", "未完成", "数据填报!E"))


def renamed_sheet(book: bytes) -> bytes:
    """A workbook of ours with a sheet's name changed."""
    return changed(book, "xl/workbook.xml", lambda xml: xml.replace("核对".encode(), "核查".encode()))


def with_meta(book: bytes, key: str, value: str) -> bytes:
    """A workbook of ours whose hidden sheet says something else."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        strings = re.findall(rb"<si><t[^>]*>([^<]*)</t></si>", archive.read("xl/sharedStrings.xml"))

    def change(xml: bytes) -> bytes:
        cell = rb"( t=\"s\"><v>%d</v></c><c r=\"B\d+\" s=\"\d+\")[^>]*>.*?</c>" % strings.index(key.encode())
        new, count = re.subn(cell, rb"\1>" + value.encode() + b"</c>", xml)
        assert count == 1
        return new

    return changed(book, "xl/worksheets/sheet7.xml", change)


def changed(book: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info.filename, change(content) if info.filename == part else content)
    return buffer.getvalue()


def flipped(book: bytes) -> bytes:
    """A workbook in whose compressed data some bytes were overwritten, as a bad stick does."""
    middle = len(book) // 3
    return book[:middle] + bytes(255 - byte for byte in book[middle : middle + 200]) + book[middle + 200 :]


def foreign() -> bytes:
    """Somebody else's workbook."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["单位", "得分"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(*names: str) -> bytes:
    """A zip that is no workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


NOT_OURS: dict[str, tuple[Callable[[bytes], bytes | None], str, str]] = {
    "missing": (lambda _: None, "not-found", "找不到"),
    "empty": (lambda _: b"", "empty-file", "空"),
    "text": (lambda _: "单位,得分\n".encode("gb18030"), "not-a-workbook", "另存为 .xlsx"),
    "xls": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "old-format", ".xls"),
    "html": (lambda _: b"<html><table><tr><td>1</td></tr></table></html>", "not-a-workbook", "网页"),
    "truncated": (lambda book: book[: len(book) // 2], "damaged", "损坏"),
    "bad bytes": (flipped, "damaged", "损坏"),
    "other zip": (lambda _: zipped("word/document.xml"), "not-a-workbook", "ZIP"),
    "foreign": (lambda _: foreign(), "not-ours", "没有方案标识"),
    "other version": (lambda book: with_meta(book, "version", "<v>1</v>"), "other-version", "第 1 版"),
    "other scheme text": (lambda book: with_meta(book, "fingerprint", "<v>1</v>"), "not-ours", "指纹"),
    "sheet renamed": (renamed_sheet, "structure", "核对"),
    "year 99999": (lambda book: with_meta(book, "year", "<v>99999</v>"), "not-ours", "年度"),
    "year nan": (lambda book: with_meta(book, "year", "<v>nan</v>"), "damaged", "单元格内容无效"),
    "year inf": (lambda book: with_meta(book, "year", "<v>1e999</v>"), "damaged", "单元格内容无效"),
    "year blank": (lambda book: with_meta(book, "year", ""), "not-ours", "年度"),
}


@small
@pytest.mark.parametrize("kind", NOT_OURS)
def test_a_file_that_is_not_ours_is_rejected_by_name_in_chinese_with_exit_1(
    run: Command, tmp_path: Path, made: dict[str, bytes], kind: str
) -> None:
    make, code, word = NOT_OURS[kind]
    content = make(made["done"])
    path = tmp_path / "收到的.xlsx"
    if content is not None:
        path.write_bytes(content)
    result = run("check", path, "--json", "--scheme", SMALL)
    assert (result.code, result.err) == (1, "")
    (found,) = result.lines
    assert (found["file"], found["verdict"], found["code"]) == ("收到的.xlsx", "reject", code)
    (told,) = found["findings"]
    assert (told["code"], told["severity"]) == (code, "error")
    assert word in told["message"]
    text = run("check", path, "--scheme", SMALL)
    assert text.code == 1
    assert word in text.out


@small
def test_a_rejected_file_has_every_key_of_the_contract_too(run: Command, tmp_path: Path) -> None:
    """A reader of JSON lines must not have to know which keys a rejected file lacks; no outcome is null."""
    (found,) = run("check", placed(tmp_path, "a.xlsx", b""), "--json").lines
    assert set(found) >= REPORT
    assert found["complete"] in (False, None)
    assert (found["total"], found["grade"]) in ((None, None), (None, ""))


@small
def test_a_folder_is_checked_file_by_file_and_lock_files_are_passed_over_and_counted(
    run: Command, tmp_path: Path, made: dict[str, bytes]
) -> None:
    folder = tmp_path / "收回"
    (folder / "第二批").mkdir(parents=True)
    placed(folder, "a.xlsx", made["done"])
    placed(folder, "b.xlsx", b"")
    placed(folder, "~$a.xlsx", b"\x05lock")
    placed(folder, "说明.docx", b"x")
    placed(folder / "第二批", "c.XLSX", made["filled"])
    placed(folder / "第二批", "~$c.xlsx", b"\x05lock")
    result = run("check", folder, "--json", "--scheme", SMALL)
    assert result.code == 1
    verdicts = {line["file"]: line["verdict"] for line in result.lines}
    assert verdicts == {"a.xlsx": "accept", "b.xlsx": "reject", "c.XLSX": "accept"}
    assert "2" in result.err
    assert "~$" in result.err
    assert "收回" in result.err


@small
def test_a_folder_without_workbooks_is_not_passed_over_in_silence(run: Command, tmp_path: Path) -> None:
    (tmp_path / "上报.docx").write_bytes(b"")
    result = run("check", tmp_path, "--json")
    assert (result.code, result.out) == (2, "")
    assert "没有考核工作簿" in result.err


@small
def test_a_scheme_we_do_not_ship_must_be_named(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    (found,) = run("check", placed(tmp_path, "a.xlsx", made["done"]), "--json").lines
    assert (found["verdict"], found["code"]) == ("reject", "not-ours")
    assert "--scheme" in found["findings"][0]["message"]
    wrong = run("check", tmp_path / "a.xlsx", "--json", "--scheme", "nowhere.yaml")
    assert (wrong.code, wrong.out) == (2, "")


# language


@small
def test_english_is_english(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    path = placed(tmp_path, "a.xlsx", made["blank"])
    (found,) = run("check", path, "--json", "--lang", "en", "--scheme", SMALL).lines
    assert all("is not filled in" in told["message"] for told in found["findings"])
    wrong = run("new", "nowhere", "--out", tmp_path, "--lang", "en")
    assert wrong.code == 2
    assert "no scheme named 'nowhere'" in wrong.err
    # And Chinese again where nothing is said.
    assert "没有名为" in run("new", "nowhere", "--out", tmp_path).err


@small
@pytest.mark.parametrize("kind", ["missing", "empty", "foreign"])
@pytest.mark.parametrize("as_json", [True, False])
def test_english_messages_have_no_chinese_in_them(run: Command, tmp_path: Path, kind: str, as_json: bool) -> None:
    content = NOT_OURS[kind][0](b"")
    path = tmp_path / "a.xlsx"
    if content is not None:
        path.write_bytes(content)
    result = run("check", path, "--lang", "en", *(["--json"] if as_json else []))
    assert result.code == 1
    assert not CHINESE.search(result.out + result.err), result.out


# recalc


@small
def test_recalc_writes_the_values_beside_or_in_place(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    path = placed(tmp_path, "a.xlsx", made["filled"])
    beside = run("recalc", path, "--out", tmp_path / "out", "--scheme", SMALL)
    assert (beside.code, beside.out.splitlines(), beside.err) == (0, [str(tmp_path / "out" / "a.xlsx")], "")
    assert path.read_bytes() == made["filled"]
    total = openpyxl.load_workbook(tmp_path / "out" / "a.xlsx", data_only=True)
    assert total["封面"]["C11"].value == CASE["expect"]["total"]
    in_place = run("recalc", path, "--in-place", "--scheme", SMALL)
    assert (in_place.code, in_place.out.splitlines()) == (0, [str(path)])
    assert path.read_bytes() == (tmp_path / "out" / "a.xlsx").read_bytes()
    assert run("check", path, "--json", "--scheme", SMALL).lines[0]["findings"] == []


@small
def test_recalc_of_a_folder_does_not_stop_at_a_bad_file(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    folder = tmp_path / "收回"
    folder.mkdir()
    placed(folder, "a.xlsx", b"")
    placed(folder, "b.xlsx", made["filled"])
    result = run("recalc", folder, "--out", tmp_path / "out", "--scheme", SMALL)
    assert result.code == 1
    assert "a.xlsx" in result.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.xlsx"]


@small
def test_recalc_of_a_folder_keeps_its_sub_folders(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    for name in ("甲", "乙/丙"):
        (tmp_path / "收回" / name).mkdir(parents=True)
        placed(tmp_path / "收回" / name, "a.xlsx", made["filled"])
    out = tmp_path / "收回" / "重算"  # within the folder: what lies there is not recalculated the next time
    for _ in range(2):
        result = run("recalc", tmp_path / "收回", "--out", out, "--scheme", SMALL)
        assert (result.code, result.err) == (0, "")
        written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
        assert written == {str(Path("甲", "a.xlsx")), str(Path("乙", "丙", "a.xlsx"))}


@small
@pytest.mark.skipif(os.name == "nt", reason="Windows 上建立符号链接需要管理员权限")
def test_recalc_in_place_writes_through_a_link(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    path = placed(tmp_path, "a.xlsx", made["filled"])
    link = tmp_path / "链接.xlsx"
    link.symlink_to(path)
    assert run("recalc", link, "--in-place", "--scheme", SMALL).code == 0
    assert link.is_symlink()
    assert path.read_bytes() != made["filled"]


@small
def test_what_a_folder_holds_besides_is_counted(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    folder = tmp_path / "收回"
    folder.mkdir()
    placed(folder, "a.xlsx", made["filled"])
    for name in ("甲.zip", "乙.rar", "丙.csv", "~$a.xlsx", "._a.xlsx"):
        placed(folder, name, b"x")
    result = run("check", folder, "--json", "--scheme", SMALL)
    assert [line["file"] for line in result.lines] == ["a.xlsx"]
    assert "压缩包（请先解压） 2 个、CSV 文件 1 个" in result.err


@small
def test_a_signature_that_a_change_makes_void_is_told(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    path = tmp_path / "签.xlsx"
    with zipfile.ZipFile(io.BytesIO(made["filled"])) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("_xmlsignatures/origin.sigs", b"")
        target.writestr("_xmlsignatures/sig1.xml", b"<Signature/>")
    answers = placed(tmp_path, "a.json", b"{}")
    for result in (
        run("fill", path, answers, "--out", tmp_path / "填.xlsx", "--scheme", SMALL),
        run("recalc", path, "--out", tmp_path / "out", "--scheme", SMALL),
    ):
        assert result.code == 0
        assert "签名已失效" in result.err
    assert "签名" not in run("check", path, "--scheme", SMALL).err


@small
def test_recalc_never_writes_two_files_into_one(run: Command, tmp_path: Path, made: dict[str, bytes]) -> None:
    for name in ("甲", "乙"):
        (tmp_path / name).mkdir()
        placed(tmp_path / name, "a.xlsx", made["filled"])
    result = run("recalc", tmp_path / "甲", tmp_path / "乙", "--out", tmp_path / "out", "--scheme", SMALL)
    written = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert result.code != 0 or len(written) == 2, "the second file took the first one's place without a word"


# as a program


@small
def test_in_a_pipe_there_is_no_progress_bar_and_nothing_but_data(tmp_path: Path) -> None:
    listed = placed(tmp_path, "名单.xlsx", unit_list("xlsx", [["单位名称"], ["乙"]]))
    result = process("new", SMALL, "--unit", "甲", "--units", listed, "--out", tmp_path / "out")
    assert (result.code, result.err) == (0, "")
    assert [Path(line).name for line in result.out.splitlines()] == [
        "甲_2024_small-2024.xlsx",
        "乙_2024_small-2024.xlsx",
    ]
    checked = process("check", tmp_path / "out", "--json", "--scheme", SMALL)
    assert (checked.code, checked.err) == (1, "")
    assert [line["unit"] for line in checked.lines] == ["乙", "甲"]


@small
def test_json_is_utf_8_whatever_the_machines_own_encoding(tmp_path: Path) -> None:
    """A Chinese Windows gives a pipe GBK."""
    path = placed(tmp_path, "甲.xlsx", b"")
    for encoding in ("gbk", "ascii"):
        result = process("check", path, "--json", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert (result.code, result.err) == (1, ""), encoding
        assert result.lines[0]["file"] == "甲.xlsx"


@small
def test_the_version_and_the_help_go_to_stdout_with_exit_0(run: Command) -> None:
    assert re.fullmatch(r"xl-kpi \d+\.\d+\.\d+\n", run("--version").out)
    for command in ("schemes", "lint", "new", "map", "fill", "check", "recalc", "demo"):
        result = run(command, "--help")
        assert (result.code, result.err) == (0, "")
        assert CHINESE.search(result.out)


@workbooks
def test_the_demo_is_the_same_tour_twice(run: Command, tmp_path: Path) -> None:
    """Once here and once in another process with another hash seed: the same lines, the same files."""
    one, other = tmp_path / "one", tmp_path / "other"
    with subprocess.Popen(
        [sys.executable, "-m", "xl_kpi", "demo", str(other)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(TESTS.parent), "PYTHONHASHSEED": "7"},
    ) as there:
        here = run("demo", one)
        out, err = there.communicate(timeout=300)
    assert (here.code, here.err, there.returncode, err) == (0, "", 0, b"")
    assert here.out.replace(str(one), "DIR") == out.decode("utf-8").replace(str(other), "DIR")

    table = [line for line in here.out.splitlines() if line.startswith("示例医院")]
    assert sorted(line.split()[0] for line in table) == [f"示例医院{n:02d}" for n in range(1, 13)]
    totals = [float(line.split()[2]) for line in table]
    assert totals == sorted(totals, reverse=True)
    assert all(0 < total <= 700 for total in totals)
    assert {"通过", "有问题"} == {line.split()[1] for line in table}
    assert any("一票否决" in line for line in table)

    files = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    assert len([path for path in files if path.parts[0] == "空白"]) == 5
    assert {path.name for path in files if path.parts[0] == "收回"} == {
        f"示例医院{n:02d}_2022_zaozhuang-hospital-2022.xlsx" for n in range(1, 13)
    }
    assert files == {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    for path in files:
        assert (one / path).read_bytes() == (other / path).read_bytes(), path


# carry


@small
def test_carry_writes_the_new_workbook_and_lists_what_was_left(
    run: Command, tmp_path: Path, made: dict[str, bytes]
) -> None:
    scheme = placed(tmp_path, "small.yaml", SMALL.read_bytes().replace(b"{id: connected,", b"{id: joined,"))
    old = placed(tmp_path, "旧.xlsx", made["filled"])
    unit = str(meta_of(old)["unit"])
    (new,) = run("new", scheme, "--unit", unit, "--out", tmp_path / "新").out.splitlines()
    out = tmp_path / "搬好.xlsx"
    result = run("carry", old, "--into", new, "--out", out, "--scheme", scheme)
    assert (result.code, result.out.splitlines()) == (1, [str(out)])
    for words in ("1 个没有搬", "数据填报!E", "数据对接", "是", "新表没有这一填报项"):
        assert words in result.err
    (line,) = run("carry", old, "--into", new, "--out", out, "--scheme", scheme, "--json").lines
    assert (line["file"], line["into"], line["out"]) == (str(old), new, str(out))
    assert line["carried"] > 10
    assert [(one["id"], one["label"], one["value"]) for one in line["left"]] == [("t1.connected", "数据对接", "是")]
    assert {"id", "label", "cell", "value", "why"} <= line["left"][0].keys()


@small
def test_carry_of_everything_is_exit_0_and_never_writes_over_the_old_workbook(
    run: Command, tmp_path: Path, made: dict[str, bytes]
) -> None:
    old = placed(tmp_path, "旧.xlsx", made["filled"])
    (new,) = run("new", SMALL, "--unit", str(meta_of(old)["unit"]), "--out", tmp_path / "新").out.splitlines()
    result = run("carry", old, "--into", new, "--out", tmp_path / "搬好.xlsx", "--scheme", SMALL)
    assert (result.code, result.out) == (0, f"{tmp_path / '搬好.xlsx'}\n")
    result = run("carry", old, "--into", new, "--out", old, "--scheme", SMALL)
    assert (result.code, result.out) == (2, "")
    assert old.read_bytes() == made["filled"]


def test_lint_looks_at_every_scheme_though_one_does_not_load(run: Command, tmp_path: Path) -> None:
    bad = placed(tmp_path, "坏.yaml", b"id: [a\n")
    result = run("lint", bad, SMALL, "--json")
    assert result.code == 2
    assert {line["scheme"] for line in result.lines} == {str(bad), str(SMALL)}
    assert "坏.yaml" in result.err
    result = run("lint", bad, SMALL)
    assert result.code == 2
    assert str(SMALL) in result.out
