"""Each correction of ``formulas``, against what Excel gives.

The same functions stand in the common table of ``test_engines_against_excel.py``; here it says what each
correction is for. Cells named in a formula are blank unless given.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import formulas
import pytest

from xl_kpi.engines import formulas_corrections
from xl_kpi.engines.base import CellError, Value
from xl_kpi.engines.formulas import FormulasModel

Build = Callable[..., bytes]  # see conftest.py

DIV0 = CellError("#DIV/0!")
NUM = CellError("#NUM!")
VALUE = CellError("#VALUE!")

Excel = Callable[..., Value]


@pytest.fixture
def excel(build: Build) -> Excel:
    def shows(formula: str, **inputs: Value) -> Value:
        model = FormulasModel.load(build({"表": {"Z99": f"={formula}"}}))
        return model.calculate({f"表!{cell}": value for cell, value in inputs.items()})["表!Z99"]

    return shows


def test_round_takes_ties_away_from_zero_on_fifteen_digits(excel: Excel) -> None:
    assert excel("ROUND(1.005,2)") == 1.01
    assert excel("ROUND(1.5*0.95,2)") == 1.43
    assert excel("ROUND(2.675,2)") == 2.68
    assert excel("ROUND(0.285*100,0)") == 29.0
    assert excel("ROUND(-2.5,0)") == -3.0
    assert excel("ROUND(1250,-2)") == 1300.0
    assert str(excel("ROUND(-0.001,2)")) == "0.0"


def test_rounddown_does_not_lose_a_unit_to_binary_noise(excel: Excel) -> None:
    assert excel("ROUNDDOWN(0.29*100,0)") == 29.0
    assert excel("ROUNDDOWN(4.35*100,0)") == 435.0
    assert excel("ROUNDDOWN(2.999,2)") == 2.99
    assert excel("ROUNDDOWN(-2.7,0)") == -2.0


def test_isnumber_is_false_for_a_text_of_digits(excel: Excel) -> None:
    assert excel("ISNUMBER(A1)", A1="3") is False
    assert excel("ISNUMBER(A1)", A1=3.0) is True
    assert excel("ISNUMBER(A1)") is False
    assert excel("ISNUMBER(1/0)") is False


def test_sum_passes_over_texts_of_digits_in_cells(excel: Excel) -> None:
    assert excel("SUM(A1:A2)", A1="3", A2=1.0) == 1.0
    assert excel("SUM(A1,A2)", A1="3", A2=1.0) == 1.0
    assert excel('SUM("3",1)') == 4.0
    assert excel('SUM(IF(A1="","",A1),1)') == VALUE


def test_min_and_max_pass_over_texts_of_digits_in_cells(excel: Excel) -> None:
    assert excel("MIN(5,A1)", A1="3") == 5.0
    assert excel("MAX(A1:A2)", A1="9", A2=1.0) == 1.0
    assert excel("MIN(A1:A2)") == 0.0
    assert excel("MAX(A1:A2)") == 0.0
    assert excel('MAX(0,IF(A1="","",A1))') == VALUE


def test_average_passes_over_texts_of_digits_in_cells(excel: Excel) -> None:
    assert excel("AVERAGE(A1:A2)", A1="3", A2=1.0) == 1.0
    assert excel("AVERAGE(A1:A2)", A1="3") == DIV0


def test_median_passes_over_texts_of_digits_in_cells(excel: Excel) -> None:
    assert excel("MEDIAN(A1:A3)", A1="9", A2=2.0, A3=4.0) == 3.0
    assert excel("MEDIAN(A1:A3)", A1="9") == NUM


def test_count_passes_over_texts_of_digits_in_cells(excel: Excel) -> None:
    assert excel("COUNT(A1:A3)", A1="3", A2=1.0, A3=CellError("#N/A")) == 1.0
    assert excel("COUNT(A1,A2)", A1="3") == 0.0
    assert excel('COUNT("3",1)') == 2.0


def test_sumproduct_takes_a_text_of_digits_for_nothing(excel: Excel) -> None:
    assert excel("SUMPRODUCT(A1:A2,B1:B2)", A1="3", A2=2.0, B1=2.0, B2=5.0) == 10.0
    assert excel("SUMPRODUCT(A1:A2,B1:B3)") == VALUE
    assert excel("SUMPRODUCT(A1:A2,B1:B2)", A1=CellError("#N/A")) == CellError("#N/A")


def test_countif_tells_blank_from_unequal(excel: Excel) -> None:
    assert excel('COUNTIF(A1:A4,"<>")') == 0.0
    assert excel('COUNTIF(A1:A4,"<>")', A1="是", A2=0.0, A3="") == 3.0
    assert excel('COUNTIF(A1:A4,"=")', A1="", A2=1.0) == 2.0
    assert excel('COUNTIF(A1:A4,"")', A1="", A2=1.0) == 3.0
    assert excel('COUNTIF(A1:A4,"<>否")', A1="是", A2="否", A3=5.0) == 3.0
    assert excel("COUNTIF(A1:A2,B1)", A1=0.0) == 1.0


def test_countif_compares_texts_whole_and_numbers_with_numbers(excel: Excel) -> None:
    assert excel('COUNTIF(A1:A2,">5")', A1="9", A2=9.0) == 1.0
    assert excel('COUNTIF(A1:A2,"?是")', A1="不是", A2="不是的") == 1.0
    assert excel('COUNTIF(A1:A2,"b*")', A1="B+") == 1.0
    assert excel('COUNTIF(A1:A2,"*")', A1="", A2=1.0) == 1.0
    assert excel('COUNTIF(A1:A2,"a~*")', A1="A*", A2="AB") == 1.0
    assert excel('COUNTIF(A1:A2,">否")', A1="是", A2=3.0) == 1.0
    assert excel("COUNTIF(A1:A2,1)", A1="1", A2=1.0) == 2.0


def test_if_gives_the_branch_itself(excel: Excel) -> None:
    assert excel('IF(TRUE,A1)=""') is True
    assert excel('MIN(5,IF(B1="",A1,0))') == 5.0
    assert excel("SUM(IF(B1=1,A1,0),1)", A1="x", B1=1.0) == 1.0
    assert excel("IF(TRUE,A1)") == 0.0
    assert excel("IF(A1,1,2)", A1="x") == VALUE
    assert excel("IF(A1=1,1/0,A2)", A2="好") == "好"
    assert excel("IF(1/0,1,2)") == DIV0


def test_every_correction_has_a_test() -> None:
    with open(__file__, encoding="utf-8") as source:
        text = source.read()
    for name in formulas_corrections.CORRECTIONS:
        assert f'excel("{name}(' in text or f"excel('{name}(" in text


def test_applying_and_importing_again_changes_nothing(excel: Excel) -> None:
    formulas_corrections.apply()
    reloaded = importlib.reload(formulas_corrections)
    reloaded.apply()
    reloaded.apply()
    assert formulas.get_functions()["ROUND"] is reloaded.CORRECTIONS["ROUND"]
    assert excel("ROUND(1.005,2)") == 1.01
    assert excel('IF(A1="","未填",1/A1)') == "未填"
