"""Which cells of a package hold formulas, and what is stored with them."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from zips import zipped

from xl_kpi.engines.base import CellError, RecalculationError, cached_values, formula_cells
from xl_kpi.engines.libreoffice import LibreOfficeMissing

Build = Callable[..., bytes]  # see conftest.py

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relationships(*entries: tuple[str, str, str], office: str = OFFICE) -> str:
    rows = "".join(
        f'<Relationship Id="{id}" Type="{office}/{kind}" Target="{target}"/>' for id, kind, target in entries
    )
    return f'<Relationships xmlns="{PACKAGE}">{rows}</Relationships>'


CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def package(sheet: str, *, main: str = MAIN, office: str = OFFICE) -> bytes:
    """One sheet 汇总 whose part has an unusual name, beside a chart that has the usual one."""
    return zipped(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": relationships(("rId1", "officeDocument", "xl/workbook.xml"), office=office),
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
            '<sheets><sheet name="图" sheetId="2" r:id="rId8"/>'
            '<sheet name="汇总" sheetId="1" r:id="rId9"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relationships(
                ("rId8", "chartsheet", "/chartsheets/sheet1.xml"),
                ("rId9", "worksheet", "/xl/other/data.xml"),
                office=office,
            ),
            "xl/other/data.xml": sheet,
            "chartsheets/sheet1.xml": f'<chartsheet xmlns="{MAIN}"/>',
        }
    )


def rows(cells: str, main: str = MAIN) -> str:
    return f'<worksheet xmlns="{main}"><sheetData><row r="1">{cells}</row></sheetData></worksheet>'


CELLS = (
    '<c r="A1"><v>7</v></c>'
    '<c r="B1" s="4"><f>A1*2</f><v>14</v></c>'
    '<c r="C1" t="str"><f>"已"&amp;"填"</f><v>已填</v></c>'
    '<c r="D1" t="str"><f>""</f><v></v></c>'
    '<c r="E1" t="b"><f>A1&gt;0</f><v>1</v></c>'
    '<c r="F1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    '<c r="G1"><f>A1</f></c>'
    '<c r="H1" t="inlineStr"><is><t>=A1</t></is></c>'
    '<c r="I1"><f t="shared" ref="I1:I2" si="0">A1+1</f><v>8</v></c>'
    '</row><row r="2"><c r="I2"><f t="shared" si="0"/><v>1</v></c>'
)


def test_finds_every_formula_through_the_relationships() -> None:
    assert formula_cells(package(rows(CELLS))) == {
        "汇总!B1": "A1*2",
        "汇总!C1": '"已"&"填"',
        "汇总!D1": '""',
        "汇总!E1": "A1>0",
        "汇总!F1": "1/0",
        "汇总!G1": "A1",
        "汇总!I1": "A1+1",
        "汇总!I2": "A2+1",
    }


def test_reads_stored_values_by_their_type() -> None:
    values = cached_values(package(rows(CELLS)))
    assert values == {
        "汇总!B1": 14.0,
        "汇总!C1": "已填",
        "汇总!D1": "",
        "汇总!E1": True,
        "汇总!F1": CellError("#DIV/0!"),
        "汇总!G1": None,
        "汇总!I1": 8.0,
        "汇总!I2": 1.0,
    }
    assert [type(value) for value in values.values()][:4] == [float, str, str, bool]


def test_reads_prefixed_and_strict_files() -> None:
    prefixed = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="B1"><x:f>A1</x:f><x:v>3</x:v></x:c>'
        "</x:row></x:sheetData></x:worksheet>"
    )
    assert cached_values(package(prefixed)) == {"汇总!B1": 3.0}
    strict = package(rows(CELLS, STRICT_MAIN), main=STRICT_MAIN, office=STRICT_OFFICE)
    assert cached_values(strict) == cached_values(package(rows(CELLS)))


def test_keeps_the_order_of_the_tabs(build: Build) -> None:
    workbook = build({"汇总": {"A1": "=1"}, "封面": {"B2": "=2", "A3": "=3"}})
    assert list(formula_cells(workbook)) == ["汇总!A1", "封面!B2", "封面!A3"]


@pytest.mark.parametrize(
    "sheet",
    [
        '<!DOCTYPE worksheet [<!ENTITY a "9">]>' + rows('<c r="A1"><f>&a;</f></c>'),
        rows("<c><f>1</f></c>"),
        rows('<c r="A1"><f>1</f>'),
    ],
    ids=["DOCTYPE", "cell without address", "XML that ends early"],
)
def test_refuses_what_it_would_misread(sheet: str) -> None:
    with pytest.raises(ValueError, match="工作簿"):
        formula_cells(package(sheet))


@pytest.mark.parametrize("workbook", [b"", b"PK\x03\x04", b"<html></html>", zipped({"a.txt": "a"})])
def test_says_that_bytes_are_no_workbook(workbook: bytes) -> None:
    with pytest.raises(ValueError, match=r"不是可以读取的 \.xlsx 工作簿"):
        formula_cells(workbook)


def test_an_error_names_engine_workbook_and_reason() -> None:
    error = RecalculationError("formualizer", "bad zip", index=1)
    assert str(error) == "重算引擎 formualizer 无法计算第 2 个工作簿：bad zip"
    assert (error.engine, error.index, error.reason) == ("formualizer", 1, "bad zip")


@pytest.mark.parametrize("error", [RecalculationError("formulas", "bad", index=3), LibreOfficeMissing()])
def test_errors_come_back_from_a_worker_process(error: RecalculationError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert (str(back), back.index, back.reason) == (str(error), error.index, error.reason)
