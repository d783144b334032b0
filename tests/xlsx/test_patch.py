"""A change to a filled workbook is a patch: the cells concerned change, and not one other byte."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from opened import SMALL, Opened, built, mapped
from said import zh
from zips import zipped

from xl_kpi import api
from xl_kpi.findings import WorkbookError
from xl_kpi.xlsx.patch import patch_cells

pytestmark = pytest.mark.xdist_group("small")

CASE = yaml.safe_load((SMALL.parent / "small.answers.yaml").read_text(encoding="utf-8"))
ANSWERS: dict[str, Any] = CASE["answers"]
ENTRY = "数据填报"
STRINGS, CHART = "xl/sharedStrings.xml", "xl/charts/chart1.xml"
CHINESE = re.compile(r"[\u4e00-\u9fff]")

# As nobody but a tester would write it: comments, odd spacing, quotes of both kinds, a text that looks like a cell.
SHEET = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><!-- <c r="A1"/> -->
<sheetData>\r
  <row r="1" spans="1:9"><c r="A1" s="3"/><c r='B1' s='4' t='s' ><v>7</v></c><c r="C1"   s="5"><v>1.50</v></c></row>
  <row r="11"><c r="A11" s="3" /><c r="B11" t="inlineStr"><is><t>甲 &amp; 乙</t></is></c></row>
  <row r="2"><c r="A2" t="str" s="6"><f>IF(B1&gt;0,"a","b")</f><v>a</v></c><c r="B2"><f t="shared" ref="B2:B3" si="0">B1+1</f><v>8</v></c></row>
  <row r="3"><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B3" cm="1"><f t="shared" si="0"/><v>9</v></c><c r="C3" t="b"><v>1</v></c></row>
</sheetData><extLst><ext uri="{x}"><y c="A1">文 字</y></ext></extLst></worksheet>
<!-- after -->""".encode()
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def without(xml: bytes, *names: str) -> bytes:
    """The bytes of a sheet with the elements of some cells taken out."""
    for name in names:
        cell = rf"<((?:x:)?c)\s[^>]*?\br=[\"']{name}[\"'][^>]*?(/>|>.*?</\1>)".encode()
        xml, count = re.subn(
            cell, b"[" + name.encode() + b"]", xml.replace(b'<!-- <c r="A1"/> -->', b"<!-- -->"), flags=re.S
        )
        assert count == 1, name
    return xml


def cell(xml: bytes, name: str) -> tuple[str, str | None, str | None]:
    """A cell's type, its value, and its formula."""
    (found,) = [c for c in ElementTree.fromstring(xml).iter(f"{MAIN}c") if c.get("r") == name]
    value = found.find(f"{MAIN}v")
    if value is None:
        value = found.find(f"{MAIN}is/{MAIN}t")
    formula = found.find(f"{MAIN}f")
    texts = [None if element is None else element.text or "" for element in (value, formula)]
    return found.get("t", "n"), texts[0], texts[1]


# patch_cells


@pytest.mark.parametrize("name", ["A1", "B1", "C1", "A11", "B11", "A2", "B2", "A3", "B3", "C3"])
@pytest.mark.parametrize("value", [12.5, "文字", None])
@pytest.mark.parametrize("keep", [False, True])
def test_only_the_cell_named_changes_whatever_it_held(name: str, value: float | str | None, keep: bool) -> None:
    patched = patch_cells(SHEET, {name: value}, keep_formulas=keep)
    assert without(patched, name) == without(SHEET, name)
    kind, found, formula = cell(patched, name)
    assert found == (None if value is None else "12.5" if value == 12.5 else value)
    if value is None or value == 12.5:
        assert kind == "n"
    assert formula == (cell(SHEET, name)[2] if keep else None)


def test_several_cells_are_patched_at_once_in_any_order() -> None:
    names = ["B3", "A1", "C1", "B11"]
    patched = patch_cells(SHEET, {name: float(n) for n, name in enumerate(names)}, keep_formulas=False)
    assert without(patched, *names) == without(SHEET, *names)
    assert [cell(patched, name)[1] for name in names] == ["0", "1", "2", "3"]


def test_no_values_leave_the_sheet_as_it_is() -> None:
    assert patch_cells(SHEET, {}, keep_formulas=False) == SHEET


def test_the_look_of_a_cell_stays() -> None:
    for name, style in (("A1", "3"), ("B1", "4"), ("C1", "5"), ("A2", "6")):
        patched = patch_cells(SHEET, {name: "x"}, keep_formulas=False)
        (found,) = [c for c in ElementTree.fromstring(patched).iter(f"{MAIN}c") if c.get("r") == name]
        assert found.get("s") == style


@pytest.mark.parametrize(
    "value",
    [0.0, 1.0, -1.0, 0.1, 0.285, 1e-7, 1 / 3, 67.5, 45596.0, 1e12, 123456789012345678.0, 1e300, -2.5e-9, 5],
)
def test_numbers_are_written_so_that_they_read_the_same(value: float) -> None:
    kind, text, _ = cell(patch_cells(SHEET, {"A1": value}, keep_formulas=False), "A1")
    assert kind == "n"
    assert re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text or "")
    assert float(text or "nan") == value


@pytest.mark.parametrize(
    "text",
    [
        "一般",
        "a & b < c > d \" e ' f",
        "]]> <![CDATA[x]]>",
        "&amp; &lt;",
        " 前后有空格 ",
        "　全角空格　",
        "一行\n二行",
        "制\t表",
        "=1+1",
        "0.5",
        "😀",
        "x" * 32767,
    ],
)
@pytest.mark.parametrize("name", ["A1", "A2"])
def test_texts_read_back_as_they_were_typed(text: str, name: str) -> None:
    for keep in (False, True):
        kind, found, _ = cell(patch_cells(SHEET, {name: text}, keep_formulas=keep), name)
        assert kind == ("str" if keep and name == "A2" else "inlineStr")
        assert found == text


def test_spaces_at_the_ends_of_a_text_are_marked_to_be_kept() -> None:
    patched = patch_cells(SHEET, {"A1": " x "}, keep_formulas=True)
    assert b'<t xml:space="preserve"> x </t>' in patched


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\x01b", "a_x0001_b"),
        ("a\x0bb", "a_x000B_b"),
        ("a\x1fb", "a_x001F_b"),
        ("a\ufffeb", "a_xFFFE_b"),
        # Typed by a person: not to be read as the escape of an A.
        ("_x0041_", "_x005F_x0041_"),
    ],
)
def test_characters_xml_cannot_hold_are_written_as_excel_writes_them(text: str, stored: str) -> None:
    """ECMA-376 part 1, 22.9.2.19 (ST_Xstring)."""
    assert cell(patch_cells(SHEET, {"A1": text}, keep_formulas=False), "A1")[1] == stored


def test_a_kept_formula_keeps_its_attributes_byte_for_byte() -> None:
    patched = patch_cells(SHEET, {"A2": "b", "B2": 10.0, "B3": 11.0}, keep_formulas=True)
    for formula in (
        b'<f>IF(B1&gt;0,"a","b")</f><v',
        b'<f t="shared" ref="B2:B3" si="0">B1+1</f><v>10</v>',
        b'<f t="shared" si="0"/><v>11</v>',
    ):
        assert formula in patched


def test_an_empty_result_of_a_kept_formula_is_an_empty_text() -> None:
    assert cell(patch_cells(SHEET, {"B2": ""}, keep_formulas=True), "B2") == ("str", "", "B1+1")


def test_prefixed_sheets_are_patched_with_their_prefix() -> None:
    """As WPS and some exporters write them."""
    prefixed = re.sub(rb"<(/?)(?=(worksheet|sheetData|row|c|v|f|is|t)\b)", rb"<\1x:", SHEET)
    prefixed = prefixed.replace(b'xmlns="', b'xmlns:x="').replace(b'<!-- <x:c r="A1"/> -->', b"<!-- -->")
    for name in ("A1", "B1", "B2", "B11"):
        for value in (12.5, "文字", None):
            patched = patch_cells(prefixed, {name: value}, keep_formulas=True)
            assert without(patched, name) == without(prefixed, name)
            assert cell(patched, name)[1] == (None if value is None else "12.5" if value == 12.5 else value)


@pytest.mark.parametrize("name", ["D1", "A4", "a1", "AA1", "$A$1", ""])
def test_a_cell_that_is_not_there_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(KeyError, match=re.escape(repr(name))):
        patch_cells(SHEET, {"A1": 1.0, name: 2.0}, keep_formulas=False)


# api.fill


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """The small workbook, blank."""
    path = tmp_path / "示例.xlsx"
    path.write_bytes(built("small"))
    return path


def filled(path: Path, answers: Mapping[str, Any]) -> Opened:
    """The workbook with answers typed in."""
    return Opened(api.fill(path, answers, str(SMALL)))


def places(stage: str = "self") -> dict[str, str]:
    """Where each input's value of a stage goes, as `sheet!A1`."""
    return {item["id"]: item["cells"][stage] for item in mapped("small")["inputs"]}


@pytest.mark.parametrize("stage", ["self", "review", "final"])
def test_filling_changes_the_cells_of_its_stage_and_nothing_else(blank: Path, stage: str) -> None:
    before = Opened(blank.read_bytes())
    after = filled(blank, ANSWERS if stage == "self" else {"stage": stage, "answers": ANSWERS})
    assert after.entries == before.entries
    part = before.sheets[ENTRY]
    assert {name for name in before.parts if before.parts[name] != after.parts[name]} == {part, STRINGS}
    assert after.parts[STRINGS].startswith(before.parts[STRINGS].removesuffix(b"</sst>"))
    names = [places(stage)[name].partition("!")[2] for name in ANSWERS]
    assert without(after.parts[part], *names) == without(before.parts[part], *names)
    for name, value in ANSWERS.items():
        found = after.at(places(stage)[name])
        if isinstance(value, str):
            assert (found.kind, found.value) == ("s", value)
        else:
            assert (found.kind, float(found.value or "nan")) == ("n", value)
        assert found.style == before.at(places(stage)[name]).style
    assert blank.read_bytes() == built("small"), "the file itself is not touched"


def test_null_empties_a_cell_and_other_answers_stay(blank: Path) -> None:
    blank.write_bytes(api.fill(blank, ANSWERS, str(SMALL)))
    emptied = filled(blank, {"t2.ontime": None, "t5.judged_reason": None})
    assert emptied.at(places()["t2.ontime"]).value is None
    assert emptied.at(places()["t5.judged_reason"]).value is None
    assert emptied.at(places()["t3.accidents"]).value == "1"


def test_an_empty_text_leaves_the_cell_as_empty_as_null_does(blank: Path) -> None:
    """COUNTA counts a cell with an empty text: 考核阶段 would say 复核 though nobody has reviewed anything."""
    after = filled(blank, {"stage": "review", "answers": {"t2.ontime": ""}})
    assert (after.at(places("review")["t2.ontime"]).kind, after.at(places("review")["t2.ontime"]).value) == (
        "n",
        None,
    )


def test_zero_is_an_answer_and_not_a_blank(blank: Path) -> None:
    assert filled(blank, {"t3.accidents": 0}).at(places()["t3.accidents"]).value == "0"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"t9.nothing": 1}, ["t9.nothing", "没有填报项"]),
        ({"t2.ontime": True}, ["t2.ontime", "应为数字、文字或空"]),
        ({"t2.ontime": [0.9]}, ["t2.ontime", "应为数字、文字或空"]),
        ({"t2.ontime": {"value": 0.9}}, ["t2.ontime", "应为数字、文字或空"]),
        ({"stage": "复核", "answers": {}}, ["stage"]),
        ({"stage": 2, "answers": {}}, ["stage"]),
        ({"stage": "review"}, ["answers"]),
        ({"stage": "review", "answers": [1]}, ["answers"]),
        ({"t2.ontime": math.nan}, ["t2.ontime"]),
        ({"t2.ontime": math.inf}, ["t2.ontime"]),
        ({"t2.ontime": 10**400}, ["t2.ontime"]),
        ({"t5.judged_reason": "\ud800"}, ["t5.judged_reason"]),
        ({"t5.judged_reason": "长" * 32768}, ["t5.judged_reason"]),
    ],
    ids=lambda value: re.sub(r"\W+", "-", ascii(value))[:40],
)
def test_wrong_answers_are_refused_in_chinese_by_name(blank: Path, answers: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(WorkbookError) as caught:
        api.fill(blank, answers, str(SMALL))
    (found,) = caught.value.findings
    assert (found.code, found.severity) == ("answers", "error")
    assert CHINESE.search(zh(found))
    assert all(word in zh(found) for word in words)
    assert blank.read_bytes() == built("small")


def test_every_wrong_answer_is_named_at_once(blank: Path) -> None:
    with pytest.raises(WorkbookError) as caught:
        api.fill(blank, {"x.a": 1, "x.b": 2, "t2.ontime": False, "t3.accidents": 0}, str(SMALL))
    told = [zh(found) for found in caught.value.findings]
    assert len(told) == 3
    assert all(any(name in message for message in told) for name in ("x.a", "x.b", "t2.ontime"))


def edited(content: bytes, sheet: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one sheet's XML changed, by the standard library."""
    book = Opened(content)
    part = book.sheets[sheet]
    changed = change(book.parts[part])
    assert changed != book.parts[part]
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            new.writestr(info, changed if info.filename == part else old.read(info))
    return buffer.getvalue()


def without_empty_cells(xml: bytes) -> bytes:
    """A sheet as some programs write it: no cell that holds nothing, no row that holds no cell."""
    xml = re.sub(rb'<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?/>', b"", xml)
    return re.sub(rb"<row [^>]*></row>", b"", xml)


def test_answers_can_be_typed_into_cells_that_a_program_left_out(blank: Path) -> None:
    whole = api.fill(blank, ANSWERS, str(SMALL))
    lacking = edited(built("small"), ENTRY, without_empty_cells)
    assert lacking != built("small")
    blank.write_bytes(lacking)
    blank.write_bytes(api.fill(blank, ANSWERS, str(SMALL)))
    was, made = Opened(whole), Opened(blank.read_bytes())
    for name in ANSWERS:
        place = places()[name]
        assert (made.at(place).value, made.at(place).kind) == (was.at(place).value, was.at(place).kind), place
    report = api.check(blank, str(SMALL))
    assert (report.verdict, [f.code for f in report.findings]) == ("accept", ["not-recalculated"])
    assert report.assessment is not None
    assert report.assessment.total == CASE["expect"]["total"]


def test_a_cell_that_is_not_there_and_stays_empty_is_not_made(blank: Path) -> None:
    lacking = edited(built("small"), ENTRY, without_empty_cells)
    blank.write_bytes(lacking)
    filled = Opened(api.fill(blank, dict.fromkeys(ANSWERS), str(SMALL)))
    assert filled.parts == Opened(lacking).parts


# recalculating and comparing


@pytest.fixture
def finished(blank: Path) -> Path:
    """The small workbook, filled and recalculated."""
    blank.write_bytes(api.fill(blank, ANSWERS, str(SMALL)))
    blank.write_bytes(api.recalculated(blank, str(SMALL)))
    return blank


def score_cell(task: str = "t2") -> tuple[str, str]:
    """The sheet and the cell of a task's score."""
    sheet, _, name = mapped("small")["outputs"]["tasks"][task]["final"].partition("!")
    return sheet, name


def replaced(name: str, new: bytes) -> Callable[[bytes], bytes]:
    """A change of a cell's formula and value, its attributes kept except t."""

    def change(xml: bytes) -> bytes:
        return re.sub(rb'(<c r="%s" s="\d+")[^>]*>.*?</c>' % name.encode(), rb"\1>" + new + b"</c>", xml, count=1)

    return change


def test_recalculating_changes_cached_values_and_nothing_else(blank: Path) -> None:
    blank.write_bytes(api.fill(blank, ANSWERS, str(SMALL)))
    before, after = Opened(blank.read_bytes()), Opened(api.recalculated(blank, str(SMALL)))
    cached = re.compile(rb'(<c r="[A-Z]+\d+" s="\d+")(?: t="(?:str|n)")?>(<f>[^<]*</f>)<v[^>]*>[^<]*</v></c>')
    for name in before.parts:
        if name != CHART:
            assert cached.sub(rb"\1\2", after.parts[name]) == cached.sub(rb"\1\2", before.parts[name]), name
    for task, score in CASE["expect"]["tasks"].items():
        assert float(after.at(mapped("small")["outputs"]["tasks"][task]["final"]).value or "nan") == score
    assert float(after.at(mapped("small")["outputs"]["total"]).value or "nan") == CASE["expect"]["total"]
    assert after.at(mapped("small")["outputs"]["grade"]).value == CASE["expect"]["grade"]


def test_recalculating_twice_is_recalculating_once(finished: Path) -> None:
    assert api.recalculated(finished, str(SMALL)) == finished.read_bytes()


def test_filled_after_it_was_recalculated_it_is_told_once_and_accepted(finished: Path) -> None:
    """Excel opened and saved it, then other answers came from a program: what it shows is of the answers before."""
    finished.write_bytes(api.fill(finished, {"t3.accidents": 3}, str(SMALL)))
    report = api.check(finished, str(SMALL))
    assert [(found.code, found.severity) for found in report.findings if found.code != "veto"] == [
        ("not-recalculated", "info")
    ]
    finished.write_bytes(api.recalculated(finished, str(SMALL)))
    assert b"not recalculated" not in finished.read_bytes()
    assert "not-recalculated" not in {found.code for found in api.check(finished, str(SMALL)).findings}


def test_what_another_program_changed_since_is_not_excused(finished: Path) -> None:
    parts = Opened(api.fill(finished, {"t3.accidents": 3}, str(SMALL))).parts
    finished.write_bytes(zipped(parts))  # packed by a program that knows nothing of the mark
    assert "stale" in {found.code for found in api.check(finished, str(SMALL)).findings}


def test_a_filled_workbook_that_was_not_recalculated_is_told_once_and_accepted(blank: Path) -> None:
    blank.write_bytes(api.fill(blank, ANSWERS, str(SMALL)))
    report = api.check(blank, str(SMALL))
    assert [(found.code, found.severity) for found in report.findings] == [("not-recalculated", "info")]
    assert (report.verdict, report.code) == ("accept", "ok")
    assert report.assessment is not None
    assert report.assessment.total == CASE["expect"]["total"]


def test_a_recalculated_workbook_has_nothing_to_tell(finished: Path) -> None:
    report = api.check(finished, str(SMALL))
    assert report.findings == ()
    assert (report.verdict, report.code) == ("accept", "ok")


@pytest.mark.parametrize("new", [b"<v>20</v>", b"<v>16</v>", b"<f>20</f><v>20</v>", b"<f>10+6</f><v>16</v>"])
def test_a_formula_replaced_by_a_constant_or_another_formula_is_named_and_does_not_count(
    finished: Path, new: bytes
) -> None:
    sheet, name = score_cell()
    finished.write_bytes(edited(finished.read_bytes(), sheet, replaced(name, new)))
    report = api.check(finished, str(SMALL))
    assert ("formula-changed", sheet, name) in [(f.code, f.sheet, f.cell) for f in report.findings]
    assert report.verdict == "flag"
    assert report.assessment is not None
    assert report.assessment.total == CASE["expect"]["total"]


def test_recalculating_does_not_paper_over_a_formula_that_is_gone(finished: Path) -> None:
    """Only cached values change: a constant that took a formula's place is the unit's doing, and stays to be found."""
    sheet, name = score_cell()
    finished.write_bytes(edited(finished.read_bytes(), sheet, replaced(name, b"<v>20</v>")))
    after = Opened(api.recalculated(finished, str(SMALL)))
    assert (after.cells[sheet][name].formula, after.cells[sheet][name].value) == (None, "20")


def test_a_cached_value_that_was_altered_is_named_with_what_it_should_be(finished: Path) -> None:
    sheet, name = score_cell()
    altered = edited(
        finished.read_bytes(),
        sheet,
        lambda xml: re.sub(rb'(<c r="%s" [^>]*>.*?<v>)16(</v>)' % name.encode(), rb"\g<1>19\2", xml, count=1),
    )
    finished.write_bytes(altered)
    report = api.check(finished, str(SMALL))
    assert [(f.code, f.sheet, f.cell) for f in report.findings] == [("stale", sheet, name)]
    assert "19" in zh(report.findings[0])
    assert "16" in zh(report.findings[0])
    assert report.verdict == "flag"
    assert report.assessment is not None
    assert report.assessment.total == CASE["expect"]["total"]


def test_a_workbook_without_cached_values_is_flagged_as_not_calculated(finished: Path) -> None:
    """As openpyxl and other programs save it: the cells are empty, not wrong."""
    content = finished.read_bytes()
    cached = re.compile(rb'(<c r="[A-Z]+\d+" s="\d+")[^>]*>(<f>[^<]*</f>)<v[^>]*>[^<]*</v>')
    for sheet in ("封面", "考核表", ENTRY, "汇总", "核对", "评分规则"):
        content = edited(content, sheet, lambda xml: cached.sub(rb"\1>\2<v></v>", xml))
    finished.write_bytes(content)
    report = api.check(finished, str(SMALL))
    assert report.verdict == "flag"
    assert report.assessment is not None
    assert report.assessment.total == CASE["expect"]["total"]
    assert {found.code for found in report.findings} == {"uncalculated"}


@pytest.mark.parametrize(
    ("name", "given", "kind", "written"),
    [
        ("t1.deployed_date", "2024-06-30", "n", "45473"),
        ("t1.deployed_date", "2024年6月30日", "n", "45473"),
        ("t1.deployed_date", "六月底", "s", "六月底"),
        ("t2.ontime", "98.5%", "n", "0.985"),
        ("t2.ontime", 0.985, "n", "0.985"),
        ("t2.ontime", "98.5", "s", "98.5"),  # 98.5% or 9850%
        ("t2.ontime", "九成", "s", "九成"),
        ("t3.accidents", "2", "n", "2"),
        ("t3.accidents", "2起", "n", "2"),
        ("t3.accidents", "无", "s", "无"),
        ("t5.judged_reason", "2022-06-30", "s", "2022-06-30"),
    ],
)
def test_an_answer_is_typed_as_its_kind_has_it(
    blank: Path, name: str, given: object, kind: str, written: str
) -> None:
    filling = api.filling(blank, {name: given}, str(SMALL))
    found = Opened(filling.content).at(places()[name])
    assert (found.kind, found.value) == (kind, written)
    fits = kind == "n" or name == "t5.judged_reason"
    assert [remark.code for remark in filling.remarks] == ([] if fits else ["filled-as-given"])
    assert all(remark.severity == "info" for remark in filling.remarks)


def test_a_remark_on_what_does_not_fit_says_where_and_why(blank: Path) -> None:
    remarks = api.filling(blank, {"t2.ontime": "九成", "t3.accidents": 1.5}, str(SMALL)).remarks
    assert [f"{remark.sheet}!{remark.cell}" for remark in remarks] == [
        places()["t2.ontime"],
        places()["t3.accidents"],
    ]
    assert "填的是“〔2字文字〕”，请填 0% 至 100% 之间的百分数" in zh(remarks[0])
    assert "填的是 1.5" in zh(remarks[1])
    assert all(zh(remark).endswith("已照原样填入，核对时会指出") for remark in remarks)


def test_notes_go_beside_their_inputs_and_are_no_findings(blank: Path) -> None:
    notes = {"t2.ontime": "=全年只有一件", "t3.accidents": "无"}
    blank.write_bytes(api.fill(blank, ANSWERS, str(SMALL)))
    before = api.check(blank, str(SMALL))
    after = filled(blank, {"notes": notes})
    assert {name: after.at(places("note")[name]).value for name in notes} == notes
    blank.write_bytes(api.fill(blank, {"notes": notes}, str(SMALL)))
    assert api.check(blank, str(SMALL)).findings == before.findings
    assert filled(blank, {"notes": {"t2.ontime": None}}).at(places("note")["t2.ontime"]).value is None


@pytest.mark.parametrize("notes", [{"t9.nothing": "甲"}, {"t2.ontime": 1}, {"t2.ontime": "\ud800"}, ["甲"]])
def test_wrong_notes_are_refused(blank: Path, notes: Any) -> None:
    with pytest.raises(WorkbookError) as caught:
        api.fill(blank, {"notes": notes}, str(SMALL))
    assert [found.code for found in caught.value.findings] == ["answers"]
