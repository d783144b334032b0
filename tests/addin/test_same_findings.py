"""The add-in finds in an open workbook what `xl-kpi check` finds in the file, for every kind of tampering (tests/hostile).

Each spoilt file is opened in the stand-in under manual calculation, so that what it shows stays as it came: under
automatic calculation Excel works our workbooks out anew as it opens them, and stale values are gone before anybody looks.
Then the whole report of 核对 is compared with that of the file itself.

What this shows and what not: the stand-in saves by patching the file's own parts, but it writes every row of every sheet
afresh from its cells. Formulas, values, formats, hidden rows, validations, names and foreign parts come through as they
were; files that are not well-formed or say a thing twice it reads as it can and saves without the fault (`MENDED`). Excel
would repair or refuse most of those. There the report is compared with that of the copy as it was before the check. Which
files Excel itself opens, and what it keeps of them, is not shown here.

Of 374 kinds 319 open: 290 get the findings of the file, 29 those of the copy. 33 are refused, 3 are beyond the stand-in, 19
are left out for the time and memory they take. CI runs 34 of the 319; `pytest -m slow` the rest, in seven minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from fake_excel import Desktop
from hostile_book import Kind
from mutations import BY_NAME, KINDS

from xl_kpi import api
from xl_kpi.addin import commands, findings_list

_MANUAL = -4135


def names(text: str) -> set[str]:
    """Names of kinds, from a text."""
    return set(text.split())


# What the stand-in does not open: no .xlsx packages at all (Excel reads some of them, as what they are), broken archives,
# two sheets of one name.
REFUSED = names(
    """
    csv csv-gbk empty-file encrypted et html html-bom lock-file mht pdf picture rar word-97 xls xls-95 xls-biff xml-2003
    zeros docx ods xlsb plain-zip zip-of-workbook empty-zip
    odd-compression program-before truncated truncated-end two-archives
    sheet-case sheet-twice gbk
    lvdun e-safenet rights-managed rights-managed-xls password-standard apple-double
    zip64-two-directories zip64-two-ends
    """
)
# What Excel opens and the stand-in cannot: it reads no prefixes, no UTF-16, no ZIP64.
BEYOND_THE_STAND_IN = {
    "prefixes",
    "x14-validations-prefixed",
    "strict-prefixes",
    "utf-16",
    "zip64-end",
    "zip64-end-alone",
}
# What the stand-in reads otherwise than the check does, or saves without the fault.
MENDED = names(
    """
    alternate-cell attribute-twice cdata cell-in-other-row cells-disordered data-table duplicate-cell
    duplicate-cell-case duplicate-row element-in-value entity-unknown not-utf-8 not-well-formed prefix-unbound
    row-attribute-twice rows-disordered shared-decoy-text shared-number-twice shared-without-master string-number
    style-number two-formulas two-names two-values underscore-number value-and-text without-cell-names
    part-missing uncalculated zip64-lying-header zip64-missing-field zip-encrypted-header
    """
)
# What the stand-in makes of one wrong bit depends on where it falls, and that moves with every change of the workbook.
BY_CHANCE = {"flipped"}
HEAVY = {kind.name for kind in KINDS if kind.heavy}  # time and memory are what they are about
OPENED = [kind for kind in KINDS if kind.name not in REFUSED | BEYOND_THE_STAND_IN | HEAVY | BY_CHANCE]


def _first_of_each() -> Iterator[Any]:
    """Every kind that opens. In CI the first of each verdict and code that are right, the others are slow."""
    seen: set[tuple[str, str]] = set()
    for kind in OPENED:
        verdict, codes = next(iter(kind.expected.allowed.items()))
        answer = verdict, min(codes, default="")
        marks = [pytest.mark.slow] if answer in seen else []
        seen.add(answer)
        yield pytest.param(kind, marks=marks, id=kind.name)


CASES = list(_first_of_each())
Open = Callable[[Kind], tuple[xw.Book, Path]]


@pytest.fixture
def opened(excel: Desktop, tmp_path: Path) -> Open:
    """Opens the file of a kind in Excel under manual calculation; gives the workbook and the file."""

    def open_(kind: Kind) -> tuple[xw.Book, Path]:
        app = xw.App()
        app.api.Calculation = _MANUAL
        path = tmp_path / kind.file
        path.write_bytes(kind.content())
        return app.books.open(path), path

    return open_


def test_every_kind_is_accounted_for() -> None:
    assert set(BY_NAME) >= REFUSED | BEYOND_THE_STAND_IN | MENDED
    counts = {"all": len(KINDS), "opened": len(OPENED), "as the file": len(OPENED) - len(MENDED)}
    assert counts["all"] == len(OPENED) + len(REFUSED) + len(BEYOND_THE_STAND_IN) + len(HEAVY | BY_CHANCE)
    assert counts["opened"] >= 319, counts
    assert counts["as the file"] >= 290, counts
    assert sum(not case.marks for case in CASES) >= 30


@pytest.mark.parametrize("name", sorted(REFUSED | BEYOND_THE_STAND_IN))
def test_what_is_left_out_does_not_open(opened: Open, name: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - a COM error, or whatever the stand-in stumbles over
        opened(BY_NAME[name])


@pytest.mark.parametrize("kind", CASES)
def test_the_open_workbook_gets_the_findings_of_the_file_and_keeps_no_trace(
    opened: Open, kind: Kind, request: pytest.FixtureRequest
) -> None:
    if request.node.get_closest_marker("slow") and "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    book, path = opened(kind)
    of_file = api.check(path)
    before = api.check(commands.copy_of(book)) if kind.name in MENDED else of_file
    report, _ = commands.check(book)
    assert report == replace(before, file=report.file)
    assert (report == of_file) == (kind.name not in MENDED)
    # Findings were written, and may not become findings themselves.
    if findings_list.find(book) is not None:
        assert api.check(commands.copy_of(book)) == report
        commands.clear(book)
        assert api.check(commands.copy_of(book)) == report
