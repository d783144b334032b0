"""What stands where in a workbook: sheets, columns, inputs, names, links, and the words an official looks for.

Asked of the workbook as built, with what the source documents and the scheme files say as the measure.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from opened import (
    MAIN,
    SHEETS,
    SHIPPED,
    SMALL,
    Opened,
    form_rows,
    groups_of,
    head,
    mapped,
    opened,
    square,
    tasks_of,
    values_of,
    written,
)

from xl_kpi import api
from xl_kpi.findings import SchemeError

pytestmark = pytest.mark.xdist_group("workbooks")
every_workbook = pytest.mark.parametrize("workbook", [*SHIPPED, "small"])

ZAOZHUANG = ("一级指标", "二级指标", "任务要点名称", "年度目标", "分值权重")
ADDED = ("自评得分", "核定得分", "扣分原因", "佐证材料")
# The head row of each source's table; 004 is a slide show without a table, its columns are the scheme's own.
COLUMNS = {
    "zaozhuang-cdc-2022": ZAOZHUANG,
    "zaozhuang-blood-2022": ZAOZHUANG,
    "zaozhuang-hospital-2022": ZAOZHUANG,
    "zhangping-health-2019": (
        "序号",
        "指标类别",
        "一级指标",
        "二级指标",
        "分值（分）",
        "分管领导",
        "责任单位及股室",
        "责任人",
    ),
    "cdc-emergency": ("指标类别", "指标编号", "指标名称", "指标要求与计算方法", "分值"),
    "small": ("序号", "一级指标", "任务要点", "年度目标", "分值", "责任人"),
}
ENTRY = ("任务", "指标", "单位", "标准", "自报值", "核实值", "终裁值", "采用值", "状态", "提示", "说明", "填报说明")


def row_texts(book: Opened, sheet: str, row: int) -> list[str]:
    """The texts of a row, from left to right."""
    return [cell.value for name, cell in book.cells[sheet].items() if square(name)[0] == row and cell.value]


def links(book: Opened, sheet: str) -> dict[str, str]:
    """Where each cell of a sheet leads, as `sheet!A1`."""
    found = {}
    for item in book.sheet(sheet).iter(f"{MAIN}hyperlink"):
        target, _, name = item.attrib["location"].rpartition("!")
        found[item.attrib["ref"]] = f"{target.strip(chr(39))}!{name}"
    return found


# sheets and columns


@every_workbook
def test_the_sheets_stand_in_order_and_only_the_last_is_hidden_and_very_hidden(workbook: str) -> None:
    sheets = list(opened(workbook).tree("xl/workbook.xml").iter(f"{MAIN}sheet"))
    assert [sheet.attrib["name"] for sheet in sheets] == list(SHEETS)
    assert [sheet.get("state", "visible") for sheet in sheets] == ["visible"] * 6 + ["veryHidden"]


@every_workbook
def test_the_form_has_the_columns_of_the_source_and_four_more(workbook: str) -> None:
    book = opened(workbook)
    row = head(book, "考核表", "自评得分")[0]
    assert row_texts(book, "考核表", row) == [*COLUMNS[workbook.partition("@")[0]], *ADDED]


@every_workbook
def test_the_form_has_every_task_word_for_word_in_order(workbook: str) -> None:
    book = opened(workbook)
    titles = COLUMNS[workbook.partition("@")[0]]
    shows = {column["shows"]: chr(65 + n) for n, column in enumerate(written(workbook)["columns"])}
    assert len(titles) == len(written(workbook)["columns"])
    cells = book.cells["考核表"]
    for row, task in zip(form_rows(book, workbook), tasks_of(workbook), strict=True):
        assert cells[f"{shows['name']}{row}"].value == task["name"]
        if "target" in shows:
            assert (cells[f"{shows['target']}{row}"].value or "") == task.get("target", "")
        if isinstance(task["points"], int | float):
            assert float(cells[f"{shows['points']}{row}"].value or "nan") == task["points"]
        else:
            assert cells[f"{shows['points']}{row}"].formula, "points the bureau fills in"


@every_workbook
def test_every_group_of_the_form_covers_its_tasks_and_no_others(workbook: str) -> None:
    book = opened(workbook)
    rows = form_rows(book, workbook)
    merged = [square(item.attrib["ref"]) for item in book.sheet("考核表").iter(f"{MAIN}mergeCell")]
    for number, column in enumerate(written(workbook)["columns"], 1):
        if not column["shows"].startswith("group"):
            continue
        covered = []
        for name, cell in book.cells["考核表"].items():
            top, left = square(name)[:2]
            if left == number and top in rows and cell.value:
                bottom = next((b for t, c, b, _ in merged if (t, c) == (top, left)), top)
                covered += [(row, cell.value) for row in range(top, bottom + 1)]
        assert [row for row, _ in sorted(covered)] == rows, column["title"]
        deep = int(column["shows"][-1])
        expected = [name for names in _groups_over_tasks(workbook) for name in [names[deep - 1]]]
        assert [name for _, name in sorted(covered)] == expected


def _groups_over_tasks(workbook: str) -> list[list[str]]:
    """For each task, the names of the groups it stands under, outermost first."""
    level = workbook.partition("@")[2]
    found: list[list[str]] = []

    def walk(groups: list[dict[str, Any]], over: list[str]) -> None:
        for group in groups:
            names = [*over, group["name"]]
            walk(group.get("groups", []), names)
            tasks = group.get("tasks", [])
            found.extend(names for task in tasks if not level or level in task.get("applies", ["省", "市", "县"]))

    walk(written(workbook)["groups"], [])
    return found


# inputs and outcomes


@every_workbook
def test_every_input_has_a_row_with_its_label_and_three_stage_cells(workbook: str) -> None:
    book = opened(workbook)
    cells = book.cells["数据填报"]
    columns = {title: head(book, "数据填报", title)[1] for title in ENTRY}
    assert list(columns.values()) == list("ABCDEFGHIJKL")
    seen = set()
    for item in mapped(workbook)["inputs"]:
        row = square(item["cells"]["self"].partition("!")[2])[0]
        assert row not in seen
        seen.add(row)
        assert item["cells"] == {
            stage: f"数据填报!{columns[title]}{row}"
            for stage, title in (
                *(("self", "自报值"), ("review", "核实值"), ("final", "终裁值")),
                ("note", "填报说明"),
            )
        }
        assert cells[f"{columns['指标']}{row}"].value == item["label"]
        assert cells[f"{columns['说明']}{row}"].value, "what to fill in, in words"
        assert not cells[f"{columns['提示']}{row}"].value
        for title in ("自报值", "核实值", "终裁值", "填报说明"):
            assert cells[f"{columns[title]}{row}"].value is None
            assert cells[f"{columns[title]}{row}"].formula is None
        assert cells[f"{columns['采用值']}{row}"].value == ""
        assert cells[f"{columns['状态']}{row}"].value == ("未填" if item["required"] else "选填")


@every_workbook
def test_every_input_of_the_scheme_file_is_asked_for(workbook: str) -> None:
    """Ids are read from the scheme file: whatever has an id, a label and a kind is an input."""
    level = workbook.partition("@")[2]

    def declared(data: object) -> set[str]:
        found = set()
        if isinstance(data, dict):
            if "by_level" in data:
                return declared(data["by_level"].get(level))
            if "id" in data and "label" in data and "kind" in data:
                found.add(data["id"])
            found |= {name for value in data.values() for name in declared(value)}
        elif isinstance(data, list):
            found |= {name for value in data for name in declared(value)}
        return found

    asked = {item["id"] for item in mapped(workbook)["inputs"]}
    for task in tasks_of(workbook):
        known = {name.partition(".")[2] for name in asked if name.startswith((f"{task['id']}.", "setup."))}
        assert declared(task) <= known, task["id"]


@every_workbook
def test_an_unanswered_task_shows_未填_and_never_0(workbook: str) -> None:
    book = opened(workbook)
    outputs = mapped(workbook)["outputs"]
    assert list(outputs["tasks"]) == [task["id"] for task in tasks_of(workbook)]
    for places in outputs["tasks"].values():
        for view in ("self", "final"):
            assert (book.at(places[view]).kind, book.at(places[view]).value) == ("str", "未填")
    columns = [head(book, "考核表", title)[1] for title in ("自评得分", "核定得分")]
    for row in form_rows(book, workbook):
        assert [book.cells["考核表"][f"{column}{row}"].value for column in columns] == ["未填", "未填"]


@every_workbook
def test_a_blank_workbook_says_that_it_is_not_finished(workbook: str) -> None:
    book, outputs = opened(workbook), mapped(workbook)["outputs"]
    required = [item for item in mapped(workbook)["inputs"] if item["required"]]
    assert book.at(outputs["grade"]).value == "未完成"
    assert book.at(outputs["complete"]).value == "未完成"
    assert book.at(outputs["vetoes"]).value == ("未完成" if _has_vetoes(workbook) else "未触发")
    cover = dict(_pairs(book))
    assert cover["填报状态"] == "未完成"
    assert cover["未填项数"] == str(len(required))
    assert cover["考核年度"] == f"{written(workbook)['year']}年"
    assert cover["被考核单位"] == written(workbook)["unit"]


def _has_vetoes(workbook: str) -> bool:
    return any(task.get("vetoes") for task in tasks_of(workbook))


def _pairs(book: Opened) -> list[tuple[str, str | None]]:
    """The labels of 封面 with the cell to the right of each."""
    cells = book.cells["封面"]
    return [
        (cell.value, cells[f"{chr(ord(name[0]) + 1)}{name[1:]}"].value)
        for name, cell in cells.items()
        if cell.value and f"{chr(ord(name[0]) + 1)}{name[1:]}" in cells
    ]


@every_workbook
def test_every_input_has_a_name_that_leads_to_its_自报值(workbook: str) -> None:
    book = opened(workbook)
    expected = {
        f"in_{item['id'].replace('.', '__')}": "'数据填报'!${}${}".format(
            *re.findall(r"[A-Z]+|\d+", item["cells"]["self"].partition("!")[2])
        )
        for item in mapped(workbook)["inputs"]
    }
    assert {name: target for name, target in book.names.items() if name.startswith("in_")} == expected


@every_workbook
def test_the_names_of_the_outcomes_lead_to_the_outcomes(workbook: str) -> None:
    book, outputs = opened(workbook), mapped(workbook)["outputs"]
    names = {name.removeprefix("out_"): target for name, target in book.names.items() if name.startswith("out_")}
    assert set(names) >= {"total", "max", "grade", "vetoes"}
    for name, target in names.items():
        assert target.replace("$", "").replace("'", "") == outputs[name]
    # And these are where an official reads them on 汇总.
    row = head(book, "汇总", "合计")[0]
    cells = book.cells["汇总"]
    assert outputs["max"] == f"汇总!{head(book, '汇总', '分值')[1]}{row}"
    assert outputs["total"] == f"汇总!{head(book, '汇总', '核定得分')[1]}{row}"
    for name, label in (("grade", "等次"), ("vetoes", "否决情况"), ("complete", "填报状态")):
        row, column = square(outputs[name].partition("!")[2])[:2]
        assert cells[f"{chr(63 + column)}{row}"].value == label


@every_workbook
def test_the_summary_has_every_group_with_its_points(workbook: str) -> None:
    book, outputs = opened(workbook), mapped(workbook)["outputs"]
    points = head(book, "汇总", "分值")[1]
    assert list(outputs["groups"]) == [group["id"] for group in groups_of(workbook)]
    for group in groups_of(workbook):
        row = square(outputs["groups"][group["id"]].partition("!")[2])[0]
        assert (book.cells["汇总"][f"A{row}"].value or "").strip("　") == " ".join(group["name"].split())
        asked = any(not isinstance(task["points"], int | float) for task in group.get("tasks", []))
        if not asked:
            assert float(book.cells["汇总"][f"{points}{row}"].value or "nan") == group["points"]


def test_inputs_never_share_a_name_whatever_their_ids(tmp_path: Path) -> None:
    """Ids may hold underscores: t4.a_b and t4_a.b are two inputs, and a name that led to the wrong one would be silent."""
    text = SMALL.read_text(encoding="utf-8")
    text = text.replace("id: t4\n", "id: t4_a\n").replace("id: timely,", "id: b,")
    text = text.replace("id: t3\n", "id: t4\n").replace("id: accidents,", "id: a_b,")
    path = tmp_path / "underscores.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        scheme = api.scheme(str(path))
    except SchemeError:
        return  # refused by name: as good
    book = Opened(api.build(scheme))
    inputs = list(api.program(scheme).inputs())
    assert {"t4.a_b", "t4_a.b"} <= {bound.id for bound in inputs}
    assert len([name for name in book.names if name.startswith("in_")]) == len(inputs)


# links


@every_workbook
def test_the_form_and_the_entry_sheet_link_to_each_other_task_by_task(workbook: str) -> None:
    book = opened(workbook)
    there, back = links(book, "考核表"), links(book, "数据填报")
    column = head(book, "考核表", "自评得分")[1]
    for row, task in zip(form_rows(book, workbook), tasks_of(workbook), strict=True):
        sheet, _, name = there[f"{column}{row}"].partition("!")
        assert sheet == "数据填报"
        assert " ".join(task["name"].split()) in (book.cells[sheet][name].value or "")
        assert back[name].partition("!")[0] == "考核表"
        assert square(back[name].partition("!")[2])[0] == row, task["name"]


@every_workbook
def test_no_link_leads_inside_a_merged_area(workbook: str) -> None:
    """Excel then selects the whole merged area: a link to the 20th task of a group would land on the first."""
    book = opened(workbook)
    inside = {}
    for sheet in SHEETS:
        merged = [square(item.attrib["ref"]) for item in book.sheet(sheet).iter(f"{MAIN}mergeCell")]
        inside[sheet] = {
            (row, column)
            for top, left, bottom, right in merged
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
            if (row, column) != (top, left)
        }
    wrong = [
        f"{sheet}!{ref} leads to {target}"
        for sheet in SHEETS
        for ref, target in links(book, sheet).items()
        if square(target.partition("!")[2])[:2] in inside[target.partition("!")[0]]
    ]
    assert wrong == []


@every_workbook
def test_every_check_links_to_what_it_checks(workbook: str) -> None:
    book = opened(workbook)
    found = links(book, "核对")
    texts = [book.cells["核对"][f"B{square(ref)[0]}"].value or "" for ref in found]
    for task in tasks_of(workbook):
        name = " ".join(task["name"].split())
        targets = [
            target
            for (_, target), text in zip(found.items(), texts, strict=True)
            if text.endswith(name) and name in (book.at(target).value or "")
        ]
        assert targets, name


# words


@pytest.mark.parametrize("sheet", ["封面", "考核表"])
@every_workbook
def test_the_signature_block_has_everybody_who_signs(workbook: str, sheet: str) -> None:
    text = opened(workbook).texts(sheet)
    for words in ("主管部门", "主管部门负责人", "单位负责人", "填报人", "日期"):
        assert words in text, words
    # 主管部门 on its own, not only as the beginning of 主管部门负责人.
    assert re.search(r"主管部门(?!负责人)", text)


@pytest.mark.parametrize(
    ("workbook", "points"),
    [("zaozhuang-cdc-2022", 30), ("zaozhuang-blood-2022", 20), ("zaozhuang-hospital-2022", 30), ("small", 20)],
)
def test_一票否决_beside_the_points_leaves_the_cell_a_number(workbook: str, points: int) -> None:
    book = opened(workbook)
    cells = [cell for cell in book.cells["考核表"].values() if "一票否决" in str(book.number_format(cell))]
    (cell,) = cells
    assert (cell.kind, cell.value) == ("n", str(points))
    assert book.number_format(cell) == '"一票否决 "General'
    (row,) = {square(cell.name)[0]}
    assert any("安全生产" in text for text in row_texts(book, "考核表", row))


@pytest.mark.parametrize("sheet", ["汇总", "评分规则"])
@every_workbook
def test_it_is_said_that_the_grades_are_a_default(workbook: str, sheet: str) -> None:
    """None of the sources gives grades."""
    text = opened(workbook).texts(sheet)
    assert "优秀" in text
    assert "90%" in text
    assert re.search(r"原文未给出等次标准[^。]*默认", text)


@every_workbook
def test_every_reading_and_every_amended_text_stands_on_评分规则(workbook: str) -> None:
    text = opened(workbook).texts("评分规则")
    scheme = written(workbook)
    told = [*values_of(tasks_of(workbook), "reading")]
    for reading in scheme.get("readings", []):
        told += [reading] if isinstance(reading, str) else [reading["text"], *reading["alternatives"].values()]
    told += [scheme["rounding"]["reading"]] if "rounding" in scheme else []
    assert told
    assert [reading for reading in told if reading not in text] == []
    for superseded in values_of(tasks_of(workbook), "superseded"):
        assert superseded in text


def test_the_amendment_left_in_the_hospitals_text_is_shown_to_the_official() -> None:
    text = opened("zaozhuang-hospital-2022").texts("评分规则")
    assert "提供有效招商线索，并于年内签约开工的进行加分；提供招商线索的，视推动进度酌情加分" in text


@every_workbook
def test_the_numbers_that_are_not_scored_stand_on_评分规则_with_the_reason(workbook: str) -> None:
    text = opened(workbook).texts("评分规则")
    for narratives in values_of(tasks_of(workbook), "narrative"):
        for narrative in narratives:
            assert narrative["text"] in text
            assert narrative["reason"] in text


@every_workbook
def test_the_notes_of_the_source_stand_below_the_form(workbook: str) -> None:
    text = opened(workbook).texts("考核表")
    assert [note for note in written(workbook).get("notes", []) if note not in text] == []


@every_workbook
def test_the_hidden_sheet_says_which_workbook_it_is(workbook: str) -> None:
    cells = opened(workbook).cells["_xl_kpi"]
    meta = {cells[f"A{row}"].value: cells[f"B{row}"].value for row in range(1, 9)}
    scheme = written(workbook)
    assert meta["product"] == "xl_kpi"
    assert meta["scheme"] == scheme["id"]
    assert meta["version"] == str(scheme["version"])
    assert meta["year"] == str(scheme["year"])
    assert (meta["level"] or "") == workbook.partition("@")[2]
    assert meta["unit"] == scheme["unit"]
    assert re.fullmatch(r"[0-9a-f]{16}", meta["fingerprint"] or "")


@every_workbook
def test_the_cover_shows_every_outcome_at_a_glance(workbook: str) -> None:
    labels = dict(_pairs(opened(workbook)))
    assert {
        "填报状态",
        "否决情况",
        "总分（按采用值）",
        "满分",
        "得分率",
        "等次",
        "考核阶段",
        "单位代码",
        "层级",
    } <= set(labels)
    assert labels["考核阶段"] == "自评"
    level = workbook.partition("@")[2]
    assert labels["层级"] == (f"{level}级" if level else "不分级")
