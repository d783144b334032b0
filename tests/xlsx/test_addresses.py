"""A cell has one key: a text that knows its row and column; and what formulas refer to."""

from __future__ import annotations

import json
import pickle
import re

import pytest

from xl_kpi.xlsx.addresses import Area, Place, a1, address, area, by_row, column_letter, reference, references
from xl_kpi.xlsx.limits import MAX_COLUMN, MAX_ROW


def test_an_address_is_its_name_and_knows_its_row_and_column() -> None:
    cell = a1(5, 28)
    assert (cell, cell.row, cell.column) == ("AB5", 5, 28)
    assert address("AB5") is cell
    assert {"AB5": 1}[cell] == {cell: 1}["AB5"] == 1
    assert json.loads(json.dumps({cell: cell})) == {"AB5": "AB5"}
    assert cell.absolute == "$AB$5"


def test_an_address_that_goes_to_another_process_and_back_is_the_same() -> None:
    assert pickle.loads(pickle.dumps(a1(5, 28))) is a1(5, 28)


@pytest.mark.parametrize("name", ["", "B", "5", "B0", "b5", "XFE1", "A1048577", "B5 ", "$B$5", "B-5", "B５", "B5:C6"])
def test_what_is_no_cell_is_none(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(name)}$"):
        address(name)


def test_the_last_cell_of_a_sheet_is_one() -> None:
    assert address(f"{column_letter(MAX_COLUMN)}{MAX_ROW}") == a1(MAX_ROW, MAX_COLUMN) == "XFD1048576"


def test_cells_are_read_row_by_row() -> None:
    assert sorted([a1(10, 1), a1(2, 27), a1(2, 3)], key=by_row) == ["C2", "AA2", "A10"]


def test_an_area_knows_its_cells_and_its_writings() -> None:
    cells = area("$B$2:C3")
    assert cells == Area(2, 2, 3, 3)
    assert list(cells.cells()) == ["B2", "C2", "B3", "C3"]
    assert (str(cells), cells.brief, cells.absolute, cells.size) == ("B2:C3", "B2:C3", "$B$2:$C$3", 4)
    assert (str(area("B2")), area("B2").brief) == ("B2:B2", "B2")
    assert cells.holds(a1(3, 2))
    assert not cells.holds(a1(4, 2))


@pytest.mark.parametrize("ref", ["C3:B2", ":B2", "B2:C", "B:C", "2:3", "B2:C3:D4", ""])
def test_what_is_no_area_is_none(ref: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        area(ref)


def test_a_place_is_written_as_officials_read_it() -> None:
    place = Place("数据填报", a1(5, 5))
    assert str(place) == "数据填报!E5"
    assert Place.of("数据填报!E5") == place == ("数据填报", "E5")


@pytest.mark.parametrize(
    ("text", "sheet", "cells"),
    [
        ("'汇总'!$B$3:$B$9", "汇总", "B3:B9"),
        ("汇总!B3", "汇总", "B3:B3"),
        ("'它''s'!AA1", "它's", "AA1:AA1"),
    ],
)
def test_a_whole_reference_is_a_sheet_and_an_area(text: str, sheet: str, cells: str) -> None:
    found = reference(text)
    assert (found[0], str(found[1])) == (sheet, cells)


@pytest.mark.parametrize("text", ["B3", "汇总!", "(汇总!B3,汇总!B4)", "汇总!B3+1", "名称", "#REF!", ""])
def test_what_is_no_whole_reference_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        reference(text)


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ('IF($E$5="","见A1",E5*2)', ["E5", "E5"]),
        ("SUM(D5:D6,'汇总'!B2:B3)+汇总!C4", ["D5:D6", "汇总!B2:B3", "汇总!C4"]),
        ("LOG10(AB12)+ABC1234567+A1B", ["AB12"]),
        ("'它''s'!$A$1-in_t1__x", ["它's!A1"]),
    ],
)
def test_what_a_formula_refers_to(formula: str, found: list[str]) -> None:
    assert [(sheet and f"{sheet}!") + cells.brief for sheet, cells in references(formula)] == found
