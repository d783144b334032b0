"""Gnumeric comes to the same values as our scorer: in the assessments worked by hand, and whatever is typed in.

A second judge beside LibreOffice (test_cases.py, test_agreement.py), written by other people. Every formula cell is
compared. What is converted shows the values of the blank workbook before, so an engine that calculated nothing would be
found.

Known to differ: a sixteenth digit. Excel keeps 15 of a number that is typed and rounds what 15 digits show, so that
10000000.000000002 is a whole number; Gnumeric rounds the binary number, and it is none. The sample types 15 digits. And
a number that a formula joins to a text has 15 digits in Excel, in Gnumeric all there are (gnumeric.py cuts them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import gnumeric
import pytest
from agreement import SETTLED, Tally, answers_of, blank, compared, typed_in
from cases import CASES, Case, differences

from xl_kpi import api
from xl_kpi.engines.base import Value
from xl_kpi.layout.lay_out import plan_of

SELF = "@self"

pytestmark = pytest.mark.xdist_group("gnumeric")
# Every sort of return that goes wrong, each at another scheme or level.
MOODS = ("mostly right", "on the edge everywhere", "reviewed", "with gaps", "careless", "hostile")
SAMPLE = [(*SETTLED[at % len(SETTLED)], MOODS[at % len(MOODS)], 7000 + at) for at in range(14)]


def as_excel_keeps(typed: Mapping[str, float | str | None]) -> dict[str, float | str | None]:
    """Answers with 15 digits of each number."""
    return {node: float(f"{value:.15g}") if isinstance(value, float) else value for node, value in typed.items()}


def typed_by(case: Case) -> dict[str, float | str | None]:
    """The answers of a case by node id."""
    return {f"{name}{SELF}": value for name, value in case.answers.items() if value is not None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the blank workbooks are put."""
    return tmp_path_factory.mktemp("gnumeric")


@pytest.fixture(scope="module")
def shown(folder: Path) -> Mapping[str, Mapping[str, Value]]:
    """What Gnumeric shows in every case's workbook."""
    engine = gnumeric.need()
    workbooks = [typed_in(blank(case.scheme, case.level, folder), case.plan, typed_by(case)) for case in CASES]
    return dict(zip((case.id for case in CASES), engine.recalculate(workbooks), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_gnumeric_shows_in_the_workbook_what_was_worked_by_hand(
    case: Case, shown: Mapping[str, Mapping[str, Value]]
) -> None:
    assert differences(case, lambda node: shown[case.id][case.plan.at(node)]) == []


def test_gnumeric_and_numpy_agree_on_every_cell_of_the_cases(
    shown: Mapping[str, Mapping[str, Value]], record_property: Callable[[str, object], None]
) -> None:
    tally = Tally()
    for case in CASES:
        compared(case.plan, [typed_by(case)], [shown[case.id]], tally)
    assert tally.workbooks == len(CASES)
    tally.report(record_property)


def test_gnumeric_and_numpy_agree_on_every_cell_of_a_sample(
    folder: Path, record_property: Callable[[str, object], None]
) -> None:
    engine = gnumeric.need()
    rows = [as_excel_keeps(answers_of(*one)) for one in SAMPLE]
    plans = [plan_of(api.scheme(scheme, level)) for scheme, level, _, _ in SAMPLE]
    workbooks = [
        typed_in(blank(scheme, level, folder), plan, typed)
        for (scheme, level, _, _), plan, typed in zip(SAMPLE, plans, rows, strict=True)
    ]
    tally = Tally()
    for plan, typed, values in zip(plans, rows, engine.recalculate(workbooks), strict=True):
        compared(plan, [typed], [values], tally)
    assert tally.workbooks == len(SAMPLE)
    tally.report(record_property)


def test_a_sixteenth_digit_is_known_to_differ(folder: Path) -> None:
    engine = gnumeric.need()
    scheme, level = "cdc-emergency", "省"
    plan = plan_of(api.scheme(scheme, level))
    typed = {f"i824.done{SELF}": 10000000.000000002}
    wrong = []
    for row in (typed, as_excel_keeps(typed)):
        tally = Tally()
        workbook = typed_in(blank(scheme, level, folder), plan, row)
        compared(plan, [row], engine.recalculate([workbook]), tally)
        wrong.append({found.partition(":")[0] for found in tally.wrong})
    assert plan.at("i824.done?") in wrong[0]
    assert wrong[1] == set()
