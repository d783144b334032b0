"""A workbook in LibreOffice with somebody at the keyboard: what is typed, refused, offered, calculated and saved.

One session for the module: a LibreOffice with a profile of its own, driven by the Python that has `uno`
(libreoffice_session.py). The answers are those of the hand-worked case 典型 of 枣庄市中心血站, typed cell by cell as an
official does: 98 where a % belongs, 2022-09-30, a choice by name.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cases import Case, cases_of, differences, same
from opened import built, mapped

from xl_kpi import api
from xl_kpi.engines import libreoffice

# One process runs the whole module, in the order of the file: the tests go on with the same open workbook.
pytestmark = pytest.mark.xdist_group("libreoffice_session")

SCHEME = "zaozhuang-blood-2022"
PYTHON = "/usr/bin/python3"  # the one that the Debian package python3-uno belongs to
LIMIT = 120.0  # seconds after which a session that hangs is ended by force
ENTRY = "数据填报"


class Session:
    """The test's end of libreoffice_session.py; cells are named as `xl-kpi map` names them, `数据填报!E5`."""

    def __init__(self, driver: subprocess.Popen[str]) -> None:
        self._driver = driver

    def ask(self, method: str, *arguments: Any) -> Any:
        """The answer to one request."""
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        self._driver.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._driver.stdin.flush()
        line = self._driver.stdout.readline()
        assert line, "the session has ended before its time"
        reply = json.loads(line)
        assert "error" not in reply, reply["error"]
        return reply["answer"]

    def type(self, at: str, text: str) -> None:
        """Type into a cell and press Enter."""
        self.ask("type", *at.split("!"), text)

    def read(self, *at: str) -> list[float | str | None]:
        """What cells show."""
        found: list[float | str | None] = self.ask("read", [cell.split("!") for cell in at])
        return found

    def shown(self, at: str) -> float | str | None:
        """What one cell shows."""
        return self.read(at)[0]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """LibreOffice with the blank workbook open; it and all it started are gone afterwards."""
    missing = _missing()
    if missing:
        if os.environ.get("CI"):
            pytest.fail(f"CI 环境中必须安装 {missing}")
        pytest.skip(f"没有安装 {missing}，跳过在 LibreOffice 中填报的测试")
    folder = tmp_path_factory.mktemp("libreoffice")
    book = folder / "工作簿.xlsx"
    book.write_bytes(built(SCHEME))
    profile, pipe = folder / "profile", f"xl-kpi-{uuid.uuid4().hex}"
    command = [str(libreoffice.program()), f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    command += ["--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;"]
    office = subprocess.Popen(
        command,
        env=os.environ | {"HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a group of its own, to be ended as a whole
    )
    script = Path(__file__).parents[1] / "support" / "libreoffice_session.py"
    driver = subprocess.Popen([PYTHON, "-I", script, pipe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    watch = threading.Timer(LIMIT, lambda: (driver.kill(), libreoffice.end(office)))
    watch.start()
    try:
        session = Session(driver)
        session.ask("open", str(book))
        yield session
        with contextlib.suppress(AssertionError, BrokenPipeError):  # it may have ended already: a test has said so
            session.ask("end")
    finally:
        watch.cancel()
        driver.kill()
        driver.communicate()
        libreoffice.end(office)
        libreoffice.remove_pipe(profile)
        for left in Path("/tmp").glob(f"OSL_PIPE_*_{pipe}"):
            left.unlink(missing_ok=True)


def _missing() -> str:
    """What a session needs and this machine has not."""
    if not libreoffice.available():
        return "LibreOffice（soffice）"
    try:
        known = subprocess.run([PYTHON, "-c", "import uno"], capture_output=True).returncode == 0
    except OSError:
        known = False
    return "" if known else f"{PYTHON} 的 uno 模块（python3-uno）"


def _case(name: str) -> Case:
    return next(case for case in cases_of(SCHEME) if case.name == name)


@cache
def _inputs() -> dict[str, dict[str, Any]]:
    """Every input by its id."""
    return {found["id"]: found for found in mapped(SCHEME)["inputs"]}


def _at(input_id: str, stage: str = "self") -> str:
    """The cell of an input's 自报值, or of another stage's."""
    return str(_inputs()[input_id]["cells"][stage])


def _name(at: str) -> str:
    """A cell's name without its sheet."""
    return at.partition("!")[2]


def _written(input_id: str, value: float | str) -> str:
    """An answer as an official types it."""
    if isinstance(value, str):
        return value
    if _inputs()[input_id]["kind"] == "percent":
        return f"{value * 100:.10g}"  # the program puts the % behind it
    if _inputs()[input_id]["kind"] == "date":
        return (datetime.date(1899, 12, 30) + datetime.timedelta(days=value)).isoformat()
    return f"{value:.10g}"


def _outcomes(session: Session) -> dict[str, float | str | None]:
    """The overall outcomes, as the workbook shows them."""
    nodes = ("total", "grade", "vetoes", "missing")
    return dict(zip(nodes, session.read(*map(_case("典型").plan.at, nodes)), strict=True))


def _differences(session: Session, case: Case) -> list[str]:
    """Every score and outcome shown that is not what was worked out by hand."""
    nodes = list(case.outcomes())
    shown = dict(zip(nodes, session.read(*map(case.plan.at, nodes)), strict=True))
    return differences(case, shown.__getitem__)


def _locked_cells() -> list[str]:
    """Some cells that are not to be filled in: scores, outcomes, texts."""
    score = mapped(SCHEME)["outputs"]["tasks"]["t01"]
    return [*score.values(), *map(_case("典型").plan.at, ("total", "grade")), f"{ENTRY}!B5", "封面!B4"]


# the blank


def test_a_blank_opened_shows_that_nothing_is_filled_in(session: Session) -> None:
    assert session.ask("automatic")
    assert _differences(session, _case("全部未填")) == []


def test_only_the_cells_to_fill_in_are_unlocked(session: Session) -> None:
    inputs = [_name(cell) for found in _inputs().values() for cell in found["cells"].values()]
    assert not any(session.ask("locked", ENTRY, inputs))
    for cell in _locked_cells():
        sheet, name = cell.split("!")
        assert session.ask("locked", sheet, [name]) == [True], cell


# what may be filled in

TYPES = {"count": "WHOLE", "number": "DECIMAL", "percent": "DECIMAL", "date": "DATE", "choice": "LIST"}


@pytest.mark.parametrize("stage", ["self", "review", "final"])
def test_every_input_is_validated_within_its_bounds_with_a_prompt_and_an_error_in_chinese(
    session: Session, stage: str
) -> None:
    rules = session.ask("validations", ENTRY, [_name(_at(input_id, stage)) for input_id in _inputs()])
    for found, rule in zip(_inputs().values(), rules, strict=True):
        where = f"{found['id']} {found['cells'][stage]}"
        assert rule["refuses"], where
        assert rule["prompts"], where
        assert rule["title"] == "填写有误", where
        assert rule["prompt_title"] == found["label"][:31], where
        if found["kind"] == "text":
            assert (rule["type"], rule["low"], rule["high"]) == ("TEXT_LEN", "0", "500"), where
            continue
        assert found["label"][:60] in rule["error"], where
        if found["none"]:  # a rate that also takes “无”
            assert rule["type"] == "CUSTOM", where
            assert '"无"' in rule["low"], where
            numbers = [float(number) for number in re.findall(r"[<>]=(-?[0-9.]+)", rule["low"])]
            assert numbers == [found["min"], found["max"]], where
            continue
        assert rule["type"] == TYPES[found["kind"]], where
        if found["kind"] == "choice":
            assert rule["low"] == ";".join(f'"{choice}"' for choice in found["choices"]), where
            assert rule["dropdown"], where
            assert all(choice in rule["error"] for choice in found["choices"]), where
        else:
            assert rule["operator"] == "BETWEEN", where
            assert (float(rule["low"]), float(rule["high"])) == (found["min"], found["max"]), where


REFUSED = {
    "t03.accidents": ["-1", "1.5", "无", "10000001"],
    "t02.measures": ["15"],
    "t05.timely": ["150", "100.1", "-1", "全部"],
    "t06.build": ["部分", "1", "是的"],
    "t08.sampled": ["优秀"],
    "t12.built_date": ["2040-01-01", "2001-12-31", "年底"],
    "t14.collected_last": ["0", "-5"],
}


@pytest.mark.parametrize("input_id", REFUSED)
def test_what_is_out_of_range_or_of_another_kind_is_refused(session: Session, input_id: str) -> None:
    for text in REFUSED[input_id]:
        session.type(_at(input_id), text)
        assert session.shown(_at(input_id)) is None, f"{input_id} took {text}"


def test_a_rate_that_may_not_happen_takes_the_word_for_it(session: Session) -> None:
    session.type(_at("t05.timely"), "无")
    assert session.shown(_at("t05.timely")) == "无"


def test_a_dropdown_offers_the_choices(session: Session) -> None:
    for input_id in ("t08.sampled", "t27.civilised", "t06.build"):
        assert session.ask("dropdown", *_at(input_id).split("!")) == _inputs()[input_id]["choices"]


# filling in


@pytest.fixture(scope="module")
def filled(session: Session) -> Case:
    """The case whose answers have been typed in."""
    case = _case("典型")
    for input_id, value in case.answers.items():
        if value is not None:
            session.type(_at(input_id), _written(input_id, value))
    return case


def test_answers_typed_in_stand_as_they_were_meant(session: Session, filled: Case) -> None:
    typed = {name: value for name, value in filled.answers.items() if value is not None}
    shown = dict(zip(typed, session.read(*map(_at, typed)), strict=True))
    assert {name: (value, shown[name]) for name, value in typed.items() if not same(value, shown[name])} == {}


def test_scores_total_grade_and_vetoes_are_those_worked_by_hand(session: Session, filled: Case) -> None:
    assert _differences(session, filled) == []


def test_the_printed_form_shows_the_same_scores(session: Session, filled: Case) -> None:
    tasks = list(filled.tasks)
    # 自评得分 stands in column F, 核定得分 in G, the first task in row 5. Nobody has reviewed, so nothing is 核定 yet.
    shown = session.read(*(f"考核表!F{row}" for row in range(5, 5 + len(tasks))))
    assert [task for task, value in zip(tasks, shown, strict=True) if not same(filled.tasks[task], value)] == []
    assert set(session.read(*(f"考核表!G{row}" for row in range(5, 5 + len(tasks))))) == {"待核定"}


def test_a_veto_and_a_gap_show_at_once_and_go_again(session: Session, filled: Case) -> None:
    before = _outcomes(session)
    accidents = _at("t03.accidents")
    session.type(accidents, "1")
    assert _outcomes(session) == {"total": 281.41, "grade": "不合格", "vetoes": "一票否决", "missing": 0}
    session.ask("delete", *accidents.split("!"))
    assert _outcomes(session) == {"total": 281.41, "grade": "未完成", "vetoes": "未完成", "missing": 1}
    session.type(accidents, "0")
    assert _outcomes(session) == before


def test_a_reviewed_value_takes_the_place_of_the_unit_s_own(session: Session, filled: Case) -> None:
    before = _outcomes(session)
    review = _at("t10.undone", "review")
    session.type(review, "2")  # 法治建设: 2项×5分，扣完；自评仍是5分
    score = mapped(SCHEME)["outputs"]["tasks"]["t10"]
    assert session.read(score["self"], score["final"]) == [5, 0]
    assert _outcomes(session) == before | {"total": 296.41}
    session.ask("delete", *review.split("!"))
    assert _outcomes(session) == before


# afterwards


@pytest.fixture(scope="module")
def checked(session: Session, filled: Case, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What `xl-kpi check --json` says of the workbook as LibreOffice saves it."""
    saved = tmp_path_factory.mktemp("saved") / "存盘.xlsx"
    session.ask("save", str(saved))
    command = [sys.executable, "-m", "xl_kpi", "check", "--json", str(saved)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"})
    assert done.returncode in (0, 1), done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def test_what_libreoffice_saves_is_scored_alike(filled: Case, checked: Mapping[str, Any]) -> None:
    assert (checked["scheme"], checked["unit"], checked["year"]) == (SCHEME, api.scheme(SCHEME).unit, 2022)
    expected = (filled.expected["total"], filled.expected["grade"], [], True)
    assert (checked["total"], checked["grade"], checked["vetoes"], checked["complete"]) == expected
    assert {task["id"]: task["final"] for task in checked["tasks"]} == filled.tasks


def test_what_libreoffice_saves_is_not_found_to_be_tampered_with(checked: Mapping[str, Any]) -> None:
    assert [found for found in checked["findings"] if found["severity"] != "info"] == []
    assert checked["verdict"] == "accept"


# Last, because LibreOffice's notices about it stay open.


def test_a_locked_cell_cannot_be_typed_into_or_emptied(session: Session) -> None:
    for cell in _locked_cells():
        before = session.ask("formula", *cell.split("!"))
        session.type(cell, "9")
        session.ask("delete", *cell.split("!"))
        assert session.ask("formula", *cell.split("!")) == before != "", cell
