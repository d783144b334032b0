"""What officials are told about an edit that was honest: one line, where, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_book import ENTRY, FORM, SUMMARY, Book
from hostile_contents import MEASURES
from hostile_honest import copied_row
from mutations import BY_NAME
from said import zh

from xl_kpi import api


def told(name: str, folder: Path, at: str = "") -> list[str]:
    """What `check` says of a kind of file: every message, or those of one cell, but remarks."""
    kind = BY_NAME[name]
    path = folder / kind.file
    path.write_bytes(kind.content())
    findings = api.check(path).findings
    return [zh(f) for f in findings if f.severity != "info" and at in ("", f"{f.sheet}!{f.cell}")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("input-formula", "“已完成的具体措施数”填的是公式，按其存储的结果 13 计分。请改填数值"),
        ("newer-function-input", "“已完成的具体措施数”填的是公式，按其存储的结果 13 计分。请改填数值"),
        ("text-formula-input", "“已完成的具体措施数”填的是公式，存储的结果 13 不能计分。请改填数值"),
        ("circular-input", "“已完成的具体措施数”填的是公式，按其存储的结果 12 计分。请改填数值"),
        (
            "unknown-function-input-out-of-range",
            "“已完成的具体措施数”填的是公式，存储的结果 15 不能计分。请改填数值",
        ),
        ("input-formula-uncalculated", "“已完成的具体措施数”填的是公式，没有结果，不能计分。请改填数值"),
    ],
)
def test_a_formula_in_place_of_a_number_is_one_line_that_says_whether_it_counts(
    name: str, message: str, tmp_path: Path
) -> None:
    assert told(name, tmp_path, MEASURES) == [message]


@pytest.mark.parametrize("name", ["dispimg-input", "dispimg-input-by-excel"])
def test_a_picture_in_place_of_a_number_is_one_line_that_says_so(name: str, tmp_path: Path) -> None:
    (message,) = told(name, tmp_path, MEASURES)
    assert message.startswith("“已完成的具体措施数”填的是图片（嵌入单元格的），")
    assert message.endswith("不能计分。请改填数值")


_CARRY = "或用“搬到新表”把已填的数搬过去"
_ANEW = "请用“搬到新表”把已填的数搬到空白工作簿，再补填缺的部分"


@pytest.mark.parametrize(
    ("name", "at", "message"),
    [
        ("row-inserted-1", "数据填报!A17", f"第 17 行是后来插入的。请删去第 17 行再交；{_CARRY}"),
        ("row-inserted-2", "封面!A5", f"第 5 行是后来插入的。请删去第 5 行再交；{_CARRY}"),
        ("row-inserted-3", "考核表!A8", f"第 8 行是后来插入的。请删去第 8 行再交；{_CARRY}"),
        ("row-inserted-4", "汇总!A8", f"第 8 行是后来插入的。请删去第 8 行再交；{_CARRY}"),
        ("row-inserted-5", "核对!A6", f"第 6 行是后来插入的。请删去第 6 行再交；{_CARRY}"),
        ("row-inserted-6", "评分规则!A6", f"第 6 行是后来插入的。请删去第 6 行再交；{_CARRY}"),
        ("task-row-above-inserted", "数据填报!A4", f"第 4 行是后来插入的。请删去第 4 行再交；{_CARRY}"),
        ("row-inserted-hospital", "数据填报!A300", f"第 300 行是后来插入的。请删去第 300 行再交；{_CARRY}"),
        # The copy is row 17: what refers to the input has followed it to row 18.
        ("row-copied", "数据填报!A17", f"第 17 行是后来插入的。请删去第 17 行再交；{_CARRY}"),
        (
            "rows-inserted-apart",
            "数据填报!A17",
            f"第 17～18 行、第 100 行是后来插入的。请删去第 17～18 行、第 100 行再交；{_CARRY}",
        ),
        ("column-inserted-entry", "数据填报!D1", f"D 列是后来插入的。请删去 D 列再交；{_CARRY}"),
        ("column-inserted-stages", "数据填报!F1", f"F 列是后来插入的。请删去 F 列再交；{_CARRY}"),
        ("column-inserted-form", "考核表!C1", f"C 列是后来插入的。请删去 C 列再交；{_CARRY}"),
        (
            "row-deleted-1",
            "数据填报!A18",
            f"原来的第 18 行“因重大风险隐患被上级部门通报批评次数”被删去了。{_ANEW}",
        ),
        (
            "row-inserted-and-deleted",
            "数据填报!A17",
            f"第 17 行是后来插入的；原来的第 60 行“法治建设任务未完成项数”被删去了。{_ANEW}",
        ),
        (
            "rows-exchanged",
            "数据填报!A18",
            "“生产安全事故起数”原在第 17 行，现在到了第 18 行，可能是排序或剪切所致。请移回原处再交；" + _CARRY,
        ),
        (
            "sheet-renamed",
            "数据填报1!A1",
            "工作表“数据填报”改名成了“数据填报1”。请把工作表“数据填报1”改回“数据填报”再交",
        ),
        (
            "sheet-renamed-with-evidence",
            "总分!A1",
            "工作表“汇总”改名成了“总分”。请把工作表“总分”改回“汇总”再交",
        ),
        (
            "sheet-missing",
            "!",
            "缺少工作表“评分规则”。请找回没有删去它的那一份再交；或用“搬到新表”把已填的数搬到空白工作簿",
        ),
    ],
)
def test_a_changed_structure_is_refused_with_the_place_and_the_exact_repair(
    name: str, at: str, message: str, tmp_path: Path
) -> None:
    kind = BY_NAME[name]
    path = tmp_path / kind.file
    path.write_bytes(kind.content())
    (found,) = api.check(path).findings
    assert (f"{found.sheet}!{found.cell}", zh(found)) == (at, message)


def test_the_repair_that_is_told_repairs_the_workbook(tmp_path: Path) -> None:
    for row in (5, 17, 60, 150, 240):
        book = copied_row(Book("blood"), row)
        path = tmp_path / "插.xlsx"
        path.write_bytes(bytes(book))
        (found,) = api.check(path).findings
        assert found.code == "structure"
        path.write_bytes(bytes(book.delete_row(ENTRY, int(found.cell.removeprefix("A")))))
        report = api.check(path)
        assert (report.verdict, report.findings) == ("accept", ())


def test_a_row_can_be_named_wherever_it_was_inserted(tmp_path: Path) -> None:
    wrong = []
    for sheet, last in ((ENTRY, 241), (FORM, 36), (SUMMARY, 22)):
        for row in range(2, last, 7):
            path = tmp_path / "插.xlsx"
            path.write_bytes(bytes(Book("blood").insert_row(sheet, row)))
            findings = api.check(path).findings
            if [(f.code, f.sheet, f.cell) for f in findings] != [("structure", sheet, f"A{row}")]:
                wrong.append((sheet, row, [zh(f) for f in findings]))
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("evidence-sheet", "多出工作表“佐证”。不影响计分；如要退回重报，请先把它移到另一个文件"),
        ("tabs-moved", "工作表“汇总”换了位置。不影响计分；可拖回“数据填报”之后"),
    ],
)
def test_a_sheet_that_was_added_or_moved_is_a_remark(name: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "上报.xlsx"
    path.write_bytes(BY_NAME[name].content())
    (found,) = api.check(path).findings
    assert (found.severity, zh(found)) == ("info", message)
