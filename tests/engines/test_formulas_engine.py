"""A workbook loaded once into ``formulas`` and asked again and again."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.packaging.relationship import Relationship
from openpyxl.styles import PatternFill
from openpyxl.workbook.external_link import ExternalLink
from openpyxl.workbook.external_link.external import ExternalBook, ExternalSheetNames

from xl_kpi.engines.base import NOT_COMPUTED, CellError, RecalculationError, Value
from xl_kpi.engines.formulas import FormulasEngine, FormulasModel

Build = Callable[..., bytes]  # see conftest.py

BLANK = {f"数据填报!K{row}": None for row in range(5, 10)}


@pytest.fixture(scope="module")
def blank_workbook() -> bytes:
    """As built: coloured blank inputs K5:K9, the texts and numbers that come of them, a constant in B1."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "数据填报"
    for row in range(5, 10):
        sheet[f"K{row}"].fill = PatternFill("solid", fgColor="FFF2CC")
        sheet[f"L{row}"] = f'=IF(K{row}="","未填",IF(ISNUMBER(K{row}),"已填","有误"))'
    sheet["B1"] = 10
    total = book.create_sheet("汇总")
    total["A1"] = '=IF(COUNTIF(数据填报!L5:L8,"已填")=4,ROUND(数据填报!K5*数据填报!B1,2),"未填")'
    total["A2"] = "=SUM(数据填报!K5:K9)"
    total["A3"] = "=COUNT(数据填报!K5:K9)"
    total["A4"] = "=数据填报!K9"
    total["A5"] = "=SUM(数据填报!M1:M40)"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def model(blank_workbook: bytes) -> FormulasModel:
    return FormulasModel.load(blank_workbook)


def totals(result: dict[str, Value]) -> list[Value]:
    return [result[f"汇总!A{row}"] for row in range(1, 6)]


def test_a_blank_workbook_is_unfilled(model: FormulasModel) -> None:
    assert totals(model.calculate()) == ["未填", 0.0, 0.0, 0.0, 0.0]


def test_blank_cells_take_inputs_singly_and_inside_ranges(model: FormulasModel) -> None:
    inputs: dict[str, Value] = {
        **{f"数据填报!K{row}": 0.285 for row in range(5, 9)},
        "数据填报!K9": "好",
        "数据填报!M1": 1.0,
        "数据填报!M40": 2.0,
    }
    result = model.calculate(inputs)
    assert totals(result) == [2.85, 1.14, 4.0, "好", 3.0]
    assert result["数据填报!L5"] == "已填"
    assert result["数据填报!L9"] == "有误"


def test_an_input_takes_the_place_of_a_constant(model: FormulasModel) -> None:
    filled: dict[str, Value] = {f"数据填报!K{row}": 1.0 for row in range(5, 9)}
    assert model.calculate(filled)["汇总!A1"] == 10.0
    assert model.calculate(filled | {"数据填报!B1": 5.0})["汇总!A1"] == 5.0
    assert model.calculate(filled | {"数据填报!B1": None})["汇总!A1"] == 0.0


def test_nothing_leaks_from_one_case_to_the_next(model: FormulasModel, blank_workbook: bytes) -> None:
    cases: list[dict[str, Value]] = [
        {f"数据填报!K{row}": float(row) for row in range(5, 10)},
        {"数据填报!K5": "好", "数据填报!B1": 3.0},
        {},
        {"数据填报!K6": CellError("#N/A")},
        dict(BLANK),
        {"数据填报!K9": ""},
    ]
    once = [model.calculate(case) for case in cases]
    again = [model.calculate(case) for case in reversed(cases)][::-1]
    alone = [FormulasModel.load(blank_workbook).calculate(case) for case in cases]
    assert once == again == alone
    assert once[2] == once[4]


def test_an_empty_text_is_not_a_blank_cell(model: FormulasModel) -> None:
    assert model.calculate({"数据填报!K9": ""})["汇总!A4"] == ""
    assert model.calculate({"数据填报!K9": None})["汇总!A4"] == 0.0


def test_an_error_in_an_input_goes_through_every_formula_that_reads_it(model: FormulasModel) -> None:
    result = model.calculate({"数据填报!K9": CellError("#N/A")})
    assert result["汇总!A2"] == result["汇总!A4"] == result["数据填报!L9"] == CellError("#N/A")
    assert result["汇总!A3"] == 0.0  # COUNT passes errors over


def test_a_cell_that_no_formula_reads_may_be_given(model: FormulasModel) -> None:
    assert model.calculate({"数据填报!X9": 1.0}) == model.calculate()


@pytest.mark.parametrize("address", ["数据填报!L5", "没有!A1", "数据填报!K", "K5", "数据填报!$K$5", "数据填报!k5"])
def test_refuses_an_input_that_is_no_input_cell(model: FormulasModel, address: str) -> None:
    with pytest.raises(ValueError, match=r"公式单元格|没有单元格"):
        model.calculate({address: 1.0})


def test_says_not_computed_where_a_circle_leaves_no_value(build: Build) -> None:
    circle = build({"表": {"A1": "=A2+1", "A2": "=A1+1", "A3": "=SUM(A1:A2)", "A4": "=1+1"}})
    assert FormulasModel.load(circle).calculate() == {
        "表!A1": NOT_COMPUTED,
        "表!A2": NOT_COMPUTED,
        "表!A3": NOT_COMPUTED,
        "表!A4": 2.0,
    }


def test_an_error_constant_is_an_error(build: Build) -> None:
    assert FormulasModel.load(build({"表": {"A1": "#N/A", "B1": "=A1"}})).calculate() == {"表!B1": CellError("#N/A")}


def test_other_workbooks_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = openpyxl.Workbook()
    other.worksheets[0].title = "外"
    other.worksheets[0]["A1"] = 42
    other.save(tmp_path / "other.xlsx")
    book = openpyxl.Workbook()
    book.worksheets[0].title = "表"
    book.worksheets[0]["A1"] = "=[1]外!A1"
    book.worksheets[0]["A2"] = "=SUM([1]外!A1:A2)"
    link = ExternalLink(externalBook=ExternalBook(sheetNames=ExternalSheetNames(sheetName=("外",))))
    link.file_link = Relationship(type="externalLinkPath", Target="other.xlsx", TargetMode="External")
    book._external_links.append(link)
    stream = io.BytesIO()
    book.save(stream)
    monkeypatch.chdir(tmp_path)
    assert set(FormulasModel.load(stream.getvalue()).calculate().values()) == {CellError("#REF!")}


@pytest.mark.parametrize("title", ["汇总 (1)", "表（一）", "8.2.x", "A1", "R1C1", "2022年", "a-b", "x&y"])
def test_sheets_may_have_any_usual_name(build: Build, title: str) -> None:
    book = build({title: {"A1": 2, "B1": "=A1*2"}, "别": {"A1": f"='{title}'!B1+SUM('{title}'!A1:A3)"}})
    result = FormulasModel.load(book).calculate({f"{title}!A1": 5.0, f"{title}!A3": 1.0})
    assert result == {f"{title}!B1": 10.0, "别!A1": 16.0}


@pytest.mark.parametrize("title", ["it's", "表!1"])
def test_refuses_the_names_it_would_misread(build: Build, title: str) -> None:
    with pytest.raises(RecalculationError, match="该引擎不能处理的字符"):
        FormulasEngine().recalculate([build({title: {"A1": "=1"}})])


def test_draws_no_progress_bar(build: Build, capfd: pytest.CaptureFixture[str]) -> None:
    FormulasEngine().recalculate([build({"表": {"A1": "=B1"}})])
    assert capfd.readouterr() == ("", "")
