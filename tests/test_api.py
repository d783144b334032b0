"""The public functions, values in and dataclasses out, on assessments worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from xl_kpi import api
from xl_kpi.findings import SchemeError

TESTS = Path(__file__).resolve().parent
SMALL = TESTS / "golden" / "small.yaml"

pytestmark = pytest.mark.xdist_group("small")


def case(scheme: str, name: str) -> dict[str, Any]:
    """A case of tests/cases with its base's answers and task scores filled in, and its level."""
    cases = {
        item["name"]: item
        for item in yaml.safe_load((TESTS / "cases" / f"{scheme}.yaml").read_text(encoding="utf-8"))
    }
    found = cases[name]
    if "base" not in found:
        return found
    base = case(scheme, found["base"])
    expect = {**base["expect"], **found["expect"]}
    expect["tasks"] = {**base["expect"]["tasks"], **found["expect"].get("tasks", {})}
    return {**base, **found, "answers": {**base["answers"], **found["answers"]}, "expect": expect}


@pytest.mark.parametrize(
    ("scheme", "name"),
    [("zaozhuang-cdc-2022", "典型"), ("zaozhuang-blood-2022", "典型"), ("zaozhuang-blood-2022", "否决·安全生产")],
)
def test_scores_are_those_worked_by_hand(scheme: str, name: str) -> None:
    worked = case(scheme, name)
    outcome = api.score(api.scheme(scheme), worked["answers"])
    assert {task.id: task.final for task in outcome.tasks} == worked["expect"]["tasks"]
    assert {task.id: task.self for task in outcome.tasks} == worked["expect"]["tasks"]
    assert outcome.total == worked["expect"]["total"]
    assert outcome.grade == worked["expect"]["grade"]
    assert outcome.veto_state == worked["expect"]["vetoes"]
    assert outcome.complete is (worked["expect"]["missing"] == 0)


def small_case() -> dict[str, Any]:
    """The small scheme's assessment, worked by hand."""
    worked: dict[str, Any] = yaml.safe_load((SMALL.parent / "small.answers.yaml").read_text(encoding="utf-8"))
    return worked


def test_the_outcome_has_every_task_group_and_rate() -> None:
    worked = small_case()
    outcome = api.score(api.scheme(str(SMALL)), worked["answers"])
    expect = worked["expect"]
    assert {task.id: task.final for task in outcome.tasks} == expect["tasks"]
    assert {group.id: group.score for group in outcome.groups} == expect["groups"]
    assert (outcome.total, outcome.self_total, outcome.max) == (expect["total"], expect["total"], expect["max"])
    assert outcome.rate == pytest.approx(expect["rate"], abs=1e-12)
    assert (outcome.grade, outcome.complete, outcome.missing, outcome.invalid) == (expect["grade"], True, 0, 0)


def test_without_answers_nothing_is_scored_and_nothing_is_taken_for_0() -> None:
    outcome = api.score(api.scheme(str(SMALL)), {})
    assert {task.final for task in outcome.tasks} == {None}
    assert {task.state for task in outcome.tasks} == {"未填"}
    assert (outcome.complete, outcome.grade, outcome.veto_state) == (False, "未完成", "未完成")


def test_a_veto_takes_the_grade_and_leaves_the_total() -> None:
    outcome = api.score(api.scheme(str(SMALL)), {**small_case()["answers"], "t3.major": 1})
    assert (outcome.total, outcome.grade, outcome.veto_state) == (67.5, "不合格", "一票否决")
    assert [(veto.task, veto.effect) for veto in outcome.vetoes] == [("t3", "fail")]


def test_what_was_filled_in_comes_back_out_of_the_file(tmp_path: Path) -> None:
    worked, path = small_case(), tmp_path / "a.xlsx"
    path.write_bytes(api.build(api.scheme(str(SMALL)), "甲单位", "007"))
    path.write_bytes(api.fill(path, worked["answers"], str(SMALL)))
    report = api.check(path, str(SMALL))
    assert (report.unit, report.scheme, report.year, report.verdict) == ("甲单位", "small-2024", 2024, "accept")
    assert report.assessment == api.score(api.scheme(str(SMALL)), worked["answers"])


def test_the_reviewers_value_counts_and_the_units_own_score_stays(tmp_path: Path) -> None:
    worked, path = small_case(), tmp_path / "a.xlsx"
    path.write_bytes(api.build(api.scheme(str(SMALL))))
    path.write_bytes(api.fill(path, worked["answers"], str(SMALL)))
    # 3 accidents in place of 1: 20 - 15 = 5, ten points less.
    path.write_bytes(api.fill(path, {"stage": "review", "answers": {"t3.accidents": 3}}, str(SMALL)))
    # The last word: 2 accidents, 20 - 10 = 10.
    report = api.check(path, str(SMALL)).assessment
    assert report is not None
    assert (report.self_total, report.total) == (67.5, 57.5)
    assert api.workbook_map(path, str(SMALL))["stage"] == "review"
    path.write_bytes(api.fill(path, {"stage": "final", "answers": {"t3.accidents": 2}}, str(SMALL)))
    report = api.check(path, str(SMALL)).assessment
    assert report is not None
    assert (report.self_total, report.total) == (67.5, 62.5)
    assert api.workbook_map(path, str(SMALL))["stage"] == "final"


def test_file_names_hold_unit_year_and_scheme_and_nothing_a_file_system_refuses() -> None:
    scheme = api.scheme(str(SMALL))
    assert api.filename(scheme) == "示例疾控中心_2024_small-2024.xlsx"
    assert api.filename(scheme, 'a/b\\c:d*e?f"g<h>i|j') == "a_b_c_d_e_f_g_h_i_j_2024_small-2024.xlsx"
    for unit in ("../../etc/passwd", "..", ". ", "\x00x", "CON"):
        name = api.filename(scheme, unit)
        assert Path(name).name == name
        assert not name.startswith((".", " "))


def test_a_scheme_with_levels_must_be_settled_and_an_unknown_one_is_named() -> None:
    with pytest.raises(SchemeError, match="--level"):
        api.scheme("cdc-emergency")
    with pytest.raises(SchemeError, match="没有名为“nowhere”的方案"):
        api.scheme("nowhere")
    assert api.scheme("cdc-emergency", "县").level == "县"
    # A scheme without levels does not mind being given one.
    assert api.scheme(str(SMALL), "县").level is None


def test_the_schemes_shipped_are_the_five() -> None:
    assert api.schemes() == [
        "cdc-emergency",
        "zaozhuang-blood-2022",
        "zaozhuang-cdc-2022",
        "zaozhuang-hospital-2022",
        "zhangping-health-2019",
    ]
