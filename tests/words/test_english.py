"""`--lang en` is whole: no command prints Chinese but names (of units, schemes, tasks, inputs, sheets, files) and quotations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mutations import KINDS

from xl_kpi import api, cli
from xl_kpi.report.language import choose

SMALL = Path(__file__).resolve().parents[1] / "golden" / "small.yaml"
HAN = re.compile(r"[\u3001-\u303f\u3400-\u9fff（），：；？]")  # not figures, which are quoted as they were typed
QUOTED = re.compile("“[^“”]*”|'[^']*'|\"[^\"]*\"")
SHEETS = ("封面", "考核表", "数据填报", "汇总", "核对", "评分规则", "考核参数")
Say = Callable[..., str]


def rest(text: str, *names: str) -> list[str]:
    """The lines of a text that have Chinese in them without its quotations and the names it may have."""
    left = text.replace("！", "")  # the mark of a warning
    for name in sorted((*names, *SHEETS), key=len, reverse=True):
        left = left.replace(name, "")
    while (shorter := QUOTED.sub("", left)) != left:
        left = shorter
    return [line for line in left.splitlines() if HAN.search(line)]


def names_of(*schemes: str) -> set[str]:
    """What a message may name of schemes: their titles and units, groups, tasks and inputs."""
    found: set[str] = set()
    for name in schemes:
        scheme = api.describe(name)
        found |= {scheme.title, scheme.unit, *scheme.levels, *(group.name for group in scheme.all_groups())}
        found |= {item.label for item in scheme.setup()}
        for task in scheme.tasks():
            found |= {task.name, *(item.label for item in task.declared())}
    return {name for name in found if name}


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command in English: what it prints, on both streams."""

    def run(*arguments: object) -> str:
        try:
            cli.main(["--lang", "en", *map(str, arguments)])
        except SystemExit:
            pass
        finally:
            choose("zh")
        out, err = capsys.readouterr()
        return out + err

    return run


@pytest.mark.parametrize("command", ["", *cli.COMMANDS])
def test_help(say: Say, command: str) -> None:
    told = say(*filter(None, [command]), "--help")
    assert len(told) > 100
    assert rest(told, "{省,市,县}") == []


def test_schemes_and_lint(say: Say, tmp_path: Path) -> None:
    shipped = api.schemes()
    assert rest(say("schemes"), *names_of(*shipped), "、") == []
    for scheme in shipped:
        assert rest(say("lint", scheme), *names_of(scheme)) == []
    text = SMALL.read_text(encoding="utf-8")
    for number, (right, wrong) in enumerate(SPOILT):
        assert right in text
        path = tmp_path / f"{number}.yaml"
        path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        told = say("lint", path)
        assert len(told) > 20
        assert rest(told, *names_of(str(SMALL))) == [], (right, wrong)


# What is written otherwise in the small scheme.
SPOILT = (
    ("points:", "points："),
    ("points:", "\tpoints:"),
    ("points:", "ponits:"),
    ("version:", "version: 一 #"),
    ("year:", "year: 1066 #"),
    ("points:", "points: 1e3 #"),
    ("type:", "type: no_such_rule #"),
    ("kind: percent", "kind: persent"),
)  # fmt: skip


def test_a_workbook_from_its_making_to_its_carrying(say: Say, tmp_path: Path) -> None:
    names = names_of(str(SMALL))
    told = say("new", SMALL, "--unit", "Unit A", "--unit", "unit a", "--out", tmp_path)
    assert "stands twice" in told
    assert rest(told) == []
    assert rest(say("new", "no-such-scheme", "--out", tmp_path)) == []
    assert rest(say("new", SMALL, "--unit", "Unit A", "--out", tmp_path), *names) == []
    (path,) = tmp_path.glob("*.xlsx")
    assert rest(say("map", path, "--scheme", SMALL), *names) == []
    found = api.workbook_map(path, str(SMALL))["inputs"]
    answers = tmp_path / "answers.json"
    for given in ({found[0]["id"]: "三"}, {"no.such": 1}, {found[0]["id"]: [1]}, [1]):
        answers.write_text(json.dumps(given), encoding="utf-8")
        told = say("fill", path, answers, "--out", tmp_path / "filled.xlsx", "--scheme", SMALL)
        assert told
        assert rest(told, *names) == []
    for more in ([], ["--year", 2031], ["--workers", -1], ["--engine", "native"]):
        assert rest(say("check", path, "--scheme", SMALL, *more), *names) == []
    assert rest(say("check", tmp_path, "--workers", 0, "--scheme", SMALL), *names) == []
    assert rest(say("recalc", path, "--out", tmp_path / "out", "--scheme", SMALL), *names) == []
    carried = ("carry", path, "--into", path, "--out", tmp_path / "new.xlsx", "--scheme", SMALL)
    assert rest(say(*carried), *names) == []
    assert rest(say("check", tmp_path / "no such file.xlsx")) == []
    (tmp_path / "empty").mkdir()
    assert rest(say("check", tmp_path / "empty")) == []


def test_the_table_for_excel(say: Say, tmp_path: Path) -> None:
    path, table = tmp_path / "a.xlsx", tmp_path / "a.csv"
    path.write_bytes(b"%PDF")
    say("check", path, "--csv", table, "--junit", tmp_path / "a.xml")
    assert rest(table.read_text(encoding="utf-8") + (tmp_path / "a.xml").read_text(encoding="utf-8")) == []


def test_the_doctor(say: Say) -> None:
    assert rest(say("addin", "doctor")) == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.heavy][::9], ids=lambda kind: kind.name)
def test_what_is_said_of_a_returned_file(kind: object, tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(kind.content())  # type: ignore[attr-defined]
    messages = [found["message"] for found in api.check(path).as_json("en")["findings"]]
    assert rest("\n".join(messages), *names_of(*api.schemes())) == []
