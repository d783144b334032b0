"""Reading a sheet's XML: by remembered pieces it says what it says as a whole, and what may not be read is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from itertools import permutations

import pytest

from xl_kpi import api
from xl_kpi.xlsx import worksheet
from xl_kpi.xlsx.addresses import column_letter
from xl_kpi.xlsx.around import ReadValidation
from xl_kpi.xlsx.book import sheet_parts
from xl_kpi.xlsx.cells import CellError, ReadCell
from xl_kpi.xlsx.kept import Memory
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import Worksheet, read_whole, read_worksheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Outcome = Worksheet | tuple[str, str]
Read = Callable[[bytes, list[str]], Worksheet]


def sheet(rows: str, rest: str = "") -> bytes:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{rest}</worksheet>'.encode()


def row(cells: str, number: int = 1) -> str:
    return f'<row r="{number}">{cells}</row>'


def outcome(xml: bytes, strings: list[str], read: Read = read_worksheet) -> Outcome:
    try:
        return read(xml, strings)
    except Refused as refused:
        return refused.code, refused.why


def differ(xml: bytes, strings: list[str]) -> bool:
    """Whether a sheet says something else by its pieces than as a whole, read first or remembered."""
    whole = outcome(xml, strings, read_whole)
    for found in (outcome(xml, strings), outcome(xml, strings)):
        if found != whole:
            return True
        if isinstance(found, Worksheet) and isinstance(whole, Worksheet) and list(found.cells) != list(whole.cells):
            return True  # in another order
    return False


@cache
def filled(scheme: str) -> bytes:
    settled = api.scheme(scheme, "市")
    blank = api.build(settled, "甲单位")
    done = api.fill(("a.xlsx", blank), api.simulate(settled, 5))
    return api.recalculated(("a.xlsx", done))


@pytest.mark.parametrize("scheme", api.schemes())
def test_our_workbooks_are_read_by_pieces_and_say_what_they_say_as_a_whole(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = unpack(filled(scheme))
    strings = shared_strings(parts)
    sheets = [parts[part] for part in sheet_parts(parts).values()]
    whole = [read_whole(xml, strings) for xml in sheets]
    monkeypatch.setattr(worksheet, "read_whole", lambda xml, strings: pytest.fail("a sheet of ours is not cut"))
    for _ in range(2):
        assert [read_worksheet(xml, strings) for xml in sheets] == whole


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
def test_pieces_and_the_whole_agree_on_whatever_stands_in_a_row(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(100):
        xml = sheet(row("".join(draw.sample(PIECES, draw.randint(1, 6)))))
        assert not differ(xml, ["共享"]), xml


# What may stand between rows, before and behind them; with numbers to be put in. Most of it no program writes.
STRETCHES = [
    '<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>', '<row r="{n}"/>', '<row r="{n}" hidden="1"/>', '<row r="{n}">', "</row>", "\n",
    '<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}" t="s"><f>A1</f><v>1</v></c></row>', '<c r="A{n}"><v>1</v></c>', "<v>7</v>",
    '<row r="{n}"><c r="A{n}"><v>1</v></c><v>2</v></row>', '<row r="{n}"><v>5</v><c r="A{n}"/></row>', "<f>A1</f>", "<t>a</t>", "x",
    "<!-- ", " -->", "<![CDATA[", "]]>", "<?x ", "?>", "<!-- </row> -->", "</sheetData>", "<sheetData>", '<sheetData xmlns="urn:x">',
    '</sheetData><sheetData xmlns="urn:x">', '</sheetData><a xmlns="urn:x">', "</a>", '</sheetData><sheetData x="1">', "</worksheet>",
    '<x:row xmlns:x="{main}" r="{n}"><x:c r="A{n}"><x:v>4</x:v></x:c></x:row>', '<row xmlns="urn:x" r="{n}"><c r="A{n}"/></row>',
    '<a xmlns="urn:x">', "<a>", '<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>a</t><rPh><t>b</t></rPh></is></c></row>', "<rPh>", "</rPh>",
    '<mergeCell ref="A1:B2"/>', '<mergeCells><mergeCell ref="A{n}:B{n}"/></mergeCells>', "<formula1>1</formula1>", '<col min="1" max="2" hidden="1"/>',
    '<row r="{n}"><c r="A{n}"><f t="shared" ref="A1:A9" si="0">B1</f><v>1</v></c></row>', '<row r="{n}"><c r="A{n}"><f t="shared" si="0"/><v>1</v></c></row>',
    '<row r="{n}"><c r="A{n}"><f t="&#115;hared" si="0"/></c></row>', '<row r="{n}" x="</row>"/>', '<row r="{n}" x="&lt;/row>"/>', "&lt;/row>",
    '<row r="{n}" ><c r="A{n}"/></row >', '<row r="{n}"><row r="{n}"/></row>', '<dataValidation sqref="A1"><formula1>1</formula1></dataValidation>',
]  # fmt: skip
ROOTS = [
    '<worksheet xmlns="{main}">', '<worksheet xmlns="urn:x">', '<?xml version="1.0" encoding="us-ascii"?><worksheet xmlns="{main}" >',
    '\ufeff<worksheet xmlns="{main}">', '<x:worksheet xmlns:x="{main}">', '<x:worksheet xmlns:x="{main}" xmlns="{main}">', '<worksheet xmlns="{main}" a=">">',
    '<worksheet xmlns="{main}"><a xmlns="urn:x">', '<!DOCTYPE worksheet><worksheet xmlns="{main}">', "<worksheet>", "<chartsheet>",
]  # fmt: skip


def stretches(draw: random.Random) -> bytes:
    """A sheet of which anything may be out of its place."""
    root = ROOTS[0] if draw.random() < 0.7 else draw.choice(ROOTS)
    said, end = [root], "</x:worksheet>" if "<x:w" in root else "</chartsheet>" if "<c" in root else "</worksheet>"
    number = 0
    for place, most in (("", 1), ("<sheetData>", 6), ("</sheetData>", 2)):
        said.append(place)
        for _ in range(draw.randint(0, most)):
            number += draw.random() < 0.95
            said.append(STRETCHES[0] if draw.random() < 0.4 else draw.choice(STRETCHES))
            said[-1] = said[-1].replace("{n}", str(number))
    return "".join((*said, "</a>" if "<a" in root else "", end)).replace("{main}", MAIN).encode()


@pytest.mark.parametrize("seed", range(10))
def test_pieces_and_the_whole_agree_on_whatever_stands_around_rows(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(400):
        xml = stretches(draw)
        assert not differ(xml, draw.choice([["甲", "乙"], ["丙"]])), xml


@pytest.mark.parametrize("seed", range(20))
def test_a_sheet_is_read_alike_whatever_was_read_before_it(seed: int) -> None:
    draw = random.Random(seed)
    cells = [f'<c r="{column_letter(n)}1"><v>{n}</v></c>' for n in range(1, 40)]
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
        assert not differ(sheet(row("".join(cells))), draw.choice([["甲", "乙"], ["丙", "乙"], ["甲"]]))


def plain_row(number: int, value: int) -> str:
    return row(f'<c r="A{number}"><v>{value}</v></c>', number)


@pytest.mark.parametrize(
    "sheets",
    [
        (plain_row(2, 901), "<!-- " + plain_row(1, 901) + plain_row(2, 901) + plain_row(3, 901) + " -->"),
        ('<a xmlns="urn:x">' + plain_row(1, 902) + plain_row(2, 902) + "</a>", plain_row(2, 902)),
        ('</sheetData><sheetData xmlns="urn:x">' + plain_row(1, 903) + plain_row(2, 903), plain_row(2, 903)),
        (
            row('<c r="A1"><f t="shared" ref="A1:A2" si="0">B1+904</f></c>') + row('<c r="A2"><f t="shared" si="0"/></c>', 2),
            row('<c r="A1"><f t="shared" ref="A1:A2" si="0">C1+904</f></c>') + row('<c r="A2"><f t="shared" si="0"/></c>', 2),
            row('<c r="A2"><f t="shared" si="0"/></c>', 2),
        ),
        (plain_row(1, 905) + '<row r="2"><c r="A2"><v>905</v></c>', plain_row(1, 905) + plain_row(2, 905)),
        (plain_row(1, 906) + '<row r="2"/>', plain_row(1, 906) + '<row r="2"/>' + plain_row(3, 906), '<row r="2"/>' + plain_row(1, 906)),
    ],
    ids=["in a comment", "in another namespace", "behind other rows", "sharing a formula", "not ended", "without cells"],
)  # fmt: skip
def test_rows_that_were_read_elsewhere_mean_nothing_that_they_do_not_mean_here(sheets: tuple[str, ...]) -> None:
    for order in permutations(sheets):
        for rows in order:
            assert not differ(sheet(rows), []), rows


def test_what_is_remembered_of_rows_is_bounded() -> None:
    memory: Memory[bytes, str] = Memory(1000, 100, lambda key, made: len(key))
    for number in range(100_000):
        memory.keep(b"%d" % number, "")
    memory.keep(b"x" * 101, "")
    found = memory.all_of([b"%d" % number for number in range(100_000)])
    assert 0 < len(found) - found.count(None) <= 300
    assert memory.all_of([b"99999", b"0", b"x" * 101]) == ["", None, None]


def test_what_is_asked_for_stays_in_memory() -> None:
    memory: Memory[bytes, str] = Memory(1000, 100, lambda key, made: len(key))
    memory.keep(b"often", "asked")
    for number in range(10_000):
        memory.keep(b"%d" % number, "")
        assert memory.all_of([b"often"]) == ["asked"]


def test_the_same_rows_mean_what_their_own_file_makes_of_them() -> None:
    rows = '<x:row r="1"/><row r="1"><c r="A1" s="3" t="s"><v>0</v></c><x:c r="B1"><x:v>2</x:v></x:c></row>'
    same, other = f'<worksheet xmlns="{MAIN}" xmlns:x="urn:x">', f'<worksheet xmlns="{MAIN}" xmlns:x="{MAIN}">'
    end = f"<sheetData>{rows}</sheetData></worksheet>"
    assert read_worksheet((same + end).encode(), ["甲"]).cells == {"A1": ReadCell("甲")}
    assert read_worksheet((same + end).encode(), ["乙"]).cells == {"A1": ReadCell("乙")}
    assert outcome((same + end).encode(), [])[0] == "damaged"  # type: ignore[index]
    assert outcome((other + end).encode(), ["甲"])[0] == "ambiguous"  # type: ignore[index]  # two rows of one number
    rows = rows.replace('<x:row r="1"/>', "")
    end = f"<sheetData>{rows}</sheetData></worksheet>"
    assert list(read_worksheet((same + end).encode(), ["甲"]).cells) == ["A1"]
    assert list(read_worksheet((other + end).encode(), ["甲"]).cells) == ["A1", "B1"]
    assert list(read_worksheet((same + end).encode(), ["甲"]).cells) == ["A1"]


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
    assert outcome(sheet(rows), [])[0] == code  # type: ignore[index]


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
