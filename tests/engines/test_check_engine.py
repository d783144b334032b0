"""`xl-kpi check --engine`: another engine calculates the file as it is, and every cell it sees otherwise is named.

The workbook is that of tests/golden/small.yaml with the answers worked by hand there: 67.5 points of 100.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from bulk_files import SMALL, returned, with_cell, with_text

import xl_kpi
from xl_kpi import api, cli, engines
from xl_kpi.engines import libreoffice
from xl_kpi.engines.base import Engine, Value
from xl_kpi.engines.formualizer import recalculated_package

OTHERS = ("formulas", "formualizer", "libreoffice")
DIFFERENT = ("engine-differs", "not-computable")
EngineNamed = Callable[[str], Engine]  # see tests/conftest.py

posix = pytest.mark.skipif(sys.platform == "win32", reason="进程组是 POSIX 的概念")


def checked(content: bytes, engine: str) -> dict[str, Any]:
    return api.check(("甲单位.xlsx", content), str(SMALL), engine=engine).as_json("zh")


def found(row: Mapping[str, Any], *codes: str) -> dict[str, str]:
    """The findings of some codes: where they are, and what they say."""
    return {f"{f['sheet']}!{f['cell']}": f["message"] for f in row["findings"] if f["code"] in codes}


@pytest.mark.parametrize("engine", OTHERS)
def test_every_engine_agrees_on_a_workbook_as_handed_in(engine: str, engine_named: EngineNamed) -> None:
    engine_named(engine)
    row = checked(returned("甲单位"), engine)
    assert row == checked(returned("甲单位"), "native")
    assert (row["verdict"], row["total"], row["grade"], row["findings"]) == ("accept", 67.5, "合格", [])


# The total becomes 72.5: it, its rate, both on the cover, and the check that the total is the sum of the tasks.
RAISED = "<f>ROUND(SUM(D5:D6),2)+5</f><v>72.5</v>"
SHOW_IT = {"汇总!E7", "封面!C11", "封面!C12", "核对!C6"}


@pytest.mark.parametrize("engine", OTHERS)
def test_every_engine_names_exactly_the_cells_that_another_formula_changes(
    engine: str, engine_named: EngineNamed
) -> None:
    engine_named(engine)
    row = checked(with_cell(returned("甲单位"), "汇总!D7", RAISED), engine)
    differs = found(row, *DIFFERENT)
    assert set(differs) == {"汇总!D7", *SHOW_IT}
    assert engine in differs["汇总!D7"]
    assert "72.5" in differs["汇总!D7"]
    assert "67.5" in differs["汇总!D7"]
    assert "0.725" in differs["汇总!E7"]
    assert "不一致" in differs["核对!C6"]
    # What counts is still the plan's own value.
    assert (row["verdict"], row["total"], row["grade"]) == ("flag", 67.5, "合格")
    assert set(found(row, "formula-changed")) == {"汇总!D7"}


@pytest.mark.parametrize("engine", OTHERS)
def test_a_number_in_place_of_a_formula_changes_what_follows_it(engine: str, engine_named: EngineNamed) -> None:
    engine_named(engine)
    row = checked(with_cell(returned("甲单位"), "汇总!D7", "<v>72.5</v>"), engine)
    # The cell itself has no formula to calculate: that it is gone is said, and nothing about what it comes to.
    assert set(found(row, *DIFFERENT)) == SHOW_IT
    assert set(found(row, "formula-changed")) == {"汇总!D7"}
    assert (row["verdict"], row["total"]) == ("flag", 67.5)


@pytest.mark.parametrize("engine", [api.NATIVE, *OTHERS])
def test_a_circular_formula_has_no_value_and_the_file_none(engine: str, engine_named: EngineNamed) -> None:
    if engine != api.NATIVE:
        engine_named(engine)
    row = checked(with_cell(returned("甲单位"), "汇总!D7", "<f>ROUND(SUM(D5:D6),2)+D7*0</f><v>67.5</v>"), engine)
    assert (row["verdict"], row["code"], row["total"]) == ("reject", "not-computable", None)
    assert "汇总!D7" in found(row, "not-computable")


# What officials type where a number is wanted: the formulas take a text for a text, in every engine.
WORDS = {
    "E9": "2024年10月31日",
    "E10": "是 ",
    "E13": "95",
    "E16": "１",
    "E20": "9 个",
    "E25": " ",
    "E29": "—",
    "E32": "nan",
    "E34": "1_000",
}
KINDS = {"E8": ("<v>1</v>", "b"), "E17": ("<v>#DIV/0!</v>", "e"), "E21": ("<f>5+5</f><v>10</v>", "n")}


def odd() -> bytes:
    """A workbook with an odd answer of every kind: texts, a boolean, an error value, a formula."""
    content = returned("甲单位")
    for name, text in WORDS.items():
        content = with_text(content, f"数据填报!{name}", text)
    for name, (inside, kind) in KINDS.items():
        content = with_cell(content, f"数据填报!{name}", inside, kind)
    return content


@pytest.mark.parametrize("engine", OTHERS)
def test_every_engine_sees_odd_answers_as_the_scorer_does(engine: str, engine_named: EngineNamed) -> None:
    engine_named(engine)
    row = checked(odd(), engine)
    # LibreOffice has no booleans, only numbers that it shows as TRUE: the value adopted, and whether it is filled in.
    assert set(found(row, *DIFFERENT)) == ({"数据填报!H8", "数据填报!M8"} if engine == "libreoffice" else set())
    assert "数据填报!E16" in found(row, "text-number")


def test_odd_answers_do_not_make_a_recalculated_workbook_look_stale() -> None:
    assert found(checked(recalculated_package(odd()), "native"), "stale", "not-recalculated", "uncalculated") == {}


# engines that fail


class Failing:
    """An engine with a defect."""

    name = "formulas"

    def recalculate(self, workbooks: object) -> list[dict[str, Value]]:
        raise ZeroDivisionError("a defect of the engine")


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[Any]]:
    """The exit code and rows of `check --json`."""
    code = cli.main(["check", *map(str, arguments), "--scheme", str(SMALL), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_engine_that_is_not_installed_is_said_before_any_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(libreoffice, "_USUAL_PLACES", ())
    monkeypatch.setenv("PATH", os.devnull)
    for what in (["check"], ["recalc", "--in-place"]):
        code = cli.main([*what, str(tmp_path / "没有这个文件.xlsx"), "--engine", "libreoffice"])
        said = capsys.readouterr()
        assert (code, said.out) == (2, "")
        assert "请安装 LibreOffice" in said.err


def test_an_engine_with_a_defect_leaves_the_verdict_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "named", lambda name: Failing())
    (tmp_path / "甲.xlsx").write_bytes(returned("甲单位"))
    code, (row,) = command(capsys, tmp_path, "--engine", "formulas")
    assert (code, row["verdict"], row["code"], row["total"]) == (0, "accept", "ok", 67.5)
    (remark,) = row["findings"]
    assert (remark["code"], remark["severity"]) == ("engine-failed", "info")
    assert "ZeroDivisionError" in remark["message"]


def office_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """In place of LibreOffice a program that does something else."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "soffice").write_text(f"#!/bin/sh\n{does}\n")
    (tmp_path / "bin" / "soffice").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


KILLS_WHO_ASKED = "kill -KILL $(ps -o ppid= -p $PPID)"  # its parent is the shell that guards it


@posix
@pytest.mark.parametrize(
    ("does", "workers", "said"),
    [("exit 0", "0", "打不开该文件"), ("exit 0", "2", "打不开该文件"), (KILLS_WHO_ASKED, "2", "处理进程意外终止")],
)
def test_an_engine_that_fails_on_a_file_is_a_remark_and_changes_nothing_else(
    does: str,
    workers: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"甲": returned("甲单位"), "乙": with_cell(returned("乙单位"), "汇总!D7", RAISED), "丙": b"PK"}
    (tmp_path / "收回").mkdir()
    for name, content in files.items():
        (tmp_path / "收回" / f"{name}.xlsx").write_bytes(content)
    without = command(capsys, tmp_path / "收回")
    office_that(tmp_path, monkeypatch, does)
    journal = ("--resume", tmp_path / "进度")
    for more in ((), journal):
        code, rows = command(capsys, tmp_path / "收回", "--engine", "libreoffice", "--workers", workers, *more)
        remarks = [[f for f in row["findings"] if f["code"] == "engine-failed"] for row in rows]
        for row in rows:
            row["findings"] = [f for f in row["findings"] if f["code"] != "engine-failed"]
        assert (code, rows) == without
        by_file = {row["file"]: found for row, found in zip(rows, remarks, strict=True)}
        assert by_file["丙.xlsx"] == []  # no engine was asked
        for name in ("甲.xlsx", "乙.xlsx"):
            (remark,) = by_file[name]
            assert remark["severity"] == "info"
            assert said in remark["message"]


@posix
def test_a_file_that_an_engine_cannot_recalculate_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "甲.xlsx"
    book.write_bytes(returned("甲单位"))
    office_that(tmp_path, monkeypatch, "exit 0")
    code = cli.main(["recalc", str(book), "--scheme", str(SMALL), "--engine", "libreoffice", "--in-place"])
    assert code == 1
    assert "打不开该文件" in capsys.readouterr().err
    assert book.read_bytes() == returned("甲单位")


@pytest.mark.usefixtures("libreoffice_installed")
def test_libreoffice_works_within_the_limits_of_a_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in {
        "甲": returned("甲单位"),
        "乙": with_cell(returned("乙单位"), "汇总!D7", RAISED),
        "丙": b"PK",
    }.items():
        (tmp_path / f"{name}.xlsx").write_bytes(content)
    code, rows = command(capsys, tmp_path, "--engine", "libreoffice", "--workers", "1")
    assert code == 1
    said = {row["file"]: (row["verdict"], set(found(row, *DIFFERENT))) for row in rows}
    assert said == {
        "甲.xlsx": ("accept", set()),
        "乙.xlsx": ("flag", {"汇总!D7", *SHOW_IT}),
        "丙.xlsx": ("reject", set()),
    }


@posix
@pytest.mark.usefixtures("libreoffice_installed")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_libreoffice_does_not_outlive_a_worker_that_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    book = tmp_path / "甲.xlsx"
    book.write_bytes(returned("甲单位"))
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    worker = subprocess.Popen(
        [sys.executable, "-c", ASK, str(book)],
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(Path(xl_kpi.__file__).parents[1])},
    )
    try:
        assert until(lambda: any("soffice.bin" in name for name in office_in(scratch))), "it did not start"
        worker.send_signal(number)
        worker.wait()
        assert until(lambda: office_in(scratch) == [], 15.0)
        assert until(lambda: list(scratch.iterdir()) == [], 15.0), "its scratch directory is left"
    finally:
        worker.kill()
        worker.wait()


ASK = """
import pathlib, sys
from xl_kpi.engines.libreoffice import LibreOfficeEngine
content = pathlib.Path(sys.argv[1]).read_bytes()
LibreOfficeEngine().recalculate([content] * 200)
"""


def office_in(scratch: Path) -> list[str]:
    """The living processes of a LibreOffice whose profile is in a folder."""
    living = []
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        said = " ".join(process.info["cmdline"] or ())
        if str(scratch) in said and process.info["status"] != psutil.STATUS_ZOMBIE:
            living.append(process.info["name"])
    return living


def until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether something comes true in time."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(psutil.Error):
            if true():
                return True
        time.sleep(0.05)
    return False
