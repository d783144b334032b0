"""Reading a sheet's XML: the two ways of reading its rows agree, and what neither may read is refused."""

from __future__ import annotations

import random
from functools import cache

import pytest

from xl_kpi import api
from xl_kpi.xlsx import worksheet
from xl_kpi.xlsx.addresses import column_letter
from xl_kpi.xlsx.around import ReadValidation
from xl_kpi.xlsx.book import sheet_parts
from xl_kpi.xlsx.cells import CellError, ReadCell
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.rows import Before, read_rows
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import Worksheet, read_worksheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Outcome = Worksheet | str


def sheet(rows: str, rest: str = "") -> bytes:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{rest}</worksheet>'.encode()


def row(cells: str, number: int = 1) -> str:
    return f'<row r="{number}">{cells}</row>'


def outcome(xml: bytes, strings: list[str], before: Before | None = None) -> Outcome:
    try:
        return read_worksheet(xml, strings, before)
    except Refused as refused:
        return refused.code


@cache
def filled(scheme: str) -> bytes:
    settled = api.scheme(scheme, "市")
    blank = api.build(settled, "甲单位")
    done = api.fill(("a.xlsx", blank), api.simulate(settled, 5))
    return api.recalculated(("a.xlsx", done))


@pytest.mark.parametrize("scheme", api.schemes())
def test_both_ways_of_reading_see_the_same_in_our_workbooks(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = unpack(filled(scheme))
    strings = shared_strings(parts)
    quick = {name: read_worksheet(parts[part], strings) for name, part in sheet_parts(parts).items()}
    plain = [
        parts[part].partition(b"<sheetData>")[2].partition(b"</sheetData>")[0] for part in sheet_parts(parts).values()
    ]
    assert None not in [read_rows(rows, strings) for rows in plain], "a sheet of ours is not in the plain form"
    monkeypatch.setattr(worksheet, "read_rows", lambda xml, strings, before: None)
    assert {name: read_worksheet(parts[part], strings) for name, part in sheet_parts(parts).items()} == quick


PIECES = [
    '<c r="A1"/>', '<c r="B1" s="3"/>', '<c r="C1" t="n" />', '<c r="D1"><v>1.5</v></c>', '<c r="E1" t="s"><v>0</v></c>',
    '<c r="F1" t="s"><v>7</v></c>', '<c r="G1" t="str"><f>A1&amp;"x"</f><v>&lt;b&gt;</v></c>', '<c r="H1"><f>1+1</f></c>',
    '<c r="I1" t="inlineStr"><is><t>文 字</t></is></c>', '<c r="J1" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>',
    '<c r="K1" t="b"><v>1</v></c>', '<c r="L1" t="e"><v>#REF!</v></c>', '<c r="M1"><v>nan</v></c>', '<c r="N1"><v>1_000</v></c>',
    '<c r="O1"><f aca="false">SUM(A1:B1)</f><v>3</v></c>', '<c r="P1"><v></v></c>', '<c r="Q1" t="str"><f>""</f><v></v></c>',
    '<c r="R2"><v>1</v></c>', '<c r="a1"><v>1</v></c>', '<c r="S1"><!-- x --><v>1</v></c>', '<c r="T1"><v>&#49;</v></c>',
    '<c r="U1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r><rPh><t>no</t></rPh></is></c>', '<c><v>1</v></c>',
    '<c r="V1"><f t="shared" ref="V1:W1" si="0">A1+1</f><v>1</v></c><c r="W1"><f t="shared" si="0"/><v>2</v></c>',
    '<c r="X1" t="inlineStr"><is><t>_x000D_&quot;\t</t></is></c>', '<c r="Y1" t="d"><v>2022-10-31</v></c>', '<c r="A1"><v>2</v></c>',
    '<c r="Z1" t="zz"><v>1</v></c>', '<c r="AA1" t="inlineStr"><is><t>a\r\nb</t></is></c>', "<x/>", '<c r="AB1"><v>９５</v></c>',
    '<c r="AC1" t="inlineStr"><is><t>\x01</t></is></c>', '</row><row r="2" hidden="1"><c r="A2"/>', "</row>", '<row r="3">',
    '<c r="AD1" t="s"><v>-1</v></c>', '<c r="AE1"><v> 4 </v></c>', '<c r="AF1"><f></f><v>1</v></c>', "\n  ", "stray",
    '<c r="AG1"><v>]]></v></c>',
    '<c r="AH1" t="inlineStr"><is><t>\uffff</t></is></c>', '</row>\x0b<row r="4">', '<c r="AI1"/></row><row r="4" ht="\x02">',
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_both_ways_of_reading_agree_on_whatever_stands_in_a_row(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    sheets = [sheet(row("".join(draw.sample(PIECES, draw.randint(1, 6))))) for _ in range(100)]
    quick = [outcome(xml, ["共享"]) for xml in sheets]
    monkeypatch.setattr(worksheet, "read_rows", lambda xml, strings, before: None)
    slow = [outcome(xml, ["共享"]) for xml in sheets]
    # A file with two faults may be refused for the one or the other.
    for xml, first, second in zip(sheets, quick, slow, strict=True):
        assert isinstance(first, str) == isinstance(second, str), xml
        assert isinstance(first, str) or first == second, xml


@pytest.mark.parametrize("seed", range(20))
def test_a_sheet_is_read_alike_whatever_was_read_before_it(seed: int) -> None:
    draw = random.Random(seed)
    before = Before(1000)
    cells = [f'<c r="{column_letter(n)}1"><v>{n}</v></c>' for n in range(1, 40)]
    read = 0
    for _ in range(200):
        if draw.random() < 0.8:  # a cell is another, or none that should stand there
            at = draw.randrange(len(cells))
            name = f'r="{column_letter(at + 1)}1"'
            cells[at] = draw.choice([
                f"<c {name}/>", f'<c {name} s="{draw.randint(0, 3)}"><v>{draw.randint(0, 3)}</v></c>', f"<c {name}><v>x</v></c>",
                f'<c {name} t="s"><v>{draw.randint(0, 2)}</v></c>', f'<c {name} t="s"><f>A1</f><v>0</v></c>', "", draw.choice(PIECES),
                f'<c {name}/></row><row r="2"><c r="A2"/></row><row r="3">', f'<c {name}/></row><row r="2" hidden="1">',
            ])  # fmt: skip
        else:
            cells = [f'<c r="{column_letter(n)}1"><v>{n}</v></c>' for n in range(1, 40)]
        xml = sheet(row("".join(cells)))
        strings = draw.choice([["甲", "乙"], ["丙", "乙"], ["甲"]])
        quick, fresh = outcome(xml, strings, before), outcome(xml, strings)
        assert quick == fresh
        if isinstance(quick, Worksheet) and isinstance(fresh, Worksheet):
            read += 1
            assert list(quick.cells) == list(fresh.cells), "in another order"
    assert read > 20


def test_reads_every_kind_of_value() -> None:
    cells = "".join(PIECES[:5] + PIECES[6:12])
    assert read_worksheet(sheet(row(cells)), ["共享"]).cells == {
        "D1": ReadCell(1.5),
        "E1": ReadCell("共享"),
        "G1": ReadCell("<b>", 'A1&"x"'),
        "H1": ReadCell(None, "1+1"),
        "I1": ReadCell("文 字"),
        "J1": ReadCell(" a "),
        "K1": ReadCell(True),
        "L1": ReadCell(CellError("#REF!")),
    }


def test_writes_shared_formulas_out_for_each_of_their_cells() -> None:
    cells = (
        row('<c r="B1"><f t="shared" ref="B1:B3" si="0">IF(A1&gt;$C$9,"A1",SUM(A$1:A1))</f><v>1</v></c>')
        + row('<c r="B2"><f t="shared" si="0"/><v>2</v></c>', 2)
        + row('<c r="B3"><f t="shared" si="0"/><v>3</v></c>', 3)
    )
    formulas = [cell.formula for cell in read_worksheet(sheet(cells)).cells.values()]
    assert formulas == [f'IF(A{n}>$C$9,"A1",SUM(A$1:A{n}))' for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (row('<c r="A1"><v>1</v></c><c r="A1"><v>2</v></c>'), "ambiguous"),
        (row('<c r="A1"/>') + row('<c r="A1"/>'), "ambiguous"),
        (row('<c r="B2"><v>1</v></c>'), "damaged"),
        (row('<c r="A1" t="s"><v>1</v></c>'), "damaged"),
        (row('<c r="A1"><v>inf</v></c>'), "damaged"),
        (row("<a>" * 200 + "</a>" * 200), "unsafe-xml"),
        (row('<c r="A1048577"/>', 1048577), "damaged"),
        (row('<c r="A1">'), "damaged"),
    ],
)
def test_refuses_what_could_be_read_in_two_ways_or_not_at_all(rows: str, code: str) -> None:
    assert outcome(sheet(rows), []) == code


def test_sees_what_surrounds_the_cells() -> None:
    rows = '<row r="1" hidden="1"/><row r="2" ht="0" customHeight="1"/><row r="3" ht="12.5"/>'
    rest = (
        '<sheetProtection sheet="1"/><autoFilter ref="A1:B9"><filterColumn colId="0"><filters/></filterColumn></autoFilter>'
        '<mergeCells count="9"><mergeCell ref="A1:B2"/></mergeCells><dataValidations count="1">'
        '<dataValidation type="whole" showErrorMessage="1" sqref="C1 D2:E3"><formula1>0</formula1><formula2>9</formula2>'
        "</dataValidation></dataValidations>"
    )
    head = f'<worksheet xmlns="{MAIN}"><cols><col min="2" max="3" hidden="1"/><col min="4" max="4" width="0"/></cols>'
    read = read_worksheet(sheet(rows, rest).replace(f'<worksheet xmlns="{MAIN}">'.encode(), head.encode()))
    assert read.hidden_rows == {1, 2}
    assert read.hidden_columns == [(2, 3), (4, 4)]
    assert read.merges == [((1, 1), (2, 2))]
    assert read.validations == [ReadValidation("whole", "between", "0", "9", "C1 D2:E3", True)]
    assert (read.protected, read.filtered) == (True, True)
