"""How a workbook is written: locks, validations, pages, chart, the unit's name, and the same bytes every time."""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from opened import (
    MAIN,
    ROOT,
    SHEETS,
    SHIPPED,
    SMALL,
    Opened,
    built,
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
from zips import parts_of

from xl_kpi import api
from xl_kpi.blank import render as write
from xl_kpi.findings import XlKpiError
from xl_kpi.layout.lay_out import lay_out

pytestmark = pytest.mark.xdist_group("workbooks")
STRINGS = "xl/sharedStrings.xml"
every_workbook = pytest.mark.parametrize("workbook", [*SHIPPED, "small"])
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def attributes(book: Opened, sheet: str, element: str) -> dict[str, str]:
    """The attributes of a sheet's one element of a kind."""
    (found,) = book.sheet(sheet).iter(f"{MAIN}{element}")
    return dict(found.attrib)


# protection


@every_workbook
def test_every_sheet_is_protected_without_password_and_can_be_filtered_sorted_and_resized(workbook: str) -> None:
    book = opened(workbook)
    for sheet in SHEETS:
        protection = attributes(book, sheet, "sheetProtection")
        assert protection["sheet"] == "1"
        # In the file 0 means that it is not forbidden.
        for allowed in ("autoFilter", "sort", "formatColumns", "formatRows"):
            assert protection[allowed] == "0", f"{sheet}: {allowed}"
        for allowed in ("selectLockedCells", "selectUnlockedCells"):
            assert protection.get(allowed, "0") == "0"
        for forbidden in ("insertRows", "insertColumns", "deleteRows", "deleteColumns", "formatCells"):
            assert protection.get(forbidden, "1") == "1", f"{sheet}: {forbidden}"
        assert not {"password", "hashValue", "algorithmName"} & set(protection)


@every_workbook
def test_inputs_are_unlocked_and_every_formula_is_locked(workbook: str) -> None:
    book = opened(workbook)
    stage_cells = {place for item in mapped(workbook)["inputs"] for place in item["cells"].values()}
    for place in stage_cells:
        assert not book.locked(book.at(place)), place
    for sheet, cells in book.cells.items():
        for cell in cells.values():
            assert cell.formula is None or book.locked(cell), f"{sheet}!{cell.name}"
    unlocked = {f"数据填报!{c.name}" for c in book.cells["数据填报"].values() if not book.locked(c)}
    assert unlocked == {place for place in stage_cells if place.startswith("数据填报!")} == stage_cells


@every_workbook
def test_what_else_is_unlocked_is_for_words_signatures_and_the_add_in(workbook: str) -> None:
    book = opened(workbook)
    open_cells = {
        sheet: {name for name, cell in cells.items() if not book.locked(cell)} for sheet, cells in book.cells.items()
    }
    for sheet in ("汇总", "评分规则", "_xl_kpi"):
        assert open_cells[sheet] == set(), sheet

    words = {head(book, "考核表", title)[1] for title in ("扣分原因", "佐证材料")}
    rows = form_rows(book, workbook)
    free = {f"{column}{row}" for column in words for row in rows}
    assert free <= open_cells["考核表"]
    signing = {
        square(cell.name)[0]
        for cell in book.cells["考核表"].values()
        if cell.value and re.search("主管部门|单位负责人", cell.value)
    }
    assert {square(name)[0] for name in open_cells["考核表"] - free} <= signing

    for name in open_cells["封面"]:
        label = book.cells["封面"][f"{chr(ord(name[0]) - 1)}{name[1:]}"].value or ""
        assert re.search("盖章|签字|日期", label), name
    # The block the add-in writes its findings to: four columns under its head.
    found = head(book, "核对", "问题与处理办法")[0]
    rows_open = {square(name)[0] for name in open_cells["核对"]}
    columns = {square(name)[1] for name in open_cells["核对"]}
    assert len(columns) == 5
    assert rows_open == set(range(found + 1, found + 1 + len(rows_open)))
    assert len(rows_open) >= 100
    assert all(book.cells["核对"][name].value is None for name in open_cells["核对"])


# validations


def validations(book: Opened) -> dict[str, dict[str, str]]:
    """Each validation of 数据填报 by the area it covers, with its formulas."""
    return {
        item.attrib["sqref"]: {
            **item.attrib,
            **{element.tag.removeprefix(MAIN): element.text or "" for element in item},
        }
        for item in book.sheet("数据填报").iter(f"{MAIN}dataValidation")
    }


def wider_percentages(workbook: str) -> set[str]:
    """The ids of percent inputs for which the scheme's author wrote another range than 0 to 1."""

    def found(data: object) -> set[str]:
        if isinstance(data, dict):
            own = {data["id"]} if data.get("kind") == "percent" and {"min", "max"} & set(data) else set()
            return own.union(*(found(value) for value in data.values()))
        return set().union(*(found(value) for value in data)) if isinstance(data, list) else set()

    return found(written(workbook))


@every_workbook
def test_every_input_has_one_validation_on_its_three_cells_with_the_bounds_of_the_map(workbook: str) -> None:
    book = opened(workbook)
    rules = validations(book)
    assert len(rules) == len(mapped(workbook)["inputs"])
    kinds = {
        "count": "whole",
        "number": "decimal",
        "percent": "decimal",
        "date": "date",
        "choice": "list",
        "text": "textLength",
    }
    year = written(workbook)["year"]
    first, last = ((datetime.date(year, m, d) - datetime.date(1899, 12, 30)).days for m, d in ((1, 1), (12, 31)))
    wider = wider_percentages(workbook)
    for item in mapped(workbook)["inputs"]:
        cells = [item["cells"][stage].partition("!")[2] for stage in ("self", "review", "final")]
        rule = rules[f"{cells[0]}:{cells[2]}"]
        assert rule["type"] == ("custom" if item["none"] else kinds[item["kind"]]), item["id"]
        assert (rule["allowBlank"], rule["errorStyle"]) == ("1", "stop")
        assert (rule["showErrorMessage"], rule["showInputMessage"]) == ("1", "1")
        if item["kind"] == "choice":
            assert rule["formula1"].strip('"').split(",") == item["choices"]
            continue
        if item["none"]:
            first_cell, low, high = cells[0], item["min"], item["max"]
            number = f"AND(ISNUMBER({first_cell}),{first_cell}>={low:g},{first_cell}<={high:g})"
            assert rule["formula1"] == f'OR({first_cell}="无",{number})', item["id"]
            continue
        assert rule["operator"] == "between"
        if item["kind"] == "text":
            assert item["min"] is item["max"] is None
            continue
        assert (float(rule["formula1"]), float(rule["formula2"])) == (item["min"], item["max"]), item["id"]
        if item["kind"] == "percent" and item["id"].partition(".")[2] not in wider:
            # A percentage that something is divided by must be above 0.
            assert item["min"] in (0, 0.000001), item["id"]
            assert item["max"] == 1, item["id"]
        if item["kind"] == "date":
            # Done early, or late: days before and after the year can be filled in too.
            assert item["min"] < first - 365, item["id"]
            assert item["max"] > last + 365, item["id"]
        if item["kind"] == "count":
            assert item["min"] == int(item["min"])
            assert item["min"] >= 0


@every_workbook
def test_every_validation_says_what_to_fill_in_and_what_was_wrong_in_chinese(workbook: str) -> None:
    rules = validations(opened(workbook))
    for item in mapped(workbook)["inputs"]:
        cells = [item["cells"][stage].partition("!")[2] for stage in ("self", "final")]
        rule = rules[":".join(cells)]
        for name in ("promptTitle", "prompt", "errorTitle", "error"):
            assert CHINESE.search(rule[name]), f"{item['id']}: {name}"
        assert rule["prompt"].startswith(item["label"])
        assert item["label"].startswith(rule["promptTitle"])
        if item["kind"] == "choice":
            assert all(choice in rule["prompt"] and choice in rule["error"] for choice in item["choices"])
        if item["kind"] == "percent":
            assert "%" in rule["prompt"]
            assert "%" in rule["error"]


# pages


@every_workbook
def test_sheets_print_on_a4_landscape_one_page_wide_with_page_numbers(workbook: str) -> None:
    book = opened(workbook)
    for sheet in SHEETS[:-1]:
        setup = attributes(book, sheet, "pageSetup")
        assert (setup["paperSize"], setup["orientation"], setup["fitToWidth"]) == ("9", "landscape", "1"), sheet
        assert attributes(book, sheet, "pageSetUpPr")["fitToPage"] == "1"
        assert setup["fitToHeight"] == ("1" if sheet in ("封面", "汇总") else "0"), sheet
        (footer,) = book.sheet(sheet).iter(f"{MAIN}oddFooter")
        assert "&P" in (footer.text or "")
        assert "&N" in (footer.text or "")


@pytest.mark.parametrize(
    ("sheet", "title"),
    [("考核表", "自评得分"), ("数据填报", "自报值"), ("核对", "核对项目"), ("评分规则", "采用的口径")],
)
@every_workbook
def test_header_rows_are_repeated_on_every_page_and_stay_in_sight(workbook: str, sheet: str, title: str) -> None:
    book = opened(workbook)
    row = head(book, sheet, title)[0]
    first, last = re.findall(r"\$(\d+)", book.sheet_names(sheet)["_xlnm.Print_Titles"])
    assert (int(first), int(last)) == (row, row)
    pane = attributes(book, sheet, "pane")
    assert (pane["state"], int(pane["ySplit"])) == ("frozen", row)
    assert square(pane["topLeftCell"])[0] == row + 1


@every_workbook
def test_the_entry_sheet_and_the_checks_can_be_filtered_from_their_head_to_their_last_row(workbook: str) -> None:
    book = opened(workbook)
    for sheet, title in (("数据填报", "自报值"), ("核对", "核对项目")):
        top, left, bottom, _ = square(attributes(book, sheet, "autoFilter")["ref"])
        assert (top, left) == (head(book, sheet, title)[0], 1)
        last = max(square(cell.name)[0] for cell in book.cells[sheet].values() if cell.value and cell.name[0] == "B")
        assert bottom == last
        hidden = book.sheet_names(sheet)["_xlnm._FilterDatabase"].rpartition("!")[2]
        assert square(hidden) == square(attributes(book, sheet, "autoFilter")["ref"])


@every_workbook
def test_the_findings_of_the_add_in_are_not_printed_with_the_checks(workbook: str) -> None:
    book = opened(workbook)
    area = square(book.sheet_names("核对")["_xlnm.Print_Area"].rpartition("!")[2])
    assert area[3] < square(f"{head(book, '核对', '问题与处理办法')[1]}1")[1]


@every_workbook
def test_the_chart_shows_each_groups_score_beside_its_points(workbook: str) -> None:
    book = opened(workbook)
    drawing = book.relationships(book.sheets["汇总"])
    (target,) = [found.target for found in drawing.values() if found.kind == "drawing"]
    (chart,) = [found.target for found in book.relationships(target).values() if found.kind == "chart"]
    space = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    tree = book.tree(chart)
    rows = [square(place.partition("!")[2])[0] for place in mapped(workbook)["outputs"]["groups"].values()]
    assert rows == list(range(rows[0], rows[0] + len(groups_of(workbook))))
    top, points = head(book, "汇总", "分值")
    scores = head(book, "汇总", "核定得分")[1]
    expected = [
        [f"'汇总'!{column}{top}", f"'汇总'!A{rows[0]}:A{rows[-1]}", f"'汇总'!{column}{rows[0]}:{column}{rows[-1]}"]
        for column in (points, scores)
    ]
    found = [[f.text.replace("$", "") for f in ser.iter(f"{space}f") if f.text] for ser in tree.iter(f"{space}ser")]
    # A range of one cell may be written without its colon.
    assert [[re.sub(r"!(\w+):\1$", r"!\1", reference) for reference in series] for series in found] == [
        [re.sub(r"!(\w+):\1$", r"!\1", reference) for reference in series] for series in expected
    ]


@every_workbook
def test_the_charts_title_does_not_lie_over_the_bars(workbook: str) -> None:
    """Excel lays a title without <overlay val="0"/> over the plot."""
    chart = opened(workbook).tree("xl/charts/chart1.xml")
    space = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    overlay = chart.find(f"{space}chart/{space}title/{space}overlay")
    assert overlay is not None
    assert overlay.get("val") == "0"


# the unit's name

NAMES = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.com","x")',
    "a & b < c > d \" e ' f",
    "<t>&amp;</t>",
    "三 个　空 格",
    "测" * 100,
    "00123",
    "TRUE",
    "〔单位代码〕",  # what stands where the code goes until a unit's workbook is cut
]


def units(package: bytes) -> set[tuple[str, object]]:
    """The data type and value of every cell that names the unit, as openpyxl reads them."""
    book = openpyxl.load_workbook(io.BytesIO(package))
    places = [("封面", "C4"), ("考核表", "C2"), ("汇总", "A2"), ("_xl_kpi", "B7")]
    return {(book[sheet][name].data_type, book[sheet][name].value) for sheet, name in places}


@pytest.mark.parametrize("unit", NAMES)
def test_a_units_name_is_text_whatever_it_looks_like(unit: str) -> None:
    package = built("small", unit)
    for sheet, cells in opened("small", unit).cells.items():
        named = [cell for cell in cells.values() if cell.value == unit]
        assert all(cell.formula is None and cell.kind in ("s", "inlineStr") for cell in named), sheet
    assert units(package) == {("s", unit)}


@pytest.mark.parametrize("unit", NAMES)
def test_a_units_code_is_text_whatever_it_looks_like(unit: str) -> None:
    code = opened("small", "示例单位", unit).cells["封面"]["E4"]
    assert (code.kind, code.formula, code.value) == ("s", None, unit)


@pytest.mark.parametrize("unit", ["a\x01b", "a\x0bb", "a\ufffeb", "a\ud800b"])
def test_a_units_name_never_makes_a_part_that_is_no_xml(unit: str) -> None:
    """Pasted from a PDF, names carry such characters: refused by name, or written as Excel writes them."""
    try:
        package = api.build(api.scheme(str(SMALL)), unit)
    except XlKpiError:
        return
    for part in Opened(package).parts:
        Opened(package).tree(part)


@pytest.mark.parametrize(
    ("unit", "code"),
    [("示例单位", "A01"), ("a & b < c > \" '", "=1"), ("测" * 100, "7" * 30), ("中间 有空格", "1 2")],
)
def test_a_copy_is_what_a_fresh_rendering_with_that_unit_would_be_byte_for_byte(unit: str, code: str) -> None:
    scheme = api.scheme(str(SMALL))
    fresh = write.render(lay_out(api.program(scheme), unit, code))
    assert parts_of(api.build(scheme, unit, code)) == fresh


@every_workbook
def test_two_units_workbooks_differ_only_where_the_unit_is_named(workbook: str) -> None:
    one, other = parts_of(built(workbook, "甲单位", "001")), parts_of(built(workbook, "乙单位", "002"))
    assert list(one) == list(other)
    different = {name for name in one if one[name] != other[name]}
    assert different == {STRINGS}
    assert one[STRINGS].decode().replace("甲单位", "乙单位").replace("001<", "002<") == other[STRINGS].decode()


# the same bytes


def test_another_process_with_another_hash_seed_makes_the_same_bytes() -> None:
    workbooks = ("small", "zhangping-health-2019")
    code = (
        "import hashlib\nfrom opened import built\n"
        f"for name in {workbooks!r}: print(hashlib.sha256(built(name, '甲单位', '1')).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT}/tests/support"}
    there = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    here = [hashlib.sha256(built(name, "甲单位", "1")).hexdigest() for name in workbooks]
    assert there.stdout.split() == here


def test_a_workbook_holds_no_time_of_day_and_no_name_of_a_machine() -> None:
    with zipfile.ZipFile(io.BytesIO(built("small"))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}
    core = opened("small").parts["docProps/core.xml"].decode()
    stamps = set(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", core))
    assert stamps == {"2020-01-01T00:00:00Z"}
    assert "lastModifiedBy" not in core


@every_workbook
def test_openpyxl_opens_the_workbook_and_reads_its_values(workbook: str) -> None:
    """A preview or pandas.read_excel shows numbers and words, not empty cells."""
    book = openpyxl.load_workbook(io.BytesIO(built(workbook)), data_only=True)
    assert book.sheetnames == list(SHEETS)
    assert book["_xl_kpi"].sheet_state == "veryHidden"
    outputs = mapped(workbook)["outputs"]
    sheet, _, name = outputs["max"].partition("!")
    asked = list(values_of(tasks_of(workbook), "ask"))
    assert isinstance(book[sheet][name].value, int | float)
    if not asked:
        assert book[sheet][name].value == written(workbook)["points"]
    assert book["考核表"].sheet_view.showGridLines is False
