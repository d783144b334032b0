"""Every kind of tampering (mutations.py) gets its right answer: verdict, code, cell, and what the answers come to.

"Missed" is what should have been flagged or rejected and was accepted; a "false flag" is what should have been accepted
and was not. The expectations come from the matrix of hostile files and from cases worked by hand.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hostile_book import BASES, Kind, Outcome, case_of, outcome_of
from hostile_child import checked
from mutations import KINDS

from xl_kpi import api
from xl_kpi.findings import CATALOGUE

Record = Callable[[str, object], None]
Save = Callable[[Mapping[str, bytes]], dict[str, bytes]]  # see tests/conftest.py


def test_there_are_at_least_440_kinds_each_with_a_name_and_known_codes() -> None:
    assert len(KINDS) >= 440
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert kind.base in BASES, kind.name
        assert set().union(*kind.expected.allowed.values()) <= set(CATALOGUE), kind.name


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.heavy], ids=lambda kind: kind.name)
@pytest.mark.usefixtures("no_network")
def test_tampering_is_answered_rightly(kind: Kind, tmp_path: Path, record_property: Record) -> None:
    path = tmp_path / kind.file
    path.write_bytes(kind.content())
    judge(kind, api.check(path).as_json("zh"), record_property)
    assert [found.name for found in tmp_path.iterdir()] == [kind.file]  # nothing was unpacked beside it


HEAVY = [kind for kind in KINDS if kind.heavy]


@pytest.fixture(scope="module")
def heavy_reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapping[str, Any]]:
    """What a process of its own says of every heavy file, within 30 seconds each and a gigabyte."""
    folder = tmp_path_factory.mktemp("heavy")
    paths = {kind.name: folder / f"{kind.name}.xlsx" for kind in HEAVY}
    for kind in HEAVY:
        paths[kind.name].write_bytes(kind.content())
    reports = checked([str(path) for path in paths.values()], folder / "child").reports
    return {name: reports[str(path)] for name, path in paths.items()}


@pytest.mark.xdist_group("hostile-heavy")
@pytest.mark.parametrize("kind", HEAVY, ids=lambda kind: kind.name)
def test_a_heavy_file_is_answered_rightly_within_30_seconds_and_a_gigabyte(
    kind: Kind, heavy_reports: dict[str, Mapping[str, Any]], record_property: Record
) -> None:
    judge(kind, heavy_reports[kind.name], record_property)


def judge(kind: Kind, report: Mapping[str, Any], record: Record) -> None:
    """Count the kind, and whether it was missed or flagged for nothing; fail if the answer is not the right one."""
    verdict, allowed = report["verdict"], kind.expected.allowed
    record("hostile kinds", 1)
    record("missed", int(verdict == "accept" and "accept" not in allowed))
    record("false flags", int(verdict != "accept" and set(allowed) == {"accept"}))
    wrong = differences(kind, report)
    if wrong:
        found = [f"{f['code']} {f['sheet']}!{f['cell']} {f['message']}" for f in report["findings"][:8]]
        said = f"{kind.does}: {verdict} {report['code']}, not {kind.expected}"
        pytest.fail("\n".join([said, *wrong, *found]), pytrace=False)


def differences(kind: Kind, report: Mapping[str, Any]) -> list[str]:
    """What of a report is not right, in words."""
    verdict, findings = report["verdict"], report["findings"]
    if verdict not in kind.expected.allowed:
        return ["the verdict is another"]
    wrong = []
    codes = kind.expected.allowed[verdict]
    said = [finding for finding in findings if finding["code"] in codes]
    if codes and (not said or (verdict == "reject" and report["code"] not in codes)):
        wrong.append("the code is another")
    elif codes and kind.at and verdict == "flag" and kind.at not in {f"{f['sheet']}!{f['cell']}" for f in said}:
        wrong.append(f"{kind.at} is not named")
    grave = {finding["severity"] for finding in findings} - {"info"}
    if (verdict == "accept") == bool(grave):
        wrong.append("the verdict does not follow from the findings")
    if verdict == "reject":
        return wrong
    found = shown(report)
    rights = [change.of(outcome_of(kind.base)) for change in kind.outcomes]
    if found not in rights:
        wrong.append(f"comes to {found}, not to {rights[0]}")
    return wrong


def shown(report: Mapping[str, Any]) -> Outcome:
    """The outcome as the command line reports it."""
    vetoes = frozenset((veto["task"], veto["effect"]) for veto in report["vetoes"])
    return Outcome(report["total"], report["grade"], vetoes, {task["id"]: task["final"] for task in report["tasks"]})


# --- what the kinds are worth


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_what_must_be_accepted_opens_in_openpyxl_and_comes_to_the_same_in_libreoffice(
    saved_by_libreoffice: Save, request: pytest.FixtureRequest
) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    kinds = [kind for kind in KINDS if set(kind.expected.allowed) == {"accept"}]
    saved = saved_by_libreoffice({kind.name: kind.content() for kind in kinds})
    wrong = []
    for kind in kinds:
        openpyxl.load_workbook(io.BytesIO(kind.content()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(saved[kind.name]), data_only=True)
        right = kind.outcomes[0].of(outcome_of(kind.base))
        places = [case_of(kind.base).plan.at(node).split("!") for node in ("total", "grade")]
        total, grade = (book[sheet][cell].value for sheet, cell in places)
        if (round(total, 9), grade) != (right.total, right.grade):
            wrong.append(f"{kind.name}: {total} {grade}")
    assert wrong == []
