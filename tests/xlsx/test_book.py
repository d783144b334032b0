"""The workbook part: its sheets, names and settings, and whatever of it could be read in two ways."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from small_package import (
    BOOK_TYPE,
    MAIN,
    OFFICE,
    SHEET,
    SHEET_TYPE,
    STRICT_MAIN,
    STRICT_OFFICE,
    code_of,
    content_types,
    everything,
    relationships,
    rels,
    shipped,
    small,
    workbook,
)
from zips import zipped

from xl_kpi.xlsx.book import book, sheet_parts
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import read_worksheet

pytestmark = pytest.mark.usefixtures("nothing_leaves_the_process")


def test_the_workbook_part_says_which_sheets_there_are_and_how_to_calculate() -> None:
    names = (
        '<definedName name="total">封面!$A$1</definedName>'
        '<definedName name="total" localSheetId="1" hidden="1">数据!$B$2</definedName>'
        '<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="true">封面!$A$1:$B$9</definedName>'
    )
    xml = workbook(f'<definedNames>{names}</definedNames><calcPr calcMode="manual" iterate="1"/>').replace(
        b"<sheets>", b'<workbookPr date1904="1"/><sheets>'
    )
    found = book(small() | {"xl/book.xml": xml})
    assert [(name, sheet.part, sheet.state, sheet.kind) for name, sheet in found.sheets.items()] == [
        ("封面", "xl/a.xml", "visible", "worksheet"),
        ("数据", "xl/其他/b.xml", "veryHidden", "worksheet"),
    ]
    assert found.date1904
    assert found.calculation == {"calcMode": "manual", "iterate": "1"}
    assert [(name.name, name.refers_to, name.local, name.hidden) for name in found.names] == [
        ("total", "封面!$A$1", False, False),
        ("total", "数据!$B$2", True, True),
        ("_xlnm._FilterDatabase", "封面!$A$1:$B$9", True, True),
    ]
    assert not found.strict


def test_a_plain_workbook_counts_from_1900_and_says_nothing_of_calculation() -> None:
    found = book(small())
    assert (found.date1904, found.calculation, found.names, found.strict) == (False, {}, [], False)


def test_chart_sheets_are_tabs_but_no_sheets_to_read() -> None:
    parts = small()
    parts["xl/_rels/book.xml.rels"] = parts["xl/_rels/book.xml.rels"].replace(b"worksheet", b"chartsheet", 1)
    parts["[Content_Types].xml"] = content_types(("xl/book.xml", BOOK_TYPE))
    assert [sheet.kind for sheet in book(parts).sheets.values()] == ["chartsheet", "worksheet"]
    assert sheet_parts(parts) == {"数据": "xl/其他/b.xml"}


def test_a_strict_workbook_reads_as_the_transitional_one() -> None:
    parts = unpack(shipped())
    strict = {
        name: part.replace(MAIN.encode(), STRICT_MAIN.encode())
        .replace(OFFICE.encode(), STRICT_OFFICE.encode())
        .replace(b"<workbook ", b'<workbook conformance="strict" ', 1)
        for name, part in parts.items()
    }
    assert sum(strict[name] != part for name, part in parts.items()) > 10
    strict = unpack(zipped(strict))
    found, expected = book(strict), book(parts)
    assert found.strict
    assert replace(found, strict=False) == expected
    texts = shared_strings(parts)
    assert shared_strings(strict) == texts
    for sheet in expected.sheets.values():
        assert read_worksheet(strict[sheet.part], texts).cells == read_worksheet(parts[sheet.part], texts).cells


def test_a_prefix_of_the_workbook_does_not_matter() -> None:
    prefixed = re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", workbook()).replace(b"xmlns=", b"xmlns:x=")
    assert book(small() | {"xl/book.xml": prefixed}) == book(small())


def sheets(first: str, second: str) -> dict[str, bytes]:
    return {"xl/book.xml": workbook(sheets=f'<sheet sheetId="1" {first}/><sheet sheetId="2" {second}/>')}


BOOKS: dict[str, tuple[dict[str, bytes], str]] = {
    "two relationships of one id": (rels('Id="rId2"', 'Id="rId1"'), "ambiguous"),
    "two workbooks": (
        {
            "_rels/.rels": relationships(("a", "officeDocument", "xl/book.xml"), ("b", "officeDocument", "xl/b.xml")),
            "xl/b.xml": workbook(),
        },
        "ambiguous",
    ),
    "a workbook of each kind": (
        {
            "_rels/.rels": relationships(
                ("a", "officeDocument", "xl/book.xml"), ("b", f"{STRICT_OFFICE}/officeDocument", "xl/b.xml")
            ),
            "xl/b.xml": workbook(),
        },
        "ambiguous",
    ),
    "two shared strings": (
        rels('Id="rId3"', 'Id="x" Type="a:/sharedStrings" Target="b.xml"/><Relationship Id="rId3"'),
        "ambiguous",
    ),
    "two sheets of one name": (sheets('name="汇总" r:id="rId1"', 'name="汇总" r:id="rId2"'), "ambiguous"),
    "two sheets of one name but for case": (
        sheets('name="Total" r:id="rId1"', 'name="TOTAL" r:id="rId2"'),
        "ambiguous",
    ),
    "two sheets of one relationship": (sheets('name="a" r:id="rId1"', 'name="b" r:id="rId1"'), "ambiguous"),
    "two sheets of one part": (rels('"/xl/其他/b.xml"', '"a.xml"'), "ambiguous"),
    "sheets among alternatives": (
        {"xl/book.xml": workbook(sheets='<mc:AlternateContent xmlns:mc="urn:mc"/><sheet name="a" r:id="rId1"/>')},
        "ambiguous",
    ),
    "two lists of sheets": ({"xl/book.xml": workbook("<sheets/>")}, "ambiguous"),
    "two ways to calculate": ({"xl/book.xml": workbook("<calcPr/><calcPr/>")}, "ambiguous"),
    "two names of one scope": (
        {
            "xl/book.xml": workbook(
                '<definedNames><definedName name="a">1</definedName><definedName name="A">2</definedName></definedNames>'
            )
        },
        "ambiguous",
    ),
    "two types of one part": (
        {"[Content_Types].xml": content_types(("xl/book.xml", BOOK_TYPE), ("XL/book.xml", SHEET_TYPE))},
        "ambiguous",
    ),
    "a target that differs in case": (rels('"a.xml"', '"A.xml"'), "ambiguous"),
    "a decoy in the usual place": ({"xl/worksheets/sheet1.xml": SHEET}, "ambiguous"),
    "a decoy by its type": (
        {
            "xl/decoy.xml": SHEET,
            "[Content_Types].xml": content_types(("xl/book.xml", BOOK_TYPE), ("xl/decoy.xml", SHEET_TYPE)),
        },
        "ambiguous",
    ),
    "a sheet of no relationship": (sheets('name="a" r:id="rId1"', 'name="b" r:id="rId9"'), "damaged"),
    "a sheet of no id": (sheets('name="a" r:id="rId1"', 'name="b" id="rId2"'), "damaged"),
    "a sheet of no name": (sheets('name="a" r:id="rId1"', 'r:id="rId2"'), "damaged"),
    "a sheet in an unknown state": (sheets('name="a" r:id="rId1"', 'name="b" state="gone" r:id="rId2"'), "damaged"),
    "a sheet outside": (rels('Target="a.xml"', 'Target="file:///etc/passwd" TargetMode="External"'), "damaged"),
    "a sheet that is not there": (rels('"a.xml"', '"missing.xml"'), "damaged"),
    "a sheet that is something else": (
        rels('"rId1" Type="' + OFFICE + "/worksheet", '"rId1" Type="' + OFFICE + "/image"),
        "damaged",
    ),
    "no relationships": ({"xl/_rels/book.xml.rels": relationships()}, "damaged"),
    "relationships of another make": ({"xl/_rels/book.xml.rels": b"<a><b/></a>"}, "damaged"),
    "no sheets": ({"xl/book.xml": f'<workbook xmlns="{MAIN}"/>'.encode()}, "damaged"),
    "another root": ({"xl/book.xml": f'<document xmlns="{MAIN}"/>'.encode()}, "damaged"),
    "a namespace nobody knows": ({"xl/book.xml": workbook().replace(b"2006/main", b"2007/main")}, "damaged"),
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_workbook_that_could_be_read_in_two_ways_or_none_is_refused(name: str) -> None:
    changed, code = BOOKS[name]
    assert code_of(lambda: everything(zipped(small() | changed))) == code
