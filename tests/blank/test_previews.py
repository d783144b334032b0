"""What phones, mail and office systems show of a workbook without calculating: shared texts, stored values, the chart's memory.

They show nothing of a text that stands in its cell, draw a chart from what its part remembers, and Excel's green
triangles are no matter for them but stand here too: both are about what a file shows before anybody does anything.
"""

from __future__ import annotations

import re
from functools import cache
from xml.etree import ElementTree

import pytest
from cases import cases_of
from opened import MAIN, SHIPPED, Cell, Opened, built, mapped, opened, square, tasks_of, values_of

from xl_kpi import api
from xl_kpi.xlsx.chart import with_values

pytestmark = pytest.mark.xdist_group("workbooks")
every_workbook = pytest.mark.parametrize("workbook", [*SHIPPED, "small"])
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CHART, DRAWING = "xl/charts/chart1.xml", "xl/drawings/drawing1.xml"
SHOWN_WHILE_FILLING_IN = [
    "已填",
    "选填",
    "未填",
    "有误",
    "超范围",
    "不一致",
    "通过",
    "缺失",
    "触发",
    "未触发",
    "未完成",
    "已完成",
    "自评",
    "复核",
    "终裁",
    "错误值",
]


@cache
def answered(workbook: str) -> tuple[dict[str, object], Opened, Opened, dict[str, object]]:
    """The answers of a finished case worked by hand, the workbook with them typed in, the same recalculated, its groups."""
    scheme, _, level = workbook.partition("@")
    case = max(
        (case for case in cases_of(scheme) if (case.settled.level or "") == level),
        key=lambda case: (case.expected.get("missing") == 0, case.name.startswith("典型"), len(case.answers)),
    )
    blank = api.build(case.settled, "甲医院", "0012")
    filled = api.fill(("工作簿.xlsx", blank), case.answers)
    recalculated = api.recalculated(("工作簿.xlsx", filled))
    return dict(case.answers), Opened(filled), Opened(recalculated), case.expected


def texts_in_cells(book: Opened) -> list[Cell]:
    return [cell for cells in book.cells.values() for cell in cells.values() if cell.kind == "inlineStr"]


@every_workbook
def test_every_text_of_a_blank_stands_in_the_table_of_texts(workbook: str) -> None:
    book = opened(workbook)
    assert texts_in_cells(book) == []
    assert len(book.strings) == len(set(book.strings))
    kinds = {cell.kind for cells in book.cells.values() for cell in cells.values() if cell.formula is None}
    assert kinds == {"s", "n"}


@every_workbook
def test_every_word_that_can_be_answered_or_shown_stands_in_the_table_from_the_start(workbook: str) -> None:
    strings = set(opened(workbook).strings)
    choices = {choice for found in values_of(tasks_of(workbook), "choices") for choice in found}
    assert {"是", "否", "无", *choices} <= strings
    assert set(SHOWN_WHILE_FILLING_IN) <= strings
    # What is put together of pieces is no word to keep.
    whole = [formula for formula in formulas(opened(workbook)) if "&" not in formula]
    said = {word for formula in whole for word in re.findall(r'"((?:[^"]|"")*)"', formula)}
    assert {"未填", "通过", "缺失", "待核定"} <= said
    assert said - {""} <= strings


def formulas(book: Opened) -> list[str]:
    return [cell.formula for cells in book.cells.values() for cell in cells.values() if cell.formula]


@pytest.mark.parametrize("workbook", SHIPPED)
def test_a_filled_workbook_shows_its_texts_and_a_recalculated_one_its_results(workbook: str) -> None:
    answers, filled, recalculated, expected = answered(workbook)
    places = {item["id"]: item["cells"]["self"] for item in mapped(workbook)["inputs"]}
    for book in (filled, recalculated):
        assert texts_in_cells(book) == []
        for name, value in answers.items():
            if isinstance(value, str) and value:
                assert (book.at(places[name]).kind, book.at(places[name]).value) == ("s", value), name
        for cells in book.cells.values():
            for cell in cells.values():
                assert cell.formula is None or cell.value is not None, cell.name
    outputs = mapped(workbook)["outputs"]
    assert float(recalculated.at(outputs["total"]).value or "nan") == pytest.approx(expected["total"], abs=1e-9)
    assert (recalculated.at(outputs["grade"]).kind, recalculated.at(outputs["grade"]).value) == (
        "str",
        expected["grade"],
    )


@pytest.mark.parametrize("workbook", SHIPPED)
def test_typing_appends_to_the_table_of_texts_and_recalculating_leaves_it_alone(workbook: str) -> None:
    answers, filled, recalculated, _ = answered(workbook)
    name = "xl/sharedStrings.xml"
    blank = Opened(built(workbook, "甲医院", "0012")).parts[name]
    added = filled.parts[name].removeprefix(blank.removesuffix(b"</sst>")).removesuffix(b"</sst>")
    assert blank == filled.parts[name].removesuffix(added + b"</sst>") + b"</sst>"
    new = {value for value in answers.values() if isinstance(value, str)} - set(opened(workbook).strings)
    assert added.count(b"<si>") == len(new)
    assert recalculated.parts[name] == filled.parts[name]


# the chart


def remembered(book: Opened) -> list[tuple[str, list[str | None]]]:
    """Every reference of the chart with what it remembers of each of its cells."""
    found = []
    for kind in ("str", "num"):
        for reference in book.tree(CHART).iter(f"{C}{kind}Ref"):
            cache = reference.find(f"{C}{kind}Cache")
            assert cache is not None
            points: dict[int, str | None] = {
                int(pt.attrib["idx"]): pt.findtext(f"{C}v") for pt in cache.iter(f"{C}pt")
            }
            count = cache.find(f"{C}ptCount")
            assert count is not None
            found.append(
                (
                    reference.findtext(f"{C}f") or "",
                    [points.get(n) for n in range(int(count.attrib["val"]))],
                )
            )
    return found


def shown_in(book: Opened, reference: str) -> list[str | None]:
    """What the cells of a reference down a column show."""
    sheet, _, cells = reference.partition("!")
    top, left, bottom, right = square(cells)
    assert left == right
    column = re.sub(r"[^A-Z]", "", cells.partition(":")[0])
    return [book.cells[sheet.strip("'")][f"{column}{row}"].value for row in range(top, bottom + 1)]


@every_workbook
def test_the_chart_of_a_blank_remembers_every_name_and_number_it_shows(workbook: str) -> None:
    book = opened(workbook)
    found = remembered(book)
    assert [reference.partition("!")[0] for reference, _ in found] == ["'汇总'"] * 6
    for reference, points in found:
        assert points == shown_in(book, reference)
        assert None not in points
    kinds = [series.find(f"{C}cat/{C}strRef") is not None for series in book.tree(CHART).iter(f"{C}ser")]
    assert kinds == [True, True], "the names are texts, not numbers"


@pytest.mark.parametrize("workbook", SHIPPED)
def test_the_chart_of_a_recalculated_workbook_shows_the_scores_of_its_groups(workbook: str) -> None:
    _, filled, recalculated, expected = answered(workbook)
    groups = mapped(workbook)["outputs"]["groups"]
    (scores,) = [points for reference, points in remembered(recalculated) if "$D$5" in reference]
    assert scores == [recalculated.at(place).value for place in groups.values()]
    for group, points in zip(groups, scores, strict=True):
        if group in expected.get("groups", {}):
            assert float(points or "nan") == pytest.approx(expected["groups"][group], abs=1e-9)
    assert any(float(points or "nan") for points in scores)
    # What nobody has calculated yet shows in the chart what it shows in the cells.
    for reference, points in remembered(filled):
        assert points == shown_in(filled, reference)


CACHED = (
    '<x:chart xmlns:x="urn:c"><x:numRef><x:f>{reference}</x:f><x:numCache><x:formatCode>0</x:formatCode>'
    '<x:ptCount val="2"/><x:pt idx="0"><x:v>1</x:v></x:pt>\n<x:pt idx="1" formatCode="0%"><x:v>2</x:v></x:pt>'
    "</x:numCache></x:numRef><!-- <x:v>9</x:v> --><x:strRef><x:f>'汇总'!$D$5</x:f><x:strCache><x:pt idx=\"0\">"
    "<x:v>名</x:v></x:pt></x:strCache></x:strRef></x:chart>"
)
VALUES = {("汇总", "D5"): 70.5, ("汇总", "D6"): 8.0, ("汇总", "E5"): 3.0, ("甲'乙", "D5"): 6.0, ("甲'乙", "D6"): 7.0}


@pytest.mark.parametrize(
    ("reference", "first", "second"),
    [
        ("'汇总'!$D$5:$D$6", "70.5", "8"),
        ("汇总!$D$5:$D$6", "70.5", "8"),
        ("汇总!$D$5:$E$5", "70.5", "3"),  # along a row
        ("'甲''乙'!D5:D6", "6", "7"),
        ("汇总!$D$6:$D$7", "8", "2"),  # nobody says what D7 shows
        ("汇总!$D$5", "70.5", "2"),  # a point too many
        ("汇总!$D$5:$E$6", "1", "2"),
        ("(汇总!$D$5,汇总!$D$6)", "1", "2"),
        ("[1]汇总!$D$5:$D$6", "1", "2"),
        ("名称", "1", "2"),
    ],
)
def test_numbers_in_a_chart_of_any_writing_change_and_nothing_else(reference: str, first: str, second: str) -> None:
    before = CACHED.replace("{reference}", reference)
    after = with_values(before.encode(), VALUES).decode()
    assert after == before.replace("<x:v>1<", f"<x:v>{first}<").replace("<x:v>2<", f"<x:v>{second}<")


@pytest.mark.parametrize("value", ["未填", None, True, ""])
def test_a_cell_that_shows_no_number_leaves_its_point_as_it_was(value: str | bool | None) -> None:
    chart = CACHED.replace("{reference}", "汇总!$D$5:$D$6").encode()
    assert with_values(chart, {("汇总", "D5"): value}) == chart


@every_workbook
def test_every_name_in_the_drawing_has_its_prefix(workbook: str) -> None:
    """exceljs, which previews in office systems use, looks for xdr:wsDr and the like by name."""
    drawing = opened(workbook).parts[DRAWING].decode()
    tags = re.findall(r"<([\w:]+)", drawing)
    assert tags[0] == "xdr:wsDr"
    assert {tag.partition(":")[0] for tag in tags} == {"xdr", "a", "c"}
    assert ElementTree.fromstring(drawing).tag.startswith("{http://schemas.openxmlformats.org/drawingml/2006/spread")


# green triangles


def called_off(book: Opened, sheet: str, kind: str) -> set[tuple[int, int]]:
    """The cells of a sheet for which a kind of triangle is called off."""
    found = set()
    for item in book.sheet(sheet).iter(f"{MAIN}ignoredError"):
        if item.get(kind) == "1":
            for area in item.attrib["sqref"].split():
                top, left, bottom, right = square(area)
                found |= {(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)}
    return found


def looks_like_a_number(text: str) -> bool:
    try:
        float(text.strip().removesuffix("%").replace(",", ""))
    except ValueError:
        return False
    return True


@every_workbook
def test_numbers_that_are_texts_of_ours_get_no_triangle_and_those_typed_by_mistake_do(workbook: str) -> None:
    book = opened(workbook, "甲医院", "0012")
    stages = ("self", "review", "final")
    inputs = {item["cells"][stage]: item["kind"] for item in mapped(workbook)["inputs"] for stage in stages}
    ours = 0
    for sheet, cells in book.cells.items():
        off = called_off(book, sheet, "numberStoredAsText")
        for cell in cells.values():
            kind = inputs.get(f"{sheet}!{cell.name}")
            if kind is not None:
                assert (square(cell.name)[:2] in off) == (kind in ("text", "choice")), cell.name
            elif cell.kind == "s" and looks_like_a_number(cell.value or ""):
                ours += 1
                assert square(cell.name)[:2] in off, f"{sheet}!{cell.name}"
    assert ours > 0
    if workbook == "zaozhuang-hospital-2022":
        assert ours > 500
    assert square("E4")[:2] in called_off(book, "封面", "numberStoredAsText"), "the unit's code"


@every_workbook
def test_formulas_of_ours_get_no_triangle_for_their_neighbours_or_blanks(workbook: str) -> None:
    book = opened(workbook)
    for sheet, cells in book.cells.items():
        written = {square(cell.name)[:2] for cell in cells.values() if cell.formula is not None}
        for kind in ("formula", "formulaRange", "emptyCellReference"):
            assert written <= called_off(book, sheet, kind), sheet
        for kind in ("evalError", "unlockedFormula", "twoDigitTextYear"):  # those tell an official something
            assert called_off(book, sheet, kind) == set()
