"""Ops in numpy over several workbooks at once: numbers, blanks, texts, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from xl_kpi.expr import ops
from xl_kpi.expr.to_numpy import Batch

Values = list[float | str | None]

#         number  zero  blank  empty  text   text that looks like a number
A: Values = [3.0, 0.0, None, "", "是", "5"]
B: Values = [2.0, 4.0, 0.5, 1.0, 8.0, 10.0]

a, b = ops.Ref("a"), ops.Ref("b")
YES, NO = ops.Text("成立"), ops.Text("不成立")


def batch_of(**columns: Values) -> Batch:
    """A batch with these columns, a workbook for each row."""
    batch = Batch(len(next(iter(columns.values()))))
    for node, values in columns.items():
        batch.put(node, values)
    return batch


def shown(op: ops.Op, **columns: Values) -> Values:
    """What an expression shows in every workbook."""
    batch = batch_of(**(columns or {"a": A, "b": B}))
    batch.compute("result", op)
    return [batch.value("result", row) for row in range(batch.size)]


def holds(condition: ops.Op, **columns: Values) -> list[bool]:
    """Whether a condition holds in every workbook."""
    return [value == "成立" for value in shown(ops.If(condition, YES, NO), **columns)]


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        (ops.Const(5), [5.0] * 6),
        (ops.Text("未填"), ["未填"] * 6),
        (ops.Text(""), [None] * 6),
        (a, [3.0, 0.0, None, None, "是", "5"]),
        (ops.Add((a, b)), [5.0, 4.0, None, None, None, None]),
        (ops.Sub(b, a), [-1.0, 4.0, None, None, None, None]),
        (ops.Mul(a, b), [6.0, 0.0, None, None, None, None]),
        (ops.Div(a, b), [1.5, 0.0, None, None, None, None]),
        (ops.Min((b, ops.Const(4))), [2.0, 4.0, 0.5, 1.0, 4.0, 4.0]),
        (ops.Max((ops.Const(1), b, ops.Const(2))), [2.0, 4.0, 2.0, 2.0, 8.0, 10.0]),
        (ops.Round(ops.Mul(b, ops.Const(0.5025)), 2), [1.01, 2.01, 0.25, 0.5, 4.02, 5.03]),
        (ops.RoundDown(ops.Mul(b, ops.Const(0.29)), 1), [0.5, 1.1, 0.1, 0.2, 2.3, 2.9]),
        (ops.Sum(("a", "b")), [5.0, 4.0, 0.5, 1.0, 8.0, 10.0]),
        (ops.Count(("a", "b")), [2.0, 2.0, 1.0, 1.0, 1.0, 1.0]),
        (ops.CountText(("a", "b"), "是"), [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
        (ops.CountText(("a", "a"), "5"), [0.0, 0.0, 0.0, 0.0, 0.0, 2.0]),
        (ops.CountFilled(("a", "b")), [2.0, 2.0, 1.0, 1.0, 2.0, 2.0]),
        (ops.If(ops.IsNumber("a"), a, ops.Text("有误")), [3.0, 0.0, "有误", "有误", "有误", "有误"]),
        (ops.If(ops.Filled("a"), ops.Text(""), b), [None, None, 0.5, 1.0, None, None]),
        (ops.IfError(a, "有误"), [3.0, 0.0, None, None, "是", "5"]),
        (
            ops.If(ops.IsNumber("a"), ops.Joined((ops.Text("共"), ops.Div(a, ops.Const(8)), ops.Text("%"))), YES),
            ["共0.375%", "共0%", "成立", "成立", "成立", "成立"],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_computes_each_op_in_every_row(op: ops.Op, expected: Values) -> None:
    assert shown(op) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ops.Filled("a"), [True, True, False, False, True, True]),
        (ops.IsNumber("a"), [True, True, False, False, False, False]),
        (ops.Is("a", "是"), [False, False, False, False, True, False]),
        (ops.Is("a", "5"), [False, False, False, False, False, True]),
        (ops.Not(ops.IsNumber("a")), [False, False, True, True, True, True]),
        (ops.And((ops.Filled("a"), ops.Not(ops.IsNumber("a")))), [False, False, False, False, True, True]),
        (ops.Or((ops.Is("a", "是"), ops.IsNumber("a"))), [True, True, False, False, True, False]),
        (ops.Compare(">=", b, ops.Const(4)), [False, True, False, False, True, True]),
        (ops.Compare(">", b, ops.Const(4)), [False, False, False, False, True, True]),
        (ops.Compare("<=", b, ops.Const(1)), [False, False, True, True, False, False]),
        (ops.Compare("<", b, ops.Const(1)), [False, False, True, False, False, False]),
        (ops.Compare("=", b, ops.Const(0.5)), [False, False, True, False, False, False]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_decides_each_condition_in_every_row(condition: ops.Op, expected: list[bool]) -> None:
    assert holds(condition) == expected


def test_a_blank_an_empty_text_and_zero_are_not_the_same() -> None:
    assert shown(a, a=[None, "", 0.0]) == [None, None, 0.0]
    assert holds(ops.Filled("a"), a=[None, "", 0.0]) == [False, False, True]
    assert holds(ops.Compare("=", a, ops.Const(0)), a=[None, "", 0.0]) == [False, False, True]


def test_comparing_looks_at_nine_decimals() -> None:
    near = [0.1 + 0.2, 0.7 + 0.1 + 0.1, 1 / 3 * 3, 0.3 - 1e-8]
    assert holds(ops.Compare("=", a, b), a=near, b=[0.3, 0.9, 1.0, 0.3]) == [True, True, True, False]
    assert holds(ops.Compare(">=", a, b), a=near, b=[0.3, 0.9, 1.0, 0.3]) == [True, True, True, False]


def test_a_sum_of_rounded_numbers_is_rounded_before_it_is_compared() -> None:
    """Excel looks at 15 digits and finds 0.1+0.2 equal to 0.3; bit by bit it is not."""
    tenths = ops.Add((ops.Round(a, 1), ops.Round(b, 1)))
    assert holds(ops.Compare("=", tenths, ops.Const(0.3)), a=[0.1], b=[0.2]) == [True]


def test_a_standard_of_more_than_nine_decimals_is_met_by_what_is_above_it() -> None:
    third = ops.Div(a, b)
    assert holds(ops.Compare(">=", third, ops.Const(0.3333333333)), a=[1.0, 0.9999], b=[3.0, 3.0]) == [True, False]


def test_case_does_not_count() -> None:
    answers: Values = ["a++", "A++", "A+", "B"]
    assert holds(ops.Is("a", "A++"), a=answers) == [True, True, False, False]
    assert shown(ops.CountText(("a", "b"), "b"), a=answers, b=["B", "b", "b+", None]) == [1.0, 1.0, 0.0, 1.0]


def test_a_text_is_shown_as_this_workbook_spells_it() -> None:
    assert shown(a, a=["b+", "B+"]) == ["b+", "B+"]
    batch = batch_of(a=["a"], b=["A"])
    assert [batch.value("a", 0), batch.value("b", 0)] == ["a", "A"]
    assert shown(ops.If(ops.Is("a", "B+"), ops.Text("B+"), ops.Text("")), a=["b+"]) == ["B+"]


def test_texts_that_differ_in_more_than_case_differ() -> None:
    assert holds(ops.Is("a", "是"), a=["是 ", " 是", "是。", "是"]) == [False, False, False, True]


def test_the_branch_not_taken_has_no_effect() -> None:
    safe = ops.If(ops.Compare("=", b, ops.Const(0)), ops.Text("—"), ops.Div(a, b))
    assert shown(safe, a=[1.0, 0.0, 3.0], b=[0.0, 0.0, 2.0]) == ["—", "—", 1.5]
    assert shown(ops.If(ops.IsNumber("a"), ops.Add((a, b)), ops.Text("未填")), a=[None, 1.0], b=[1.0, 1.0]) == [
        "未填",
        2.0,
    ]


def test_sums_are_added_from_left_to_right() -> None:
    assert shown(ops.Sum(("a", "b", "c")), a=[0.1], b=[0.2], c=[0.3]) == [0.1 + 0.2 + 0.3]
    assert shown(ops.Sum(("a", "b", "c")), a=[1e16], b=[1.0], c=[-1e16]) == [1e16 + 1.0 - 1e16]


def test_a_computed_node_serves_the_next() -> None:
    batch = batch_of(a=[0.5, None], b=[2.0, 2.0])
    batch.compute("c", ops.If(ops.Filled("a"), ops.Mul(a, b), ops.Text("未填")))
    batch.compute("d", ops.If(ops.Is("c", "未填"), ops.Const(0), ops.Ref("c")))
    assert [batch.value("d", row) for row in (0, 1)] == [1.0, 0.0]


def test_one_workbook_and_none_are_batches_too() -> None:
    assert shown(ops.Add((a, ops.Const(1))), a=[1.0]) == [2.0]
    assert shown(ops.Sum(("a",)), a=[]) == []


def test_a_column_of_another_length_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"t05\.rate: 2 values for 3 workbooks"):
        Batch(3).put("t05.rate", [1.0, 2.0])


@dataclass(frozen=True)
class Cube(ops.Op):
    """An op nobody taught the compilers."""

    arg: ops.Op


def test_an_unknown_op_is_refused_by_name_as_a_value_and_as_a_condition() -> None:
    with pytest.raises(NotImplementedError, match=r"Cube as a value"):
        shown(ops.Round(Cube(a), 2))
    with pytest.raises(NotImplementedError, match=r"Cube as a condition"):
        shown(ops.If(Cube(a), a, b))


def test_a_condition_is_no_value_and_a_value_no_condition() -> None:
    with pytest.raises(NotImplementedError, match=r"Compare as a value"):
        shown(ops.Add((ops.Compare("=", a, b), b)))
    with pytest.raises(NotImplementedError, match=r"Ref as a condition"):
        shown(ops.If(a, a, b))


def test_a_step_must_have_been_given_a_node_of_its_own() -> None:
    with pytest.raises(NotImplementedError, match="Step"):
        shown(ops.Step("合格率", "%", a))
