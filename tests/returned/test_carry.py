"""Carrying the answers of a workbook that is out already into a fresh one: every value arrives or is listed, none shifted.

`older/` holds workbooks as version 1 of two schemes built them, filled with `xl-kpi fill` in all three stages (what was
filled in stands beside them) and with texts on 考核表.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hostile_book import Book
from said import zh

from xl_kpi import api
from xl_kpi.findings import WorkbookError

OLDER = Path(__file__).parents[1] / "older"
SMALL = Path(__file__).parents[1] / "golden" / "small.yaml"
ENTRY, FORM = "数据填报", "考核表"
STAGES = ("self", "review", "final")
SCHEMES = {"zhangping-health-2019": ("漳平市卫健局", None), "cdc-emergency": ("疾病预防控制机构", "市")}


def filled(scheme: str) -> dict[tuple[str, str], Any]:
    """What was filled into an older workbook: by input id and stage."""
    by_stage = json.loads((OLDER / f"{scheme}-1.json").read_text(encoding="utf-8"))
    return {(id, stage): value for stage in STAGES for id, value in by_stage[stage].items()}


def shown(package: bytes, inputs: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """What openpyxl reads in the input cells of a workbook; dates as they are, blanks left out."""
    book = openpyxl.load_workbook(io.BytesIO(package))
    found = {}
    for one in inputs:
        for stage, at in one["cells"].items():
            sheet, _, name = at.partition("!")
            if book[sheet][name].value is not None:
                found[one["id"], stage] = book[sheet][name].value
    return found


def under(package: bytes, title: str) -> list[str]:
    """What stands under a heading of 考核表."""
    sheet = openpyxl.load_workbook(io.BytesIO(package))[FORM]
    column = next(cell.column for row in sheet.iter_rows(max_row=10) for cell in row if cell.value == title)
    found = [cell.value for cell in sheet[openpyxl.utils.get_column_letter(column)] if cell.value][1:]
    return [str(value) for value in found if not str(value).startswith("=")]  # the total's row has formulas there


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_answer_of_an_older_workbook_arrives_or_is_listed(scheme: str) -> None:
    unit, level = SCHEMES[scheme]
    blank = api.build(api.scheme(scheme, level), unit)  # type: ignore[arg-type]  # 市
    carried = api.carry(OLDER / f"{scheme}-1.xlsx", ("新表.xlsx", blank))
    inputs = api.workbook_map(("新表.xlsx", carried.package))["inputs"]
    arrived = shown(carried.package, inputs)
    left = {(one.id, one.stage): one.value for one in carried.left if one.stage}
    assert arrived.keys() & left.keys() == set()
    assert arrived | left == filled(scheme)
    assert all(id in {one["id"] for one in inputs} for id, _ in arrived)
    texts = [*under(carried.package, "扣分原因"), *under(carried.package, "佐证材料")]
    texts += [str(one.value) for one in carried.left if not one.stage]
    assert sorted(texts) == sorted(["完成情况核减，见第3页", "佐证1：年度报告.pdf", "附件二"])
    assert carried.count == len(arrived) + 3 - sum(not one.stage for one in carried.left)


def test_an_older_workbook_saved_by_another_program_is_carried_all_the_same(
    saved_by_libreoffice: Callable[[Mapping[str, bytes]], dict[str, bytes]],
) -> None:
    old = (OLDER / "zhangping-health-2019-1.xlsx").read_bytes()
    blank = ("新表.xlsx", api.build(api.scheme("zhangping-health-2019"), "漳平市卫健局"))
    resaved = saved_by_libreoffice({"old": old})["old"]
    first, second = (api.carry(("旧表.xlsx", package), blank) for package in (old, resaved))
    assert resaved != old
    assert second.package == first.package
    assert second.left == first.left


def test_a_workbook_of_another_version_is_refused_by_name_with_the_commands(tmp_path: Path) -> None:
    scheme = next_version(tmp_path)
    report = api.check(("甲 院.xlsx", old_small()), str(scheme))
    ((code, message),) = [(found.code, zh(found)) for found in report.findings]
    assert code == "other-version"
    for words in (
        "第 3 版",
        "第 4 版",
        f"xl-kpi new {scheme} --unit 甲 --out 新表",
        f'xl-kpi carry "甲 院.xlsx" --into 新表/甲_2024_small-2024.xlsx --out "甲 院_新版.xlsx" --scheme {scheme}',
    ):
        assert words in message


@pytest.mark.parametrize("scheme", SCHEMES)
def test_check_refuses_an_older_workbook_and_gives_the_commands_that_carry_it(scheme: str) -> None:
    unit, level = SCHEMES[scheme]
    report = api.check(OLDER / f"{scheme}-1.xlsx")
    assert report.verdict == "reject"
    (message,) = [zh(found) for found in report.findings]
    year = api.describe(scheme).year
    assert f"xl-kpi new {scheme} --unit {unit}{(level and f' --level {level}') or ''} --out 新表" in message
    assert (
        f"xl-kpi carry {scheme}-1.xlsx --into 新表/{unit}_{year}_{scheme}.xlsx --out {scheme}-1_新版.xlsx" in message
    )


# --- a scheme that changes between two versions


SOURCE = SMALL.read_text(encoding="utf-8")
OLD_ANSWERS: dict[str, Any] = {
    "setup.points_t6": 12, "setup.points_t7": 8,
    "t1.deployed": "是", "t1.deployed_date": 45596, "t1.connected": "是",
    "t2.ontime": 0.72, "t3.accidents": 1, "t3.major": 0, "t4.timely": 9, "t4.events": 10,
    "t5.judged": 2.5, "t5.judged_reason": "缺编2人", "t6.grade": "一般",
    "t7.drill_drawn": 2, "t7.drill_1": 0.9, "t7.drill_2": 0.8,
}  # fmt: skip


@cache
def old_small(unit: str = "甲", code: str = "") -> bytes:
    """A workbook of the small scheme, filled in three stages and with words on 考核表."""
    content = api.build(api.scheme(str(SMALL)), unit, code)
    for stage, answers in (("self", OLD_ANSWERS), ("review", {"t2.ontime": 0.7}), ("final", {"t2.ontime": 0.71})):
        content = api.fill(("甲.xlsx", content), {"stage": stage, "answers": answers}, str(SMALL))
    return content


def with_text(package: bytes, at: str, text: str) -> bytes:
    return bytes(Book("small", package).words(at, text))


def next_version(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The small scheme with its version raised and some words changed."""
    text = SOURCE
    for old, new in (("version: 3", "version: 4"), *changes):
        assert old in text, old
        text = text.replace(old, new)
    path = tmp_path / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def carried_over(
    scheme: Path, old: bytes | None = None, unit: str = "甲", answers: dict[str, Any] | None = None
) -> tuple[api.Carried, dict[tuple[str, str], Any]]:
    """The small workbook carried into a blank (or filled) one of another version, and what that then shows."""
    new = ("新.xlsx", api.build(api.scheme(str(scheme)), unit))
    if answers:
        new = ("新.xlsx", api.fill(new, answers, str(scheme)))
    carried = api.carry(("旧.xlsx", old or old_small()), new, str(scheme))
    inputs = api.workbook_map(("新.xlsx", carried.package), str(scheme))["inputs"]
    return carried, shown(carried.package, inputs)


def as_typed() -> dict[tuple[str, str], Any]:
    own = {(id, "self"): value for id, value in OLD_ANSWERS.items()}
    own["t1.deployed_date", "self"] = openpyxl.utils.datetime.from_excel(45596)
    return own | {("t2.ontime", "review"): 0.7, ("t2.ontime", "final"): 0.71}


def left(carried: api.Carried) -> list[tuple[str, str, Any]]:
    return [(one.id, one.stage, one.value) for one in carried.left]


def test_the_same_version_is_carried_whole_and_scores_the_same() -> None:
    carried, arrived = carried_over(SMALL)
    assert (arrived, left(carried), carried.notes) == (as_typed(), [], [])
    before, after = (api.check(("甲.xlsx", package), str(SMALL)) for package in (old_small(), carried.package))
    assert before.assessment == after.assessment
    assert before.assessment is not None
    assert before.assessment.total == 67.28  # 0.71 of 0.9 counts: 20×0.71÷0.9＝15.78 in place of 16


def test_an_input_that_is_gone_is_listed_with_its_label_cell_and_value(tmp_path: Path) -> None:
    scheme = next_version(tmp_path, ("{id: connected, label: 数据对接}", "{id: joined, label: 系统联调}"))
    carried, arrived = carried_over(scheme)
    (one,) = carried.left
    assert one.as_json("zh") == {
        "id": "t1.connected",
        "stage": "self",
        "label": "数据对接",
        "cell": Book("small", old_small()).at("t1.connected"),
        "value": "是",
        "why": "新表没有这一填报项",
    }
    assert len(arrived) == len(as_typed()) - 1


ONTIME = next(line for line in SOURCE.splitlines() if "{id: ontime," in line)
NOW_A_NUMBER = (
    "        rule: {type: threshold, input: {id: ontime, label: 办结及时率, unit: '%', max: 100}, at_least: 90}"
)


@pytest.mark.parametrize(
    ("changes", "id", "words"),
    [
        ([(ONTIME, NOW_A_NUMBER)], "t2.ontime", "填法由百分数改成了数"),
        ([("label: 一般事故起数, kind: count, unit: 起", "label: 一般事故起数, kind: count, unit: 人")], "t3.accidents", "单位由“起”改成了“人”"),
        ([("levels: [优秀, 良好, 一般], at_least: 良好, shares: {一般: 0.5}", "levels: [优秀, 良好, 中等], at_least: 良好, shares: {中等: 0.5}")], "t6.grade", "优秀、良好、中等"),
        ([("{id: deployed, label: 系统部署, due: \"10-31\"}", "{id: deployed, label: 系统部署}")], "t1.deployed_date", "没有这一填报项"),
    ],
)  # fmt: skip
def test_what_would_say_something_else_now_is_listed(
    tmp_path: Path, changes: list[tuple[str, str]], id: str, words: str
) -> None:
    carried, arrived = carried_over(next_version(tmp_path, *changes))
    assert {one.id for one in carried.left} == {id}
    assert all(words in zh(one.why) for one in carried.left)
    assert not any(arrived_id == id for arrived_id, _ in arrived)
    assert len(arrived) + len(carried.left) == len(as_typed())


def test_a_whole_number_may_become_any_number_and_not_the_other_way_without_a_look(tmp_path: Path) -> None:
    wider = next_version(tmp_path, ("label: 突发事件数, kind: count", "label: 突发事件数"))
    assert left(carried_over(wider)[0]) == []


def test_an_input_under_a_new_label_is_carried_and_told(tmp_path: Path) -> None:
    carried, arrived = carried_over(next_version(tmp_path, ("label: 一般事故起数", "label: 一般生产安全事故起数")))
    assert arrived == as_typed()
    (note,) = carried.notes
    for words in (Book("small", old_small()).at("t3.accidents"), "一般事故起数", "一般生产安全事故起数", "核对"):
        assert words in zh(note)


def test_what_was_written_beside_an_answer_comes_with_it(tmp_path: Path) -> None:
    noted = {"stage": "self", "answers": {}, "notes": {"t2.ontime": "按热线平台数据", "t1.connected": "已联调"}}
    old = api.fill(("甲.xlsx", old_small()), noted, str(SMALL))
    scheme = next_version(tmp_path, ("{id: connected, label: 数据对接}", "{id: joined, label: 系统联调}"))
    carried, arrived = carried_over(scheme, old)
    assert arrived["t2.ontime", "note"] == "按热线平台数据"
    assert [(one.id, one.stage, one.value) for one in carried.left] == [
        ("t1.connected", "self", "是"),
        ("t1.connected", "note", "已联调"),
    ]


def test_an_answer_that_is_no_valid_one_is_an_answer_all_the_same() -> None:
    old = with_text(old_small(), Book("small", old_small()).at("t3.accidents"), "约2起")
    _, arrived = carried_over(SMALL, old)
    assert arrived["t3.accidents", "self"] == "约2起"


def test_what_the_new_workbook_holds_already_stays_and_is_told() -> None:
    carried, arrived = carried_over(SMALL, answers={"setup.points_t6": 11, "setup.points_t7": 8})
    assert (arrived["setup.points_t6", "self"], arrived["setup.points_t7", "self"]) == (11, 8)
    assert left(carried) == [("setup.points_t6", "self", 12)]
    assert "已填“11”" in zh(carried.left[0].why)


def test_words_beside_a_task_go_to_the_same_task_though_its_place_is_another(tmp_path: Path) -> None:
    book = Book("small", old_small())
    old = bytes(book.words(f"{FORM}!I7", "扣分依据").words(f"{FORM}!J8", "附件三"))  # the third and the fourth task
    first = SOURCE[SOURCE.index("      - id: t1\n") : SOURCE.index("      - id: t2\n")]
    scheme = next_version(
        tmp_path,
        (first, ""),
        ("points: 70\n", "points: 55\n"),
        ("（70分）", "（55分）"),
        ("points: 100\n", "points: 85\n"),
    )
    carried, _ = carried_over(scheme, old)
    sheet = openpyxl.load_workbook(io.BytesIO(carried.package))[FORM]
    rows = {sheet.cell(row, 3).value: row for row in range(5, 12)}
    assert sheet.cell(rows["安全生产"], 9).value == "扣分依据"
    assert sheet.cell(rows["报告及时率"], 10).value == "附件三"
    assert {one.id for one in carried.left} == {"t1.deployed", "t1.deployed_date", "t1.connected"}


def test_words_beside_a_task_that_is_gone_are_listed(tmp_path: Path) -> None:
    old = with_text(old_small(), f"{FORM}!J5", "附件一")
    first = SOURCE[SOURCE.index("      - id: t1\n") : SOURCE.index("      - id: t2\n")]
    scheme = next_version(
        tmp_path,
        (first, ""),
        ("points: 70\n", "points: 55\n"),
        ("（70分）", "（55分）"),
        ("points: 100\n", "points: 85\n"),
    )
    carried, _ = carried_over(scheme, old)
    (one,) = [one for one in carried.left if one.id == "t1"]
    assert (one.cell, one.value, zh(one.why)) == (f"{FORM}!J5", "附件一", "新表没有这项任务")


def test_words_in_other_open_cells_are_listed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(old_small()))
    sheet = book[FORM]
    at = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "主管部门负责人：")
    at.value = "主管部门负责人：张三"
    book.create_sheet("佐证")["A1"] = "照片"
    carried, _ = carried_over(SMALL, saved(book))
    assert [(one.cell, one.value) for one in carried.left] == [(f"{FORM}!{at.coordinate}", "主管部门负责人：张三")]
    assert any("佐证" in zh(note) for note in carried.notes)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


# --- whose it is


@pytest.mark.parametrize("unit", ["乙", "甲（东院）"])
def test_the_workbook_of_another_unit_is_refused_by_name(unit: str) -> None:
    with pytest.raises(WorkbookError) as raised:
        carried_over(SMALL, unit=unit)
    (found,) = raised.value.findings
    assert found.code == "other-unit"
    assert "“甲”" in zh(found)
    assert f"“{unit}”" in zh(found)


def test_a_unit_is_the_same_however_its_name_is_typed() -> None:
    assert left(carried_over(SMALL, old_small("甲（东院）"), unit="甲 (东院)")[0]) == []


def test_another_year_level_scheme_or_code_is_refused(tmp_path: Path) -> None:
    scheme = api.scheme(str(SMALL), year=2025)
    with pytest.raises(WorkbookError) as raised:
        api.carry(("旧.xlsx", old_small()), ("新.xlsx", api.build(scheme, "甲")), str(SMALL))
    assert [found.code for found in raised.value.findings] == ["other-year"]
    with pytest.raises(WorkbookError) as raised:
        api.carry(
            ("旧.xlsx", old_small("甲", "1")), ("新.xlsx", api.build(api.scheme(str(SMALL)), "甲", "2")), str(SMALL)
        )
    assert [found.code for found in raised.value.findings] == ["other-unit"]
    county = api.build(api.scheme("cdc-emergency", "县"), "疾病预防控制机构")
    with pytest.raises(WorkbookError) as raised:
        api.carry(OLDER / "cdc-emergency-1.xlsx", ("新.xlsx", county))
    assert [found.code for found in raised.value.findings] == ["other-level"]
    with pytest.raises(WorkbookError) as raised:
        api.carry(("旧.xlsx", old_small()), ("新.xlsx", county))
    assert [found.code for found in raised.value.findings] == ["not-ours"]


def test_what_is_none_of_ours_is_refused() -> None:
    with pytest.raises(WorkbookError) as raised:
        carried_over(SMALL, saved(openpyxl.Workbook()))
    assert [found.code for found in raised.value.findings] == ["not-ours"]


# --- spoilt workbooks


def changed(change: Callable[[openpyxl.Workbook], object]) -> bytes:
    """The old workbook changed by a program that leaves formulas and names where they were."""
    book = openpyxl.load_workbook(io.BytesIO(old_small()))
    change(book)
    return saved(book)


def pointed(book: openpyxl.Workbook, **names: str) -> None:
    """Names pointed to other inputs' cells."""
    cells = {name: book.defined_names[name].attr_text for name in names.values()}
    for name, other in names.items():
        book.defined_names[name].attr_text = cells[other]


SPOILT: dict[str, Callable[[openpyxl.Workbook], object]] = {
    "a row inserted above all": lambda b: b[ENTRY].insert_rows(4),
    "a row inserted in the middle": lambda b: b[ENTRY].insert_rows(12),
    "a row deleted": lambda b: b[ENTRY].delete_rows(12),
    "a column inserted": lambda b: b[ENTRY].insert_cols(3),
    "a name pointed to another input": lambda b: pointed(b, in_t3__accidents="in_t3__major"),
    "two names exchanged": lambda b: pointed(b, in_t3__accidents="in_t3__major", in_t3__major="in_t3__accidents"),
    "names of two tasks exchanged": lambda b: pointed(b, in_t2__ontime="in_t5__judged", in_t5__judged="in_t2__ontime"),
    "a heading gone": lambda b: b[ENTRY].__setitem__("F3", "备注"),
    "all names gone": lambda b: [b.defined_names.pop(name) for name in list(b.defined_names) if name.startswith("in_")],
}  # fmt: skip


@pytest.mark.parametrize("change", SPOILT.values(), ids=SPOILT)
def test_a_workbook_whose_answers_could_be_read_shifted_is_refused(change: Callable[[Any], object]) -> None:
    with pytest.raises(WorkbookError) as raised:
        carried_over(SMALL, changed(change))
    (found,) = raised.value.findings
    assert found.code == "carry-spoilt"
    assert "没有搬" in zh(found)


@pytest.mark.parametrize("sheet", [ENTRY, FORM])
def test_rows_that_a_program_inserts_with_all_that_refers_to_them_do_no_harm(sheet: str) -> None:
    old = with_text(old_small(), f"{FORM}!J8", "附件三")
    carried, arrived = carried_over(SMALL, bytes(Book("small", old).insert_row(sheet, 7)))
    assert (arrived, left(carried)) == (as_typed(), [])
    assert "附件三" in under(carried.package, "佐证材料")


def test_a_row_that_was_deleted_properly_is_told() -> None:
    book = Book("small", old_small())
    row = int(book.at("t3.major").rpartition("E")[2])
    carried, arrived = carried_over(SMALL, bytes(book.delete_row(ENTRY, row)))
    assert any("in_t3__major" in zh(note) for note in carried.notes)
    assert ("t3.major", "self") not in arrived


def test_an_answer_in_a_row_without_a_name_is_listed() -> None:
    old = changed(lambda b: b.defined_names.pop("in_t5__judged_reason"))
    carried, _ = carried_over(SMALL, old)
    assert [(one.id, one.label, one.value) for one in carried.left] == [("", "据实扣分——扣分理由", "缺编2人")]


def test_dates_counted_from_1904_arrive_as_the_days_they_are() -> None:
    book = Book("small", old_small())
    book.sub("xl/workbook.xml", "<workbookPr", '<workbookPr date1904="1"')
    book.number(book.at("t1.deployed_date"), 45596 - 1462)
    _, arrived = carried_over(SMALL, bytes(book))
    assert arrived == as_typed()


def test_a_formula_in_an_input_arrives_as_its_result_and_is_told() -> None:
    book = Book("small", old_small())
    at = book.at("t3.accidents")
    carried, arrived = carried_over(SMALL, bytes(book.computes(at, "1+1", "2")))
    assert arrived["t3.accidents", "self"] == 2
    assert any(at in zh(note) and "公式" in zh(note) for note in carried.notes)
    carried, arrived = carried_over(SMALL, bytes(book.write(at, "<e/>").write(at, "<v>#REF!</v>", "e")))
    assert ("t3.accidents", "self") not in arrived
    assert [(one.id, zh(one.why)) for one in carried.left] == [("t3.accidents", "单元格出错（#REF!）")]
