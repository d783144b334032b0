"""The hand-worked cases again, under the readings that the schemes do not choose: what changes, worked by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from cases import FOLDER

from xl_kpi import api
from xl_kpi.program.load import load
from xl_kpi.rules.parts import Level
from xl_kpi.scheme.resolve import resolve

ZHANGPING, EMERGENCY = "zhangping-health-2019", "cdc-emergency"
CDC, HOSPITAL = "zaozhuang-cdc-2022", "zaozhuang-hospital-2022"


@dataclass(frozen=True)
class Otherwise:
    """A case of a scheme, what is answered otherwise, the readings chosen, and what it then comes to."""

    scheme: str
    case: str
    readings: dict[str, str]
    total: float
    most: float
    tasks: dict[str, float | str]
    why: str
    level: Level | None = None
    answers: dict[str, Any] | None = None


OUT = "不参评"
CASES = [
    Otherwise(
        ZHANGPING, "平均得分率90%，各项都完成", {"mean_rate": "all"}, 1350, 1500, {"t01": 270, "t24": 45}, "1500×90%"
    ),
    Otherwise(
        ZHANGPING,
        "没有发生的填“无”",
        {"none": "zero"},
        1445.5,
        1500,
        {"t06": 76.5, "t12": 28, "t13": 21, "t37": 0},
        "t06 6÷7＝85.7%，90×85%＝76.5；t12 3÷4＝75%，40×70%＝28；t13 75%，30×70%＝21；t37 0；1500－13.5－12－9－20＝1445.5",
    ),
    Otherwise(
        ZHANGPING,
        "没有发生的填“无”",
        {"none": "exclude"},
        1480,
        1480,
        {"t06": 90, "t12": 40, "t13": 30, "t37": OUT},
        "各项中没有发生的一个不计，其余平均100%；t37只有这一项，20分不参评，1500－20＝1480",
    ),
    Otherwise(
        EMERGENCY,
        "典型（市）",
        {"by_percent": "all_or_nothing"},
        326,
        556,
        {"i211": 0, "i221": 0, "i232": 0, "i233": 0, "i812": 0, "i823": 0, "i824": 0, "i827": 0, "i828": 3},
        "达不到的不得分：区域255，机构13＋17＋6＋6＋4＋4＋6＋6＋6＋3＝71",
        "市",
    ),
    Otherwise(
        EMERGENCY,
        "极端（县，全年无事件，极大极小的数）",
        {"none": "zero"},
        287,
        556,
        {"i31": 0, "i32": 0, "i231": 0, "i233": 0, "i234": 0},
        "485－78－87－17－10－6＝287",
        "县",
    ),
    Otherwise(
        EMERGENCY,
        "极端（县，全年无事件，极大极小的数）",
        {"none": "exclude"},
        287,
        358,
        {"i31": OUT, "i32": OUT, "i231": OUT, "i233": OUT, "i234": OUT, "i221": 0},
        "得分287，满分556－78－87－17－10－6＝358；没有演练的仍是0分",
        "县",
    ),
    Otherwise(
        CDC,
        "没有发生的填“无”",
        {"none": "exclude"},
        377.25,
        377.25,
        {"t05": OUT, "t12": 16, "t19": 3.75, "t21": 7.5},
        "t05全部5分、t12五分之一4分、t19四分之三11.25分、t21四分之一2.5分不参评，400－22.75＝377.25",
    ),
    Otherwise(
        CDC,
        "没有发生的填“无”",
        {"none": "exclude"},
        370.59,
        377.25,
        {"t05": OUT, "t12": 16, "t19": 3.75, "t21": 7.5, "t22": 6.67, "t23": 6.67},
        "t22、t23上报及时率99%，各失三分之一，377.25－3.33×2＝370.59，370.59÷377.25＝98.2%",
        answers={"t22.reported": 0.99, "t23.reported": 0.99},
    ),
    Otherwise(
        HOSPITAL,
        "没有发生的填“无”",
        {"none": "zero"},
        678.01,
        700,
        {"t09": 0, "t31": 18.18, "t32": 18, "t36": 9.33, "t38": 12.5},
        "t31 20×10÷11；t32 20×9÷10；t36 10－2÷3；t38 八项中失三项，各2.5；700－10－1.82－2－0.67－7.5＝678.01",
    ),
    Otherwise(
        HOSPITAL,
        "没有发生的填“无”",
        {"none": "exclude"},
        678.01,
        678.01,
        {"t09": OUT, "t31": 18.18, "t32": 18, "t36": 9.33, "t38": 12.5},
        "得分与上一例相同，但失去的21.99分不参评，满分也是678.01，得分率100%",
    ),
    Otherwise(
        HOSPITAL,
        "边界——全市平均为100%",
        {"mean_at_top": "unmet"},
        695,
        700,
        {"t06": 10},
        "新筛持平、产筛低于平均，都没有超过，六项失两项，15×4÷6＝10",
    ),
]


def answers_of(case: Otherwise) -> dict[str, Any]:
    """The answers of the case in its file, with what it takes over from its base, and what is answered otherwise."""
    done: dict[str, dict[str, Any]] = {}
    for entry in yaml.safe_load((FOLDER / f"{case.scheme}.yaml").read_text(encoding="utf-8")):
        done[entry["name"]] = {**done.get(entry.get("base"), {}), **(entry["answers"] or {})}
    return done[case.case] | (case.answers or {})


def test_every_other_option_of_every_reading_is_worked_in_some_case() -> None:
    worked = {(case.scheme, name, option) for case in CASES for name, option in case.readings.items()}
    others = {
        (scheme, reading.id, option)
        for scheme in (ZHANGPING, EMERGENCY, HOSPITAL)
        for reading in load(scheme).choices()
        for option in reading.alternatives
        if option != reading.chosen
    }
    assert others <= worked


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.scheme}-{case.case}-{'-'.join(case.readings.values())}"
)
def test_a_case_comes_to_what_was_worked_by_hand_under_another_reading(case: Otherwise) -> None:
    got = api.score(resolve(load(case.scheme), case.level, readings=case.readings), answers_of(case))
    shown = {task.id: task.state if task.final is None else task.final for task in got.tasks}
    assert {task: shown[task] for task in case.tasks} == case.tasks
    assert (got.total, got.self_total, got.max, got.complete) == (case.total, case.total, case.most, True)
    assert got.rate == pytest.approx(case.total / case.most)
    assert sum(group.points for group in got.groups if group.id in ("g1", "g2")) == pytest.approx(case.most)


def test_a_year_of_nothing_at_all_has_no_points_and_no_rate() -> None:
    """All of 3.1 and 3.2 left out: their group keeps what the rest is worth, and nothing is divided by 0."""
    case = next(case for case in CASES if case.readings == {"none": "exclude"} and case.scheme == EMERGENCY)
    got = api.score(resolve(load(EMERGENCY), "县", readings=case.readings), answers_of(case))
    points = {task.id: task.points for task in got.tasks}
    assert (points["i31"], points["i32"], points["i61"]) == (0, 0, 160)
    assert next(group.points for group in got.groups if group.id == "g1") == 381 - 78 - 87
