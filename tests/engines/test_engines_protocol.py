"""What every engine promises, whatever it runs on."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest

from xl_kpi.engines.base import NOT_COMPUTED, CellError, Engine, RecalculationError, Value
from xl_kpi.engines.formualizer import FormualizerEngine
from xl_kpi.engines.formulas import FormulasEngine
from xl_kpi.engines.libreoffice import LibreOfficeEngine
from xl_kpi.engines.pyopenvba import PyOpenVBAEngine

Build = Callable[..., bytes]  # see conftest.py

ENGINES: list[Engine] = [FormualizerEngine(), FormulasEngine(), LibreOfficeEngine(), PyOpenVBAEngine()]


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param.name == "libreoffice":
        request.getfixturevalue("libreoffice_installed")
    found: Engine = request.param
    return found


def with_stale_values(workbook: bytes) -> bytes:
    """`workbook` with a wrong value stored for every formula, as after an edit by a program."""
    source = zipfile.ZipFile(io.BytesIO(workbook))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            if name.startswith("xl/worksheets/"):
                text = re.sub(rb"</f>\s*<v\s*/>|</f>\s*<v></v>|</f>(?=</c>)", b"</f><v>987654</v>", text)
                assert b"987654" in text
            target.writestr(name, text)
    return stream.getvalue()


def assessment(build: Build, answer: object) -> bytes:
    return build(
        {
            "数据填报": {
                "H5": answer,
                "K5": '=IF(H5="","",H5)',
                "L5": '=IF(K5="","未填",IF(ISNUMBER(K5),"已填","有误"))',
            },
            "考核表 2022": {
                "A1": 5,
                "F4": '=IF(数据填报!L5="已填",ROUND(MIN($A$1,数据填报!K5*$A$1),2),"未填")',
                "F5": "=ISNUMBER(F4)",
                "F6": "=1/数据填报!H6",
            },
            "汇总": {"B1": "=SUM('考核表 2022'!F4:F4)", "B2": "=总分*2", "B3": "说明", "B4": 3},
        },
        names={"总分": "汇总!$B$1"},
    )


def expected(status: str, answer: Value, score: Value, total: float) -> dict[str, Value]:
    return {
        "数据填报!K5": answer,
        "数据填报!L5": status,
        "考核表 2022!F4": score,
        "考核表 2022!F5": isinstance(score, float),
        "考核表 2022!F6": CellError("#DIV/0!"),
        "汇总!B1": total,
        "汇总!B2": total * 2,
    }


@pytest.fixture(scope="module")
def results(engine: Engine, build: Build) -> list[dict[str, Value]]:
    """All workbooks that can be calculated, in one call: LibreOffice takes more than a second to start."""
    return engine.recalculate(
        [
            *(with_stale_values(assessment(build, answer)) for answer in (None, 0.93, 0, "好")),
            build({"表": {"A1": "=NOSUCHFUNCTION(1)", "A2": "=1+1"}}),
            build({"表": {"A1": "=没有!B1", "A2": "=SUM(没有!B1:B3)"}}),
            build({"表": {"A1": "TRUE", "B1": "=A1", "B2": '="007"', "B3": '="1E5"'}}),
        ]
    )


def test_recalculates_every_formula_of_every_workbook(results: list[dict[str, Value]]) -> None:
    assert results[:4] == [
        expected("未填", "", "未填", 0.0),
        expected("已填", 0.93, 4.65, 4.65),
        expected("已填", 0.0, 0.0, 0.0),
        expected("有误", "好", "未填", 0.0),
    ]
    kinds = {type(value) for result in results[:4] for value in result.values()}
    assert kinds == {float, str, bool, CellError}


def test_an_unknown_function_is_an_error(results: list[dict[str, Value]]) -> None:
    assert results[4] == {"表!A1": CellError("#NAME?"), "表!A2": 2.0}


def test_a_missing_sheet_is_an_error(results: list[dict[str, Value]]) -> None:
    assert [type(value) for value in results[5].values()] == [CellError, CellError]


def test_texts_that_look_like_something_else_stay_texts(results: list[dict[str, Value]]) -> None:
    assert results[6] == {"表!B1": "TRUE", "表!B2": "007", "表!B3": "1E5"}


def test_no_workbooks_give_no_results(engine: Engine) -> None:
    assert engine.recalculate([]) == []


def test_names_the_workbook_it_cannot_read(engine: Engine, build: Build) -> None:
    with pytest.raises(RecalculationError, match=r"第 2 个工作簿") as caught:
        engine.recalculate([build({"表": {"A1": "=1+1"}}), b"<table><tr><td>1</td></tr></table>"])
    assert (caught.value.engine, caught.value.index) == (engine.name, 1)


def test_a_circular_reference_is_never_a_number(engine: Engine, build: Build) -> None:
    circle = build({"表": {"A1": "=A2+1", "A2": "=A1+1", "A3": "=SUM(A1:A2)", "A4": "=1+1"}})
    try:
        (result,) = engine.recalculate([circle])
    except RecalculationError:
        return
    assert result["表!A4"] == 2.0
    for address in ("表!A1", "表!A2", "表!A3"):
        assert result[address] in (NOT_COMPUTED, CellError("#VALUE!"))
