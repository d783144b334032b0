"""Ops as formula text: each op, precedence, numbers, quotes, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

import pytest

from xl_kpi import api, shipped
from xl_kpi.expr import ops, to_excel
from xl_kpi.expr.to_excel import ALLOWED_FUNCTIONS, quoted
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.sheet import Homes, Sheet
from xl_kpi.program import load
from xl_kpi.xlsx.cells import number_text


class Column:
    """Node a stands in A1, b in A2 ...; one area for a run of neighbours."""

    def cell(self, node: str) -> str:
        return f"A{ord(node) - ord('a') + 1}"

    def ranges(self, nodes: Iterable[str]) -> list[str]:
        rows = sorted(ord(node) - ord("a") + 1 for node in nodes)
        runs: list[list[int]] = []
        for row in rows:
            if runs and row == runs[-1][-1] + 1:
                runs[-1].append(row)
            else:
                runs.append([row])
        return [f"A{run[0]}:A{run[-1]}" if len(run) > 1 else f"A{run[0]}" for run in runs]


def text(op: ops.Op) -> str:
    """The formula without its =."""
    formula = to_excel.to_excel(op, Column())
    assert formula.startswith("=")
    return formula[1:]


a, b, c, d = (ops.Ref(name) for name in "abcd")
one, minus = ops.Const(1), ops.Const(-2)

EACH_OP = [
    (ops.Const(5), "5"),
    (ops.Text("未填"), '"未填"'),
    (a, "A1"),
    (ops.Is("a", "是"), 'A1="是"'),
    (ops.Filled("a"), 'A1<>""'),
    (ops.IsNumber("a"), "ISNUMBER(A1)"),
    (ops.Add((a, b, c)), "A1+A2+A3"),
    (ops.Sub(a, b), "A1-A2"),
    (ops.Mul(a, b), "A1*A2"),
    (ops.Div(a, b), "A1/A2"),
    (ops.Min((a, one)), "MIN(A1,1)"),
    (ops.Max((one, a)), "MAX(1,A1)"),
    (ops.Round(a, 2), "ROUND(A1,2)"),
    (ops.RoundDown(a, 0), "ROUNDDOWN(A1,0)"),
    (ops.Sum(("a", "b", "d")), "SUM(A1:A2,A4)"),
    (ops.Count(("a", "b")), "COUNT(A1:A2)"),
    (ops.CountText(("a", "b"), "已填"), 'COUNTIF(A1:A2,"已填")'),
    (ops.CountText(("a", "c"), "已填"), '(COUNTIF(A1,"已填")+COUNTIF(A3,"已填"))'),
    (ops.CountFilled(("a", "b")), "COUNTA(A1:A2)"),
    (ops.Compare(">=", a, ops.Const(0.9)), "ROUND(A1,9)>=0.9"),
    (ops.And((ops.Filled("a"), ops.Filled("b"))), 'AND(A1<>"",A2<>"")'),
    (ops.Or((ops.Is("a", "x"), ops.Is("a", "y"))), 'OR(A1="x",A1="y")'),
    (ops.Not(ops.Is("a", "x")), 'NOT(A1="x")'),
    (ops.If(ops.Filled("a"), b, ops.Text("")), 'IF(A1<>"",A2,"")'),
    (ops.IfError(a, "有误"), 'IFERROR(A1,"有误")'),
    (ops.Joined((ops.Text("是"), ops.Round(a, 4), ops.Text("%"))), '"是"&ROUND(A1,4)&"%"'),
]


@pytest.mark.parametrize(("op", "formula"), EACH_OP, ids=lambda value: value if isinstance(value, str) else "")
def test_says_each_op(op: ops.Op, formula: str) -> None:
    assert text(op) == formula


def test_every_op_but_step_is_said_above() -> None:
    known = {item for item in vars(ops).values() if isinstance(item, type) and issubclass(item, ops.Op)}
    assert {type(op) for op, _ in EACH_OP} == known - {ops.Op, ops.Step}


@pytest.mark.parametrize(
    ("op", "formula"),
    [
        (ops.Sub(a, ops.Sub(b, c)), "A1-(A2-A3)"),
        (ops.Sub(ops.Sub(a, b), c), "A1-A2-A3"),
        (ops.Sub(a, ops.Add((b, c))), "A1-(A2+A3)"),
        (ops.Sub(a, ops.Mul(b, c)), "A1-A2*A3"),
        (ops.Sub(a, minus), "A1-(-2)"),
        (ops.Sub(minus, a), "-2-A1"),
        (ops.Add((a, ops.Sub(b, c))), "A1+A2-A3"),
        (ops.Add((a, ops.Mul(b, c))), "A1+A2*A3"),
        (ops.Mul(a, ops.Add((b, c))), "A1*(A2+A3)"),
        (ops.Mul(ops.Sub(a, b), c), "(A1-A2)*A3"),
        (ops.Mul(a, minus), "A1*(-2)"),
        (ops.Mul(minus, a), "(-2)*A1"),
        (ops.Div(a, ops.Mul(b, c)), "A1/(A2*A3)"),
        (ops.Div(a, ops.Div(b, c)), "A1/(A2/A3)"),
        (ops.Div(ops.Div(a, b), c), "A1/A2/A3"),
        (ops.Div(ops.Mul(a, b), c), "A1*A2/A3"),
        (ops.Div(ops.Add((a, b)), c), "(A1+A2)/A3"),
        (ops.Div(a, ops.Sub(b, c)), "A1/(A2-A3)"),
        (ops.Div(a, minus), "A1/(-2)"),
        (ops.Mul(a, ops.CountText(("a", "c"), "x")), 'A1*(COUNTIF(A1,"x")+COUNTIF(A3,"x"))'),
        (ops.Mul(a, ops.If(ops.Filled("b"), one, minus)), 'A1*IF(A2<>"",1,-2)'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_brackets_stand_where_precedence_asks_for_them(op: ops.Op, formula: str) -> None:
    assert text(op) == formula


@pytest.mark.parametrize(
    ("op", "formula"),
    [
        (ops.Compare("=", a, b), "ROUND(A1,9)=ROUND(A2,9)"),
        (ops.Compare("<", ops.Sub(a, b), ops.Const(0)), "ROUND(A1-A2,9)<0"),
        (ops.Compare("<=", a, minus), "ROUND(A1,9)<=-2"),
        (ops.Compare(">", ops.Round(a, 2), b), "ROUND(A1,2)>ROUND(A2,9)"),
        (ops.Compare("=", a, ops.RoundDown(a, 0)), "ROUND(A1,9)=ROUNDDOWN(A1,0)"),
        (ops.Compare("=", ops.CountText(("a", "b"), "x"), ops.Const(2)), 'COUNTIF(A1:A2,"x")=2'),
        (
            ops.Compare("=", ops.Add((ops.CountText(("a",), "x"), ops.CountText(("a",), "y"))), one),
            'COUNTIF(A1,"x")+COUNTIF(A1,"y")=1',
        ),
        # 0.1+0.2 is not 0.3 to every engine, whatever its terms are: sums of decimals are noise.
        (
            ops.Compare("=", ops.Add((ops.Round(a, 1), ops.Round(b, 1))), c),
            "ROUND(ROUND(A1,1)+ROUND(A2,1),9)=ROUND(A3,9)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_both_sides_are_rounded_before_they_are_compared_unless_exact(op: ops.Op, formula: str) -> None:
    assert text(op) == formula


def test_a_standard_of_more_than_nine_decimals_is_compared_at_nine_as_its_value_is() -> None:
    """1/3 reaches 0.3333333333; it must not be rounded below its standard."""
    assert text(ops.Compare(">=", a, ops.Const(0.3333333333))) in (
        "ROUND(A1,9)>=0.333333333",
        "ROUND(A1,9)>=ROUND(0.3333333333,9)",
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-3.0, "-3"),
        (0.9, "0.9"),
        (-0.25, "-0.25"),
        (1 / 8, "0.125"),
        (44865.0, "44865"),
        (1e12, "1000000000000"),
        (0.000001, "0.000001"),
        (1e-7, "0.0000001"),
        (1e-9, "0.000000001"),
    ],
)
def test_numbers_are_written_plainly(value: float, written: str) -> None:
    assert number_text(value) == written
    assert float(written) == value


@pytest.mark.parametrize("value", [0.1 + 0.2, 1 / 3, 2 / 3 * 100, 123456.789012345, 1e15 + 2, 1e300, 5e-324, 1.5e-12])
def test_every_number_is_written_so_that_it_reads_back_the_same(value: float) -> None:
    assert float(number_text(value)) == value


def test_quotes_in_texts_are_doubled() -> None:
    assert quoted('含"引号"') == '"含""引号"""'
    assert text(ops.Is("a", '"')) == 'A1=""""'
    assert text(ops.If(ops.Is("a", 'x"'), ops.Text('"y'), ops.Text(""))) == 'IF(A1="x""","""y","")'


@dataclass(frozen=True)
class Cube(ops.Op):
    """An op nobody taught the compilers."""

    arg: ops.Op


@pytest.mark.parametrize("op", [Cube(a), ops.Round(Cube(a), 2), ops.If(ops.Not(Cube(a)), a, b)])
def test_an_unknown_op_is_refused_by_name(op: ops.Op) -> None:
    with pytest.raises(NotImplementedError, match="Cube"):
        text(op)


def test_a_step_must_have_been_given_a_cell_of_its_own() -> None:
    with pytest.raises(NotImplementedError, match="Step"):
        text(ops.Step("合格率", "%", a))


@pytest.mark.parametrize("op", [ops.Sum(()), ops.Count(()), ops.CountText((), "x"), ops.CountFilled(())])
def test_an_op_over_no_nodes_is_refused(op: ops.Op) -> None:
    """SUM() and () are no formulas: a spreadsheet calls such a workbook damaged."""
    with pytest.raises((NotImplementedError, ValueError)):
        text(op)


def test_the_functions_allowed_are_those_that_an_op_says() -> None:
    said = {name for _, formula in EACH_OP for name in re.findall(r"([A-Z]+)\(", formula)}
    assert said == ALLOWED_FUNCTIONS


def test_cells_on_another_sheet_are_named_with_it() -> None:
    places = {"a": ("数据填报", (5, 8)), "b": ("它's", (1, 27)), "c": ("汇总", (2, 2))}
    homes = Homes(places, {name: Sheet(name) for name, _ in places.values()}, "汇总")
    total = ops.Add((ops.Ref("a"), ops.Ref("b"), ops.Ref("c")))
    assert to_excel.to_excel(total, homes) == "='数据填报'!H5+'它''s'!AA1+B2"


# What stands in the workbooks that are handed out.

SCHEMES = [(name, level) for name in shipped.names() for level in (load.load(name).levels or (None,))]
LITERAL = re.compile(r'"(?:[^"]|"")*"')


@pytest.mark.parametrize(("name", "level"), SCHEMES)
def test_every_formula_of_a_shipped_scheme_keeps_to_what_every_engine_reads_alike(
    name: str, level: str | None
) -> None:
    for each in plan_of(api.scheme(name, level)).formula_cells:  # type: ignore[arg-type]
        sheet, cell, formula = each.sheet, each.name, f"={each.text}"
        where = f"{sheet}!{cell} {formula}"
        bare = LITERAL.sub('""', formula)
        assert set(re.findall(r"([A-Z][A-Z0-9.]*)\(", bare)) <= ALLOWED_FUNCTIONS, where
        assert "--" not in bare, where
        assert "{" not in bare, where
        assert not re.search(r"\$?[A-Z]{1,3}:\$?[A-Z]{1,3}(?!\d)|(?<![A-Z])\d+:\d+", bare), f"{where}: unbounded"
        assert not re.search(r"\b(TRUE|FALSE)\b", bare), f"{where}: a boolean"
        assert bare.count("(") == bare.count(")"), where
        assert len(formula) <= 8192, where
        assert _depth(bare) <= 64, where


def _depth(formula: str) -> int:
    depth = deepest = 0
    for char in formula:
        depth += {"(": 1, ")": -1}.get(char, 0)
        deepest = max(deepest, depth)
    return deepest


def test_ops_are_frozen_and_hold_only_what_they_say() -> None:
    for op, _ in EACH_OP:
        with pytest.raises(AttributeError):
            setattr(op, fields(op)[0].name, None)
