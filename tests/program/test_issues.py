"""What is said about answers that are not in order: where, what, and what to do, in words an official uses."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from said import zh

from xl_kpi import api
from xl_kpi.findings import Finding, finding
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.program import asking, issues
from xl_kpi.rules.parts import Input

SELF = "@self"

BLOOD, CDC, HOSPITAL = "zaozhuang-blood-2022", "zaozhuang-cdc-2022", "zaozhuang-hospital-2022"
Answers = Mapping[str, float | str]


def said(scheme: str, answers: Answers, level: str | None = None) -> list[Finding]:
    """The findings about the inputs answered."""
    plan = plan_of(api.scheme(scheme, level))  # type: ignore[arg-type]  # a level of the scheme's
    typed = [{f"{name}{SELF}": value for name, value in answers.items()}]
    batch = plan.program.evaluate(typed)
    found = issues.issues(plan.program, batch, 0, plan.at)
    nodes = {name + SELF for name in answers}
    return [finding(i.code, at=plan.at(i.node), **i.details) for i in found if i.node in nodes]


def messages(scheme: str, answers: Answers, level: str | None = None) -> list[str]:
    """What is said about them."""
    return [zh(found) for found in said(scheme, answers, level)]


SAID = [
    (CDC, {"t03.accidents": "无"}, "“生产安全事故起数”填了“无”。没有发生请填 0"),
    (CDC, {"t03.accidents": "2起"}, "“生产安全事故起数”填的是文字“2起”，不计分。请改为数字 2"),
    (CDC, {"t03.accidents": 1.5}, "“生产安全事故起数”填的是 1.5，请填不小于 0 的整数，不带单位和文字"),
    (CDC, {"t03.accidents": "错误值"}, "“生产安全事故起数”单元格出错（如 #DIV/0!），请删去后重新填写"),
    (CDC, {"t03.accidents": " "}, "“生产安全事故起数”只有空格，请删去后重新填写"),
    (CDC, {"t03.accidents": -1}, "“生产安全事故起数”填的是 -1，不能小于 0。请改正"),
    (CDC, {"t03.accidents": 5e7}, "“生产安全事故起数”填的是 50000000，太大了。请改正"),
    (CDC, {"t05.timely": "98%"}, "“办结及时率”填的是文字“98%”，不计分。请删去后连百分号一起重新输入 98%"),
    (
        CDC,
        {"t05.timely": "九成"},
        "“办结及时率”填的是“〔2字文字〕”，请填 0% 至 100% 之间的百分数，连百分号一起输入，如 98.5%、0.4%",
    ),
    (CDC, {"t07.build": " 是"}, "“推进干部思想作风能力建设”填的是文字“ 是”，不计分。请从下拉框选择“是”"),
    (CDC, {"t07.build": "√"}, "“推进干部思想作风能力建设”填的是“√”，只能选“是”或“否”"),
    (BLOOD, {"t12.built_date": 110577}, "填的是 2202-09-30，应在 2012-01-01 至 2032-12-31 之间"),
    (BLOOD, {"t12.built_date": 44859.5}, "填的是 2022-10-25 12:00，只填日期，不带时间"),
    (BLOOD, {"t12.built_date": "2022年10月31日"}, "请改为日期 2022-10-31"),
    (BLOOD, {"t14.collected_last": 0}, "“上年采血量”填的是 0，应大于 0。请改正"),
    (BLOOD, {"t14.collected_last": 1e300}, "“上年采血量”填的是 301位数，太大了。请改正"),
    (HOSPITAL, {"t31.observation": 9000}, "填的是 9000，应在 0 至 8784 之间。请改正"),
]


@pytest.mark.parametrize(("scheme", "answers", "told"), SAID)
def test_a_message_says_what_stands_there_and_what_to_do(scheme: str, answers: Answers, told: str) -> None:
    found = messages(scheme, answers)
    assert len(found) == 1
    assert told in found[0]


def test_a_deduction_over_the_points_names_both_and_what_would_do() -> None:
    assert messages(BLOOD, {"t01.judged": 25, "t01.judged_reason": "台账不全"}) == [
        "“按满意度考核办法的扣分”填了 25 分，超过本项分值 10 分，请改为 0 至 10 之间"
    ]


def test_a_deduction_without_a_reason_names_the_cell_for_it() -> None:
    plan = plan_of(api.scheme(BLOOD))
    cell = plan.at("t01.judged_reason@self").rpartition("!")[2]
    assert messages(BLOOD, {"t01.judged": 2}) == [f"“按满意度考核办法的扣分”已扣 2 分，请在 {cell} 写明扣分理由"]


def test_nobody_is_accused_over_numbers_that_are_not_there_yet() -> None:
    """事件起数 must not exceed what was handled, and equal a sum: with those blank there is nothing to hold it against."""
    for answers in ({"i232.found": 5}, {"i232.found": 5, "i231.reported": 9}, {"i231.handled": 3}):
        assert messages("cdc-emergency", answers, "市") == []
    both = {"i232.found": 5, "i231.handled": 3, "i231.reported": 9}
    assert messages("cdc-emergency", both, "市") == [
        "“原因查明事件数”：原因查明事件数不得大于处置事件数（现为 5）。请核对改正"
    ]


def test_blank_inputs_are_asked_for_by_their_kind() -> None:
    for scheme, answer, remedy in [
        (CDC, "t07.build", "未填，请从下拉框选择"),
        (CDC, "t03.accidents", "未填，没有发生填 0"),
        (CDC, "t05.timely", "未填，请填写，连百分号一起输入，如 98.5%、0.4%；没有发生填“无”"),
    ]:
        plan = plan_of(api.scheme(scheme))
        batch = plan.program.evaluate([{}])
        found = [i for i in issues.issues(plan.program, batch, 0, plan.at) if i.node == answer + SELF]
        assert [zh(finding(i.code, **i.details)).partition("”")[2] for i in found] == [remedy]


_BAD = re.compile(r"「|\de[-+]\d|读作|读法|\bi\d{3}\.|\bt\d\d\.")
ODD: tuple[float | str, ...] = (-1.0, 0.5, 1.5, 1e-7, 5e6, 1e7 + 1, 1e13, 44980.0, 44980.5, "无", "95分", "九成")


@pytest.mark.parametrize("scheme", api.schemes())
def test_no_message_has_an_id_a_machine_number_or_a_serial(scheme: str) -> None:
    """Every input of every scheme, given odd answers; dates are never told as numbers."""
    settled = api.scheme(scheme, (api.describe(scheme).levels or (None,))[-1])
    plan = plan_of(settled)
    nodes = [bound.id + SELF for bound in plan.program.inputs()]
    batch = plan.program.evaluate([{}, *(dict.fromkeys(nodes, odd) for odd in ODD)])
    count = 0
    for row in range(len(ODD) + 1):
        for issue in issues.issues(plan.program, batch, row, plan.at):
            message = zh(finding(issue.code, at=plan.at(issue.node), **issue.details))
            assert not _BAD.search(message), message
            assert "44980" not in message or "日期" not in message, message
            count += 1
    assert count > len(nodes)


def test_dates_are_told_as_dates_and_numbers_without_exponents() -> None:
    assert asking.shown(44980, "date") == "2023-02-23"
    assert asking.shown(44980.5, "date") == "2023-02-23 12:00"
    assert asking.shown(0.9853, "percent") == "98.53%"
    assert asking.shown(0.07, "percent") == "7%"
    assert asking.shown(1e-6, "number") == "0.000001"
    assert asking.shown(5e6, "count") == "5000000"
    assert asking.shown(1e12, "number") == "1000000000000"
    assert asking.shown(-3.5, "number") == "-3.5"


def test_a_range_is_told_only_where_it_means_something() -> None:
    months = Input(id="m", label="月数", kind="count", unit="个月", max=12)
    accidents = Input(id="a", label="事故起数", kind="count", unit="起")
    hours = Input(id="h", label="留观时间", kind="number", unit="小时", max=8784)
    divisor = Input(id="d", label="支出总额", kind="number", unit="万元", min=0.000001)
    assert asking.hint(months) == "填月数，0至12"
    assert asking.hint(accidents) == "填起数；没有发生填0，不要写“无”"
    assert asking.hint(hours) == "按小时填，如 72"
    assert asking.hint(divisor) == "按万元填，如 120.5，须大于0"
