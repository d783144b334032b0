"""`xl-kpi check` and `recalc` over many files: the same output whoever works, whatever is killed, whatever was typed."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import psutil
import pytest
from bulk_files import SMALL, returned, small, with_cell, with_meta, with_text

import xl_kpi
from xl_kpi import api, cli
from xl_kpi.bulk import returns
from xl_kpi.report.language import choose
from xl_kpi.xlsx import save as saving

bulk = pytest.mark.xdist_group("bulk")
posix = pytest.mark.skipif(sys.platform == "win32", reason="信号是 POSIX 的概念")

Run = tuple[int, str, str]
Command = Callable[..., Run]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs a command in this process, with the small scheme: exit code, stdout, stderr."""

    def command(*arguments: object) -> Run:
        capsys.readouterr()
        code = cli.main([*map(str, arguments), "--scheme", str(SMALL)])
        out, err = capsys.readouterr()
        return code, out, err

    yield command
    choose("zh")


def started(*arguments: object) -> subprocess.Popen[bytes]:
    """The same as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "xl_kpi", *map(str, arguments), "--scheme", str(SMALL)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(xl_kpi.__file__).parents[1])},
        pipesize=4096,  # it waits for us after a row or two
    )


def rows_of(out: str) -> list[Any]:
    """The JSON lines of an output."""
    return [json.loads(line) for line in out.split("\n") if line]


# whoever works


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as it comes back: good files, bad ones, copies, contradictions, locks, folders in it."""
    folder = tmp_path_factory.mktemp("收回")
    inner = folder / "第二批"
    inner.mkdir()
    for number in range(30):
        content = api.build(small(), f"单位{number}")
        (folder / f"{number:02d}.xlsx").write_bytes(content)
    good = returned("好单位")
    for path, content in {
        folder / "A.XLSX": good,
        folder / "b 重复.xlsx": good,
        folder / "空.xlsx": b"",
        folder / "网页.xlsx": b"<html><table></table></html>",
        folder / "截断.xlsx": good[:9000],
        folder / "~$A.xlsx": b"\x05lock",
        folder / "说明.docx": b"PK",
        inner / "a 矛盾.xlsx": returned("好单位", {"t3.accidents": 2}),
        inner / "老版.xlsx": with_meta(good, "version", "1"),
        inner / "越界.xlsx": returned("越界单位", {"t3.accidents": -1}),
        inner / "否决.xlsx": returned("否决单位", {"t3.major": 1}),
        inner / "~$b.xlsx": b"\x05lock",
    }.items():
        path.write_bytes(content)
    (folder / "读不了.xlsx").write_bytes(good)
    (folder / "读不了.xlsx").chmod(0)  # which does not keep the administrator from reading it
    (folder / "叫作.xlsx").mkdir()
    return folder


@bulk
def test_the_output_is_the_same_bytes_for_any_number_of_workers(
    run: Command, mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returns, "_CHUNK", 7)

    def outputs(workers: int) -> tuple[Run, bytes, bytes]:
        junit, csv = tmp_path / f"{workers}.xml", tmp_path / f"{workers}.csv"
        arguments = ("--json", "--workers", workers, "--junit", junit, "--csv", csv)
        return run("check", mixed, mixed / "没有.xlsx", *arguments), junit.read_bytes(), csv.read_bytes()

    (code, out, err), junit, csv = alone = outputs(0)
    for workers in (1, 3):  # two: below
        assert outputs(workers) == alone, workers

    assert code == 1
    rows = rows_of(out)
    inner = ["a 矛盾.xlsx", "否决.xlsx", "老版.xlsx", "越界.xlsx"]
    above = sorted(path.name for path in mixed.glob("*") if path.is_file() and path.suffix in (".xlsx", ".XLSX"))
    above.remove("~$A.xlsx")
    at = sum(name < "第二批" for name in above)
    assert [row["file"] for row in rows] == [*above[:at], *inner, *above[at:], "没有.xlsx"]
    assert "2 个" in err
    codes = {row["file"]: row["code"] for row in rows}
    assert {file: codes[file] for file in ("00.xlsx", "29.xlsx")} == {"00.xlsx": "missing", "29.xlsx": "missing"}
    assert {file: code for file, code in codes.items() if not file[:2].isdigit() and file != "读不了.xlsx"} == {
        "A.XLSX": "conflict",
        "b 重复.xlsx": "conflict",
        "a 矛盾.xlsx": "conflict",
        "空.xlsx": "empty-file",
        "网页.xlsx": "not-a-workbook",
        "截断.xlsx": "damaged",
        "老版.xlsx": "other-version",
        "越界.xlsx": "out-of-range",
        "否决.xlsx": "ok",
        "没有.xlsx": "not-found",
    }
    suites = ElementTree.fromstring(junit)
    assert [case.get("name") for case in suites.iter("testcase")] == [row["file"] for row in rows]
    assert len(csv.decode("utf-8-sig").splitlines()) == len(rows) + 1


# whatever is killed


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with so many files that a run can be met half way."""
    folder = tmp_path_factory.mktemp("许多")
    for number in range(100):
        (folder / f"{number:03d}.xlsx").write_bytes(api.build(small(), f"单位{number}"))
    return folder


@pytest.fixture(scope="module")
def undisturbed(many: Path) -> list[Any]:
    """The rows of an undisturbed run over the many files."""
    files = sorted(many.glob("*"))
    return [report.as_json("zh") for report in api.check_all(files, str(SMALL), crew=api.Crew(0))]


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The workers of a program, apart from what else it has started."""
    found = []
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):  # it has just ended
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


@bulk
@posix
def test_workers_killed_in_mid_run_leave_no_trace_in_the_output(many: Path, undisturbed: list[Any]) -> None:
    process = started("check", many, "--json", "--workers", 2)
    assert process.stdout is not None
    assert process.stderr is not None
    while not workers_of(process):  # they have not even begun
        time.sleep(0.01)
    workers_of(process)[0].kill()
    first = process.stdout.readline()
    workers = workers_of(process)  # of the second pass, held up by this pipe: the rows do not fit in it
    assert workers
    for worker in workers:
        worker.kill()
    out, err = process.stdout.read(), process.stderr.read()
    assert (process.wait(), err) == (1, b"")
    assert rows_of((first + out).decode()) == undisturbed


@bulk
@posix
@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_killed_half_way_is_taken_up_with_the_same_output(
    run: Command, many: Path, undisturbed: list[Any], tmp_path: Path, workers: int
) -> None:
    journal = tmp_path / "进度"
    process = started("check", many, "--json", "--workers", workers, "--resume", journal)
    assert process.stdout is not None
    assert process.stderr is not None
    for _ in range(random.Random(workers).randrange(1, 60)):
        assert process.stdout.readline()
    crew = workers_of(process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stderr.close()
    assert len(crew) == workers
    assert psutil.wait_procs(crew, timeout=120)[1] == [], "workers outlive the program that started them"

    lines = journal.read_bytes().split(b"\n")
    finished = sum(line.startswith(b'{"key"') and line.endswith(b"}") for line in lines)
    assert 0 < finished < 100
    # What is taken from the journal shows: it is made to say something that no file says.
    said = journal.read_bytes().replace(b'"total": 0', b'"total": 4711')
    journal.write_bytes(said)
    code, out, _ = run("check", many, "--json", "--workers", 0, "--resume", journal)
    rows = rows_of(out)
    assert [row["total"] == 4711 for row in rows[:finished]] == [row["total"] == 0 for row in undisturbed[:finished]]
    assert code == 1
    assert [row | {"total": 0 if row["total"] == 4711 else row["total"]} for row in rows] == undisturbed
    assert sum(row["total"] == 4711 for row in rows) == finished


def test_a_slip_of_the_hand_does_not_cost_a_file(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "甲.xlsx"
    path.write_bytes(returned("甲"))
    before = path.read_bytes()
    code, out, err = run("check", path, "--resume", path)
    assert (code, out) == (2, "")
    assert "不是进度文件" in err
    assert path.read_bytes() == before


# who is asked for


def test_the_list_of_units_the_year_and_the_level_say_what_is_expected(run: Command, tmp_path: Path) -> None:
    folder = tmp_path / "收回"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(returned("甲"))
    (folder / "b.xlsx").write_bytes(returned("丁"))
    (folder / "c.xlsx").write_bytes(returned("乙", year=2025))
    units, junit, csv = tmp_path / "名单.csv", tmp_path / "j.xml", tmp_path / "c.csv"
    units.write_text("单位名称\n甲\n乙\n丙\n", encoding="gb18030")
    asked = ("--units", units, "--year", 2024, "--workers", 0)
    code, out, _ = run("check", folder, *asked, "--json", "--junit", junit, "--csv", csv)
    assert code == 1
    assert [(row["file"], row["unit"], row["code"]) for row in rows_of(out)] == [
        ("a.xlsx", "甲", "ok"),
        ("b.xlsx", "丁", "other-unit"),
        ("c.xlsx", "乙", "other-year"),
        ("", "丙", "missing-unit"),
    ]
    cases = list(ElementTree.parse(junit).iter("testcase"))
    assert [case.get("name") for case in cases] == ["a.xlsx", "b.xlsx", "c.xlsx", "丙"]
    assert [[outcome.tag for outcome in case] for case in cases] == [[], ["error"], ["error"], ["error"]]
    lines = csv.read_text(encoding="utf-8-sig").splitlines()
    assert lines[4].startswith(",丙,,,未交,")
    code, out, err = run("check", folder, *asked)
    assert "丙：未交" in out
    assert "退回 2；另有 1 个单位未交" in err


# recalc


@bulk
@posix
def test_recalc_writes_what_it_can_and_names_the_rest(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "收回", tmp_path / "算好"
    folder.mkdir()
    for name in ("a", "b", "c", "d"):
        (folder / f"{name}.xlsx").write_bytes(returned(name, calculated=False))
    (folder / "b.xlsx").write_bytes(b"<html>")
    monkeypatch.setattr(returns, "recalculated", _dies_of_c)
    code, said, err = run("recalc", folder, "--out", out, "--workers", 2)
    assert code == 1
    assert said.splitlines() == [str(out / "a.xlsx"), str(out / "d.xlsx")]
    assert sorted(path.name for path in out.iterdir()) == ["a.xlsx", "d.xlsx"]
    assert [line.split()[0] for line in err.splitlines()] == ["b.xlsx", "c.xlsx"]
    assert "处理进程意外终止" in err
    for name in ("a", "d"):
        assert openpyxl.load_workbook(out / f"{name}.xlsx", data_only=True)["封面"]["C11"].value == 67.5


def _dies_of_c(sources: list[api.Source], scheme_file: str = "", engine: str = api.NATIVE) -> list[Any]:
    from xl_kpi.returned.check import name_of, recalculated

    if "c.xlsx" in map(name_of, sources):
        os.kill(os.getpid(), signal.SIGKILL)
    return recalculated(sources, scheme_file, engine)


def test_recalc_refuses_two_files_of_one_name_before_it_writes_any(run: Command, tmp_path: Path) -> None:
    for name in ("一", "二"):
        (tmp_path / name).mkdir()
    (tmp_path / "一" / "a.xlsx").write_bytes(returned("甲"))
    (tmp_path / "二" / "A.XLSX").write_bytes(returned("乙"))
    code, out, err = run("recalc", tmp_path / "一", tmp_path / "二", "--out", tmp_path / "out", "--workers", 0)
    assert (code, out) == (2, "")
    assert "A.XLSX" in err or "a.xlsx" in err
    assert not list(tmp_path.glob("out/*"))


def test_recalc_of_an_open_file_saves_beside_it_and_goes_on(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.xlsx").write_bytes(returned(name, calculated=False))
    before = (tmp_path / "b.xlsx").read_bytes()
    replace = os.replace

    def refuses(source: Any, target: Any) -> None:
        if Path(target).name == "b.xlsx":
            raise PermissionError(errno.EACCES, "Permission denied", str(source), None, str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuses)
    monkeypatch.setattr(saving, "_PAUSE", 0.0)
    code, out, err = run("recalc", tmp_path, "--in-place", "--workers", 0)
    assert code == 1
    assert out.splitlines() == [str(tmp_path / "a.xlsx"), str(tmp_path / "c.xlsx")]
    assert "b（新）.xlsx" in err
    assert (tmp_path / "b.xlsx").read_bytes() == before
    beside = openpyxl.load_workbook(tmp_path / "b（新）.xlsx", data_only=True)
    assert beside["封面"]["C11"].value == 67.5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx", "b（新）.xlsx", "c.xlsx"]


# whatever was typed

LIVE = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "=HYPERLINK(甲)", "＝1"]
ACTING = ["\x7f", "\x9b31m", "\u202e", "\u2066", "\u200b", "\u2028", "\x85", "\U000e0041", "\ufeff"]


@pytest.mark.parametrize("where", ["unit", "file"])
def test_no_text_acts_on_terminal_csv_junit_or_json(run: Command, tmp_path: Path, where: str) -> None:
    """Names of units and files come from outside; on a terminal an escape repaints it, in a table = computes."""
    texts = [*LIVE, *(f"甲{text}乙" for text in ACTING)]
    if where == "file" and sys.platform != "win32":
        texts += ["甲\x1b[2J乙", "甲\n乙", os.fsdecode("甲医院".encode("gbk"))]
    folder, csv, junit = tmp_path / "收回", tmp_path / "a.csv", tmp_path / "a.xml"
    folder.mkdir()
    for number, text in enumerate(texts):
        content = returned("甲") if where == "file" else with_meta(returned("甲"), "unit", text)
        name = f"{text}.xlsx" if where == "file" else f"{number:02d}.xlsx"
        (folder / name).write_bytes(content)
    code, out, err = run("check", folder, "--workers", 0, "--csv", csv, "--junit", junit)
    assert not _acting(out + err)
    assert len(csv.read_text(encoding="utf-8-sig").splitlines()) == len(texts) + 1
    cells = csv.read_text(encoding="utf-8-sig").replace("\r\n", ",").replace('"', "").split(",")
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@＝"))]
    assert not _acting(csv.read_text(encoding="utf-8-sig") + junit.read_text(encoding="utf-8"))
    assert len(list(ElementTree.parse(junit).iter("testcase"))) == len(texts)

    code, out, err = run("check", folder, "--workers", 0, "--json", "--resume", tmp_path / "进度")
    assert not _acting(out + err)
    assert out.encode().decode() == out
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == len(texts)
    assert {row["file"] for row in rows} == {path.name for path in folder.iterdir()}  # the words themselves are whole
    assert run("check", folder, "--workers", 0, "--json", "--resume", tmp_path / "进度") == (code, out, err)

    code, out, err = run("recalc", folder, "--out", tmp_path / "算好", "--workers", 0)
    assert not _acting(out + err)


def _acting(text: str) -> set[str]:
    """The characters in a text that repaint, turn or hide."""
    acting = {char for word in ACTING for char in word if not char.isascii() or char == "\x7f"}
    return {char for char in text if char in acting or char == "\x1b" or 0xD800 <= ord(char) <= 0xDFFF}


NAME = "张三丰"


def _named_formula(at: str) -> Callable[[bytes], bytes]:
    return lambda book: with_cell(book, at, f'<f>"{NAME}"</f><v>{NAME}</v>', "str")


NAMED: dict[str, Callable[[bytes], bytes]] = {
    "count": lambda book: with_text(book, "数据填报!E16", NAME),
    "choice": lambda book: with_text(book, "数据填报!E29", NAME),
    "percent": lambda book: with_text(book, "数据填报!E13", f"{NAME}95%"),
    "date": lambda book: with_text(book, "数据填报!E9", f"{NAME} 10月31日"),
    "number": lambda book: with_text(book, "数据填报!F25", f"2.5（{NAME}）"),
    "formula for a number": _named_formula("数据填报!E16"),
    "reason": lambda book: with_text(book, "数据填报!E26", NAME),
    "stale value": lambda book: with_text(book, "数据填报!H26", NAME),
    "stale total": lambda book: with_cell(book, "汇总!D7", f"<f>1</f><v>{NAME}</v>", "str"),
    "extra cell": lambda book: with_text(book, "数据填报!D16", NAME),
    "label": lambda book: with_text(book, "数据填报!B16", NAME),
    "unit on the cover": lambda book: with_text(book, "封面!C4", NAME),
    "function": lambda book: with_cell(book, "数据填报!D16", f"<f>{NAME}(1)</f><v>1</v>"),
    "broken formula": lambda book: with_cell(book, "数据填报!D16", f'<f>"{NAME}</f><v>1</v>'),
    "outside": lambda book: with_cell(book, "数据填报!D16", f"<f>[{NAME}.xlsx]a!A1</f><v>1</v>"),
    "signature": lambda book: with_text(book, "封面!E21", NAME),
}


@pytest.mark.parametrize("where", NAMED)
def test_no_persons_name_goes_out(run: Command, tmp_path: Path, where: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(NAMED[where](returned("甲")))
    csv, junit = tmp_path / "a.csv", tmp_path / "a.xml"
    for arguments in (("--json", "--csv", csv, "--junit", junit), (), ("--lang", "en")):
        _, out, err = run("check", tmp_path / "a.xlsx", *arguments)
        assert NAME not in out + err, out + err
    assert NAME not in csv.read_text(encoding="utf-8") + junit.read_text(encoding="utf-8")
    _, out, err = run("recalc", tmp_path / "a.xlsx", "--out", tmp_path / "out")
    assert NAME not in out + err
