"""“无”, the answer of a rate of what did not happen: where it is taken, what contradicts it, and who gets to see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from said import zh

from xl_kpi import api
from xl_kpi.findings import Finding, finding
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.program import issues
from xl_kpi.program.load import load
from xl_kpi.rules.parts import Level
from xl_kpi.xlsx.addresses import a1

SELF = "@self"

CASES = Path(__file__).resolve().parent.parent / "cases"
BLOOD, CDC, HOSPITAL = "zaozhuang-blood-2022", "zaozhuang-cdc-2022", "zaozhuang-hospital-2022"
ZHANGPING, EMERGENCY = "zhangping-health-2019", "cdc-emergency"
Answers = Mapping[str, float | str | None]

# Every typed rate that may be of something that did not happen, decided one by one.
TAKES_NONE = {
    BLOOD: ["t05.timely", "t05.satisfied"],
    CDC: ["t05.timely", "t05.satisfied", "t12.handled", "t19.spouses", "t19.screened", "t21.reviewed"],
    HOSPITAL: [
        *("t09.timely", "t09.satisfied", "t31.rescue", "t32.critical", "t36.mediated"),
        *("t38.registered", "t38.qualified", "t38.omitted", "t38.tb_registered", "t38.tb_referred", "t38.deaths"),
    ],
    ZHANGPING: ["t06.petition", "t12.urgent", "t13.hotline"],
    EMERGENCY: ["i233.timely", "i234.online"],
}


def levels_of(scheme: str) -> Iterator[Level | None]:
    """The levels of a scheme, or none."""
    yield from load(scheme).levels or (None,)


def answers_of(scheme: str, case: str) -> Answers:
    """The answers of a case worked by hand, with what it takes over."""
    done: dict[str, dict[str, float | str | None]] = {}
    for entry in yaml.safe_load((CASES / f"{scheme}.yaml").read_text(encoding="utf-8")):
        done[entry["name"]] = {**done.get(entry.get("base"), {}), **(entry["answers"] or {})}
    return done[case]


def found(scheme: str, answers: Answers, level: Level | None = None) -> list[Finding]:
    """Every finding about some answers."""
    plan = plan_of(api.scheme(scheme, level))
    batch = plan.program.evaluate([{name + SELF: value for name, value in answers.items()}])
    return [finding(i.code, at=plan.at(i.node), **i.details) for i in issues.issues(plan.program, batch, 0, plan.at)]


@pytest.mark.parametrize("scheme", TAKES_NONE)
def test_the_rates_that_take_none_are_those_decided_and_the_map_says_so(scheme: str) -> None:
    for level in levels_of(scheme):
        inputs = plan_of(api.scheme(scheme, level)).input_map()
        assert [item["id"] for item in inputs if item["none"]] == TAKES_NONE[scheme]
        assert all(item["kind"] == "percent" for item in inputs if item["none"])


def test_each_rate_of_nothing_is_a_remark_and_no_file_is_flagged_for_it(tmp_path: Path) -> None:
    blank = tmp_path / "单位_2022_zaozhuang-cdc-2022.xlsx"
    blank.write_bytes(api.build(api.scheme(CDC), unit="单位"))
    filled = tmp_path / "filled" / blank.name
    filled.parent.mkdir()
    filled.write_bytes(api.recalculated((blank.name, api.fill(blank, answers_of(CDC, "没有发生的填“无”")))))
    report = api.check(filled)
    assert (report.verdict, report.code) == ("accept", "ok")
    said = [one for one in report.findings if one.code == "none"]
    # Six typed rates, and the first visits of which there were none to pay.
    assert len(said) == 7
    assert all((one.severity, one.sheet) == ("info", "数据填报") for one in said)
    assert zh(said[0]) == "“办结及时率”没有发生，得满分。请复核是否属实"
    assert report.assessment is not None
    assert report.assessment.total == 400


def test_a_reviewer_finds_every_rate_of_nothing_in_one_list_on_核对() -> None:
    answers = answers_of(HOSPITAL, "没有发生的填“无”")
    plan = plan_of(api.scheme(HOSPITAL))
    batch = plan.program.evaluate([{name + SELF: value for name, value in answers.items()}])
    sheet = plan.sheets["核对"]
    listed = {}
    for nothing in plan.program.nothings:
        (shown,) = [at for at, cell in sheet.cells.items() if cell.op is nothing.shown]
        batch.compute("", nothing.shown)
        assert sheet.cells[a1(shown.row, 1)].link == plan.link_to(nothing.on + SELF)
        assert nothing.label in str(sheet.cells[a1(shown.row, 2)].value)
        assert "得满分" in str(sheet.cells[a1(shown.row, 4)].value)
        listed[nothing.on] = batch.value("", 0)
        assert shown.column == 3
    assert listed == {name: answers[name] for name in TAKES_NONE[HOSPITAL]}
    assert set(listed.values()) == {"无"}


def test_what_is_answered_otherwise_or_not_at_all_is_told_apart_in_the_list() -> None:
    plan = plan_of(api.scheme(CDC))
    first = plan.program.nothings[0]
    rows: list[Answers] = [{}, {"t05.timely@self": 0}, {"t05.timely@self": "没有"}, {"t05.timely@self": "无"}]
    batch = plan.program.evaluate(rows)
    batch.compute("", first.shown)
    assert [batch.value("", row) for row in range(4)] == ["未填", "—", "有误", "无"]


SAID = [
    (CDC, {"t05.timely": "没有"}, "“办结及时率”填了“没有”。没有发生请填“无”"),
    (CDC, {"t05.timely": " 无"}, "没有发生请填“无”"),
    (CDC, {"t11.tested": "无"}, "连百分号一起输入，如 98.5%、0.4%"),
    (
        HOSPITAL,
        {"t36.skip": 2, "t36.mediated": "无"},
        "医患纠纷越级上访起数大于0的，“医疗纠纷人民调解比率”不能填“无”",
    ),
    (HOSPITAL, {"t36.repeated": 1, "t36.mediated": "无"}, "医患纠纷重复上访起数大于0"),
]


@pytest.mark.parametrize(("scheme", "answers", "told"), SAID)
def test_none_where_it_cannot_be_is_told_with_what_to_do(scheme: str, answers: Answers, told: str) -> None:
    wrong = [one for one in found(scheme, answers) if one.code in ("invalid", "text-number", "inconsistent")]
    assert len(wrong) == 1
    assert told in zh(wrong[0])
    assert "「" not in zh(wrong[0])


def test_none_beside_a_count_of_0_is_in_order_and_held_to_nothing_else() -> None:
    answers = {"t36.skip": 0, "t36.repeated": 0, "t36.mediated": "无"}
    assert {one.code for one in found(HOSPITAL, answers)} == {"missing", "none"}


def test_none_of_an_event_is_held_against_the_events_of_another_task() -> None:
    answers = answers_of(EMERGENCY, "有事件而填“无”（县）")
    wrong = [zh(one) for one in found(EMERGENCY, answers, "县") if one.code == "inconsistent"]
    assert len(wrong) == 2
    assert all("年度报告事件数大于0" in message for message in wrong)


def test_filling_in_none_raises_no_remark() -> None:
    plan = plan_of(api.scheme(CDC))
    specs = {bound.id: bound.spec for bound in plan.program.inputs()}
    assert issues.unfitting("无", specs["t05.timely"]) is None
    assert issues.unfitting("无", specs["t11.tested"]) is not None
