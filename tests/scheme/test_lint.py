"""Linting: the live schemes cover their texts, and every code is given exactly where it should be."""

from __future__ import annotations

import copy
import inspect
import re
from functools import cache
from typing import Any

import pytest
from probe_scheme import Data, probe, task
from said import zh

from xl_kpi.findings import CATALOGUE, Finding
from xl_kpi.program.load import load, parse
from xl_kpi.scheme import coverage, frame
from xl_kpi.scheme import lint as linting
from xl_kpi.scheme.lint import lint
from xl_kpi.shipped import names

HOSPITAL, ZHANGPING, EMERGENCY = "zaozhuang-hospital-2022", "zhangping-health-2019", "cdc-emergency"


def found_in(data: Data) -> list[Finding]:
    """What linting finds in a scheme given as data; it must load."""
    return list(lint(parse(data, "试验.yaml")))


def of_code(code: str, found: list[Finding]) -> list[str]:
    """The messages of one code."""
    return [zh(finding) for finding in found if finding.code == code]


@cache
def linted(scheme: str) -> list[Finding]:
    """What linting finds in a live scheme."""
    return list(lint(load(scheme)))


# --- the live schemes


@pytest.mark.parametrize("scheme", names())
def test_a_live_scheme_has_no_errors(scheme: str) -> None:
    assert [zh(finding) for finding in linted(scheme) if finding.severity == "error"] == []


def test_the_hospitals_two_repeated_tasks_are_reported_each_once() -> None:
    assert of_code("scheme-duplicate-task", linted(HOSPITAL)) == [
        "第22项“直达资金支出进度”（t22）：与 第16项“直达资金支出进度”（t16） 的任务、目标完全相同。两项都保留计分，请向方案制定单位确认",
        "第23项“加强预决算管理”（t23）：与 第17项“加强预决算管理”（t17） 的任务、目标完全相同。两项都保留计分，请向方案制定单位确认",
    ]


@pytest.mark.parametrize("scheme", sorted(set(names()) - {HOSPITAL}))
def test_no_other_scheme_repeats_a_task(scheme: str) -> None:
    assert of_code("scheme-duplicate-task", linted(scheme)) == []


def test_zhangpings_gap_between_the_bands_is_reported_with_its_reading() -> None:
    found = [finding for finding in linted(ZHANGPING) if finding.code == "scheme-band"]
    (finding,) = found  # the same gap in all 38 indicators is said once
    assert finding.severity == "warning"
    assert zh(finding).startswith("第1项“‘产业发展项目建设年’活动”（t01） 等38项")
    assert "80%～85%" in zh(finding)
    assert "有空档" in zh(finding)
    assert "按“一般”（70%）计" in zh(finding)


@pytest.mark.parametrize("scheme", sorted(set(names()) - {ZHANGPING}))
def test_no_other_scheme_has_a_gap_between_bands(scheme: str) -> None:
    assert of_code("scheme-band", linted(scheme)) == []


def asked_in(scheme: str) -> list[str]:
    """The labels of what a live scheme asks of the bureau, as linting reports them."""
    quoted = (re.search(r"没有给出“(.+)”，由考核组织单位", message) for message in asked_messages(scheme))
    return [match[1] for match in quoted if match is not None]


def asked_messages(scheme: str) -> list[str]:
    """The messages about numbers asked of the bureau."""
    return of_code("scheme-asked", linted(scheme))


# What the slides leave open: points of 15 indicators, standards of 6, and the province's where only 市 and 县 have one.
_POINTS = """2.3.2 事件原因查明率分值|2.3.3 报告及时分值|2.3.4 网络直报分值|3.1.1 网络建设评价指数分值
8.1 单位职员满意度分值|8.1 社会公众满意度分值|8.1 有关部门满意度分值|8.2.1 人力综合素质指数分值
8.2.2 现场流行病学调查人员百分比分值|8.2.3 能力资质综合评分分值|8.2.4 指令性工作完毕率分值
8.2.5 财政拨款占年度支出的百分比分值|8.2.6 职员年人均拨款数分值|8.2.7 项目预算完毕率分值|8.2.8 基本建设达标率分值"""
_STANDARDS = """2.2.2 应急物品贮备齐全率标准|2.3.3 报告及时标准|2.3.4 网络直报标准|8.1 单位职员满意度标准
8.1 社会公众满意度标准|8.1 有关部门满意度标准|8.2.8 人均建筑面积标准|8.2.8 试验室面积百分比标准"""
_PROVINCE = """6.3 人力综合素质指数省级标准|8.2.1 人力综合素质指数省级标准
8.2.2 现场流行病学调查人员百分比省级标准|8.2.3 能力资质综合评分省级标准"""


def test_every_number_that_the_emergency_scheme_asks_for_is_reported() -> None:
    points, standards, province = (re.split(r"[|\n]", text) for text in (_POINTS, _STANDARDS, _PROVINCE))
    assert (len(points), len(standards), len(province)) == (15, 8, 4)
    assert sorted(asked_in(EMERGENCY)) == sorted([*points, *standards, *province])


@pytest.mark.parametrize(
    ("scheme", "labels"),
    [
        ("zaozhuang-cdc-2022", []),
        ("zaozhuang-blood-2022", []),
        (
            HOSPITAL,
            [
                *(f"{what}项目完成率全市平均水平" for what in ("新筛", "产筛", "艾梅乙消除")),
                "招商引资仅提供招商线索的最高得分",
                "招商引资签约未开工的最高得分",
            ],
        ),
        (
            ZHANGPING,
            [
                "营商环境指数目标值",
                "医疗服务群众满意率目标值",
                "政务公开指数目标值",
                "争取上级项目资金年度任务",
                "招商引资项目开工、竣工年度任务数合计",
                "平均得分率（该系列所有单位规定指标得分的平均分÷设定分的平均分）",
            ],
        ),
    ],
)
def test_the_other_schemes_report_what_they_ask_for(scheme: str, labels: list[str]) -> None:
    assert asked_in(scheme) == labels


@pytest.mark.parametrize("scheme", names())
def test_a_scheme_with_grades_of_our_own_making_says_so(scheme: str) -> None:
    (message,) = of_code("scheme-default-grades", linted(scheme))
    assert "优秀≥90%、良好≥80%、合格≥60%、不合格≥0%" in message


# --- one spoilt scheme for each code

BANDS = [{"at_least": 1, "share": 1}, {"at_least": 0.85, "share": 0.85}, {"at_least": 0.6, "share": 0.7}]
DONE = {"id": "done", "label": "完成率", "kind": "percent"}
YES_NO = ["是", "否"]
LATE, LOST, FALSE = (
    {"id": id, "label": label, "kind": "choice", "choices": YES_NO}
    for id, label in (("late", "迟报"), ("lost", "漏报"), ("false", "错报"))
)


def tiers(up_to: float | None = None, at: int = 2, **keys: Any) -> Data:
    """A task scored by bands, one of which may say where it ends."""
    bands = copy.deepcopy(BANDS)
    if up_to is not None:
        bands[at]["up_to"] = up_to
    return task("t1", 10, target="", rule={"type": "tiers", "input": DONE, "bands": bands} | keys)


def deducting(*costs: float, points: float = 10) -> Data:
    """A task that loses points for each of up to three answers."""
    items = [
        {"input": one, "when": "是", "each": each} for one, each in zip((LATE, LOST, FALSE), costs, strict=False)
    ]
    return task("t1", points, target="", rule={"type": "deduct", "items": items})


def choosing(*choices: str) -> Data:
    """A task that asks for one of some grades, the first of which is wanted."""
    rule = {"type": "level", "id": "grade", "label": "等次", "levels": list(choices), "at_least": choices[0]}
    return task("t1", 10, target="", rule=rule)


def graded(*bands: tuple[str, float]) -> Data:
    """A scheme with grades."""
    return probe(grades={"bands": [{"name": name, "at_least": floor} for name, floor in bands]})


ASKED_RATE = {"type": "threshold", "input": DONE, "at_least": {"ask": {"id": "std", "label": "合格率标准"}}}
NOT_THERE = [{"text": "满意率85%", "reason": "参考"}]
READING = {
    "id": "open",
    "text": "没有写明的事",
    "chosen": "full",
    "alternatives": {"full": "得满分", "zero": "不得分"},
}
TWICE = [task("t1", 4, name="甲"), task("t2", 6, name="甲")]

# Code to a scheme that has one finding of it, its severity, and words of the message.
SPOILT: dict[str, tuple[Data, str, list[str]]] = {
    "scheme-duplicate-task": (probe(*TWICE), "warning", ["t2", "“甲”", "t1"]),
    "scheme-band": (probe(tiers(0.8, reading="按70%计")), "warning", ["任务t1", "80%～85%", "有空档", "按70%计"]),
    "scheme-band-unread": (probe(tiers(0.8)), "error", ["任务t1", "80%～85%", "有空档", "reading"]),
    "scheme-over-deduction": (probe(deducting(5, 4, 3)), "info", ["任务t1", "最多 12 分", "10 分"]),
    "scheme-doubt": (probe(deducting(11)), "error", ["任务t1", "t1", "each 11", "10 分"]),
    "scheme-unbound": (probe(task("t1", 4, target="合格率95%以上。")), "error", ["任务t1", "“95%”", "narrative"]),
    "scheme-narrative": (probe(task("t1", 4, narrative=NOT_THERE)), "error", ["任务t1", "“满意率85%”"]),
    "scheme-grade": (graded(("优秀", 0.9), ("良好", 0.9), ("合格", 0)), "error", ["“良好”", "90%"]),
    "scheme-list": (probe(choosing("优" * 128, "良" * 127)), "error", ["任务t1”（t1）·等次", "256 个字符"]),
    "scheme-asked": (probe(task("t1", 4, target="", rule=ASKED_RATE)), "info", ["试验方案", "“合格率标准”"]),
    "scheme-reading": (
        probe(readings=[READING]),
        "info",
        ["没有写明的事", "采用的口径：得满分", "另一种口径：不得分"],
    ),
    "scheme-default-grades": (probe(grades={"default": True}), "info", ["优秀≥90%", "不合格≥0%"]),
}


def test_every_code_that_linting_can_give_is_tried_here() -> None:
    source = "".join(inspect.getsource(module) for module in (linting, frame, coverage))
    given = set(re.findall(r'"(scheme-[a-z-]+)"', source))
    assert given == set(SPOILT)
    assert given <= set(CATALOGUE)


def test_the_probe_these_tests_spoil_has_no_findings() -> None:
    assert found_in(probe()) == []


@pytest.mark.parametrize("code", SPOILT)
def test_the_code_is_given_once_and_says_where_and_what(code: str) -> None:
    data, severity, words = SPOILT[code]
    (found,) = found_in(data)
    assert (found.code, found.severity) == (code, severity)
    for word in words:
        assert word in zh(found)


# --- where each code begins and ends


def test_bands_that_overlap_are_reported_as_such() -> None:
    (message,) = of_code("scheme-band-unread", found_in(probe(tiers(0.9))))
    assert "90%～85%" in message or "85%～90%" in message
    assert "有重叠" in message


@pytest.mark.parametrize("data", [probe(tiers()), probe(tiers(0.85)), probe(tiers(1, at=1))])
def test_bands_that_meet_or_do_not_say_where_they_end_are_no_matter(data: Data) -> None:
    assert found_in(data) == []


def test_a_reading_of_the_task_or_of_the_scheme_covers_a_gap_too() -> None:
    for data in (probe(tiers(0.8) | {"reading": "按70%计"}), probe(tiers(0.8), readings=["按70%计"])):
        assert [finding.code for finding in found_in(data)] == ["scheme-band"]


def test_bands_inside_another_rule_are_looked_at_too() -> None:
    inner = tiers(0.8)["rule"]
    parts = [{"label": "甲", "rule": inner}, {"label": "乙", "rule": task("t", 1)["rule"]}]
    data = probe(task("t1", 10, target="", rule={"type": "composite", "parts": parts}))
    assert [finding.code for finding in found_in(data)] == ["scheme-band-unread"]


def test_deductions_that_just_reach_the_points_are_no_matter() -> None:
    assert found_in(probe(deducting(5, 3, 2))) == []


def test_a_count_is_taken_at_its_upper_bound() -> None:
    undone = {"id": "undone", "label": "未完成项数", "kind": "count", "max": 3}
    for each, findings in ((3, []), (4, ["scheme-over-deduction"])):  # 3×3=9 and 3×4=12 of 10
        rule = {"type": "deduct", "items": [{"input": undone, "each": each}]}
        data = probe(task("t1", 10, target="", rule=rule))
        assert [finding.code for finding in found_in(data)] == findings


@pytest.mark.parametrize(
    ("target", "unbound"),
    [
        ("合格率≥90％。", []),
        ("合格率达到90%，90%为底线。", ["90%"]),
        ("合格率90以上。", ["90"]),
        ("1、合格率90%；\n2、不断提高。", []),
        ("（1）合格率90%；（2）不断提高。", []),
        ("合格率90%，每年2次。", ["2"]),
        ("合格率90%，废品率0.5‰以下。", ["0.5‰"]),
        ("合格率九成以上。", []),
    ],
)
def test_a_number_of_the_target_must_be_bound_as_often_as_it_stands(target: str, unbound: list[str]) -> None:
    messages = of_code("scheme-unbound", found_in(probe(task("t1", 4, target=target))))
    assert [re.findall("数字“(.+?)”", message)[0] for message in messages] == unbound


def test_a_number_in_the_name_counts_where_there_is_no_target() -> None:
    messages = of_code("scheme-unbound", found_in(probe(task("t1", 4, name="合格率达95%", target=""))))
    assert len(messages) == 1
    assert "“95%”" in messages[0]


def test_a_number_in_the_narrative_is_accounted_for() -> None:
    told = [{"text": "2022年度", "reason": "考核的年份"}]
    assert found_in(probe(task("t1", 4, target="2022年度合格率90%以上。", narrative=told))) == []


def test_a_bound_or_an_id_of_an_input_does_not_account_for_a_number() -> None:
    rate = {"id": "rate95", "label": "95", "kind": "percent", "max": 0.95, "note": "95%"}
    rule = {"type": "threshold", "input": rate, "at_least": 0.9}
    data = probe(task("t1", 4, target="合格率90%，力争95%。", rule=rule))
    assert len(of_code("scheme-unbound", found_in(data))) == 1


def test_grades_from_high_to_low_are_in_order() -> None:
    assert found_in(graded(("优秀", 0.9), ("良好", 0.8), ("合格", 0))) == []


def test_every_grade_that_is_never_reached_is_reported() -> None:
    messages = of_code("scheme-grade", found_in(graded(("合格", 0.6), ("良好", 0.8), ("优秀", 0.9), ("不合格", 0))))
    assert [re.findall("“(.+?)”", message)[0] for message in messages] == ["良好", "优秀"]


def test_a_list_of_just_255_characters_is_short_enough() -> None:
    # 127 and 127 with the comma between them.
    assert found_in(probe(choosing("优" * 127, "良" * 127))) == []


def test_a_long_list_among_the_basic_data_is_found_too() -> None:
    long = {"id": "kind", "label": "类别", "kind": "choice", "choices": ["甲" * 200, "乙" * 200]}
    messages = of_code("scheme-list", found_in(probe(task("t1", 4, basics=[long]))))
    assert len(messages) == 1
    assert "任务t1”（t1）·类别" in messages[0]


def test_tasks_with_the_same_name_and_different_targets_are_not_the_same() -> None:
    data = probe(task("t1", 4, name="甲"), task("t2", 6, name="甲", target="合格率不低于90%。"))
    assert found_in(data) == []


def test_a_task_that_stands_three_times_is_reported_twice() -> None:
    data = probe(*(task(id, 4, name="甲") for id in ("t1", "t2", "t3")))
    assert [message[:3] for message in of_code("scheme-duplicate-task", found_in(data))] == ["第2项", "第3项"]


def test_what_another_reading_says_wrong_is_found_under_its_name() -> None:
    reading = {"id": "floor", "text": "标准", "chosen": "as_is", "alternatives": {"as_is": "90%", "other": "95%"}}
    rule = task("t1", 4)["rule"] | {"at_least": {"by_reading": {"id": "floor", "as_is": 0.9, "other": 95}}}
    found = found_in(probe(task("t1", 4, rule=rule), readings=[reading]))
    (message,) = of_code("scheme-doubt", found)
    for words in ("任务t1", "口径 floor 取 other", "at_least", "9500%", "0.95"):
        assert words in message
