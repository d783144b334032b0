"""Whole assessments worked by hand (tests/cases/*.yaml), through our scorer and through other engines on the workbook.

A case gives answers by input id and what they come to: every task's score, groups, total, grade, vetoes, missing. It
may start from another case (`base`), whose answers and task scores it then changes. A group that a case does not name
is worth the sum of its tasks' scores, as worked by hand. The answers are typed as 自报值 only, so the self-assessed
score and the adopted one are the same number.

The engines other than numpy read the workbook that is built for officials: they check its formulas, not our scorer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from cases import CASES, FOLDER, GRADES, INVALID, MISSING, SCHEMES, VETOES, Case, cases_of, differences

from xl_kpi import api
from xl_kpi.engines.base import Engine, Value
from xl_kpi.engines.formulas import FormulasModel
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.rules.parts import SETUP, Level

SELF = "@self"

EXPECTATIONS = {"total", "grade", "vetoes", "missing"}  # besides tasks and groups


def in_groups(group: Callable[[Case], str], slow: Callable[[Case], bool] = lambda case: False) -> list[Any]:
    """The cases as parameters; those of one group run in one process, which then prepares for them once."""

    def marks(case: Case) -> list[pytest.MarkDecorator]:
        return [pytest.mark.xdist_group(group(case)), *([pytest.mark.slow] if slow(case) else [])]

    return [pytest.param(case, id=case.id, marks=marks(case)) for case in CASES]


def beside_the_main_ones(case: Case) -> bool:
    """Whether a case is none of those that every scheme has: these run with every engine, the others where it is quick."""
    return not case.name.startswith(("满分", "典型", "边界", "否决", "一票", "全部未填"))


# --- the files


def test_there_is_a_file_of_cases_for_every_scheme_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SCHEMES)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_has_at_least_six_cases(scheme: str) -> None:
    assert len(cases_of(scheme)) >= 6


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_with_levels_has_cases_at_each(scheme: str) -> None:
    assert {case.level for case in cases_of(scheme)} == set(api.describe(scheme).levels or (None,))


def is_perfect(case: Case) -> bool:
    """Every task has all its points."""
    return all(case.tasks[task.id] == points_of(case, task.id) for task in case.settled.tasks())


def points_of(case: Case, task: str) -> float | str | None:
    """A task's points: the scheme's, or what the case has the bureau fill in."""
    points = {one.id: one.points for one in case.settled.tasks()}[task]
    return points if isinstance(points, float) else case.answers.get(f"{SETUP}.{points.ask.id}")


def is_blank(case: Case) -> bool:
    """Nothing was filled in, and nothing has a score."""
    return not case.answers and set(case.tasks.values()) == {MISSING}


def is_mixed(case: Case) -> bool:
    """A finished year with scores of more than one sort: full, in part, lost."""
    scores = [(case.tasks[task.id], points_of(case, task.id)) for task in case.settled.tasks()]
    sorts = {"lost" if got == 0 else "full" if got == most else "part" for got, most in scores}
    return len(sorts) > 1 and case.expected["grade"] != "未完成"


# What each kind of case is called, and what makes it one.
KINDS: dict[str, tuple[str, Callable[[Case], bool]]] = {
    "perfect": ("满分", is_perfect),
    "typical": ("典型", is_mixed),
    "boundary": ("边界|恰", lambda case: case.expected["grade"] != "未完成"),
    "everything missing": ("全部未填", is_blank),
    "extreme": ("极|零", lambda case: any(value in (0, 1e7, 1e12, 1) for value in case.answers.values())),
    "wrong answers": ("误|错", lambda case: INVALID in case.tasks.values()),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_has_a_case_of_every_kind(scheme: str, kind: str) -> None:
    called, holds = KINDS[kind]
    assert [case.name for case in cases_of(scheme) if re.search(called, case.name) and holds(case)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_veto_effect_of_a_scheme_is_triggered_in_some_case(scheme: str) -> None:
    words = {"fail": "一票否决", "no_excellent": "一票否优", "zero_task": "该项不得分"}
    effects = {words[e] for task in api.describe(scheme).tasks() for veto in task.vetoes for e in veto.effects}
    triggered = {case.expected["vetoes"] for case in cases_of(scheme)} - {"未触发", "未完成"}
    assert triggered == effects
    for case in cases_of(scheme):
        if case.expected["vetoes"] == "一票否决" and case.expected["grade"] != "未完成":
            assert case.expected["grade"] == "不合格", case.name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_says_what_every_outcome_is(case: Case) -> None:
    assert set(case.expected) - {"tasks", "groups"} == EXPECTATIONS
    assert set(case.tasks) == {task.id for task in case.settled.tasks()}
    assert set(case.expected.get("groups", ())) <= {group.id for group in case.settled.all_groups()}
    assert case.expected["grade"] in GRADES
    assert case.expected["vetoes"] in VETOES
    assert all(isinstance(score, int | float) or score in (MISSING, INVALID) for score in case.tasks.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_answers_inputs_that_there_are(case: Case) -> None:
    assert set(case.answers) <= {bound.id for bound in case.plan.program.inputs()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_scores_worked_by_hand_add_up_to_the_groups_and_the_total(case: Case) -> None:
    given = case.expected.get("groups", {})
    assert given == {id: score for id, score in case.groups().items() if id in given}
    assert case.total() == case.expected["total"]


# --- our scorer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_api_scores_a_case_as_by_hand(case: Case) -> None:
    got = api.score(case.settled, case.answers)
    final = {task.id: task.state if task.final is None else task.final for task in got.tasks}
    assert final == case.tasks
    # A self-assessed score that is wanting has no word in the api.
    assert {task.id: task.self for task in got.tasks} == {
        id: None if isinstance(score, str) else score for id, score in case.tasks.items()
    }
    assert {group.id: group.score for group in got.groups} == case.groups()
    assert (got.total, got.self_total) == (case.expected["total"], case.expected["total"])
    assert (got.grade, got.veto_state, got.missing) == tuple(case.expected[k] for k in ("grade", "vetoes", "missing"))
    unready = case.expected["missing"] > 0 or INVALID in case.tasks.values()
    assert got.complete or unready, "unfinished, though nothing is missing or wrong"
    assert got.complete == (case.expected["grade"] != "未完成")


@cache
def scored(scheme: str, level: Level | None) -> tuple[Batch, tuple[Case, ...]]:
    """All cases of a scheme at a level as one batch."""
    together = tuple(case for case in cases_of(scheme) if case.level == level)
    typed = [{f"{name}{SELF}": value for name, value in case.answers.items()} for case in together]
    return together[0].plan.program.evaluate(typed), together


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_numpy_scores_a_case_as_by_hand_among_all_the_others(case: Case) -> None:
    batch, together = scored(case.scheme, case.level)
    assert differences(case, lambda node: batch.value(node, together.index(case))) == []


# --- other engines, on the workbook


@cache
def blank(scheme: str, level: Level | None) -> bytes:
    """The workbook as it is sent out."""
    return api.build(api.scheme(scheme, level))


@cache
def model_of(scheme: str, level: Level | None) -> FormulasModel:
    """The blank workbook compiled by the package formulas."""
    return FormulasModel.load(blank(scheme, level))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], bytes]:
    """The workbook of a case, its answers typed in as an official does; nothing is recalculated."""
    folder = tmp_path_factory.mktemp("cases")

    def fill(case: Case) -> bytes:
        path = folder / f"{case.scheme}{case.level}.xlsx"
        path.write_bytes(blank(case.scheme, case.level))
        return api.fill(path, case.answers)

    return fill


@pytest.mark.parametrize("case", in_groups(lambda case: f"formulas-{case.scheme}-{case.level}", beside_the_main_ones))
def test_formulas_shows_in_the_workbook_what_was_worked_by_hand(case: Case, request: pytest.FixtureRequest) -> None:
    if beside_the_main_ones(case) and "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    plan = case.plan
    inputs: dict[str, Value] = {plan.at(name + SELF): value for name, value in case.answers.items()}
    shown = model_of(case.scheme, case.level).calculate(inputs)
    assert differences(case, lambda node: shown[plan.at(node)]) == []


@pytest.mark.parametrize("case", in_groups(lambda case: f"formualizer-{case.scheme}"))
def test_formualizer_shows_in_the_workbook_what_was_worked_by_hand(
    case: Case, filled: Callable[[Case], bytes], engine_named: Callable[[str], Engine]
) -> None:
    (shown,) = engine_named("formualizer").recalculate([filled(case)])
    assert differences(case, lambda node: shown[case.plan.at(node)]) == []


@pytest.fixture(scope="session")
def shown_by_libreoffice(
    filled: Callable[[Case], bytes], engine_named: Callable[[str], Engine]
) -> Mapping[str, Mapping[str, Value]]:
    """What LibreOffice shows in every case's workbook, all of them in one run of the program."""
    engine = engine_named("libreoffice")
    return dict(zip((case.id for case in CASES), engine.recalculate([filled(case) for case in CASES]), strict=True))


@pytest.mark.parametrize("case", in_groups(lambda case: "libreoffice-cases"))
def test_libreoffice_shows_in_the_workbook_what_was_worked_by_hand(
    case: Case, shown_by_libreoffice: Mapping[str, Mapping[str, Value]]
) -> None:
    shown = shown_by_libreoffice[case.id]
    assert differences(case, lambda node: shown[case.plan.at(node)]) == []
