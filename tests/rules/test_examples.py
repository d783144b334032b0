"""Rules x EXAMPLES x engines: the hand-worked score of every example, in numpy and in every engine.

All examples stand in one workbook, filled in through the public API. Each engine calculates it once, in one process
(xdist_group); then one test compares the examples of one rule in one engine, in both views.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from example_book import TASKS, ExampleBook

from xl_kpi.engines.base import CellError, Engine, Value
from xl_kpi.expr.semantics import EXCLUDED
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.layout import values as layout_values
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import INVALID, MISSING, Rule

SELF = "@self"

RECALCULATING = ("formualizer", "formulas", "libreoffice", "pyopenvba")
VIEWS = {"self": SELF, "final": ""}  # 自评得分 and 核定得分, and what their nodes end in

each_engine = pytest.mark.parametrize(
    "recalculated",
    [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in RECALCULATING],
    indirect=True,
)
each_rule = pytest.mark.parametrize("rule", REGISTRY.values(), ids=REGISTRY)


@pytest.fixture(scope="module")
def scored(book: ExampleBook) -> Batch:
    """Every node of the synthetic scheme in numpy, from the examples' answers."""
    typed = {f"{node}{SELF}": value for task in TASKS for node, value in task.answers().items()}
    return book.plan.program.evaluate([typed])


@pytest.fixture(scope="module")
def recalculated(
    request: pytest.FixtureRequest, book: ExampleBook, engine_named: Callable[[str], Engine]
) -> Mapping[str, Value]:
    """What one engine makes of the workbook with the examples' answers, by sheet!cell."""
    engine = engine_named(request.param)
    answers = {node: value for task in TASKS for node, value in task.answers().items()}
    return engine.recalculate([book.filled(answers)])[0]


def expected_of(rule: type[Rule]) -> dict[str, dict[str, float | str]]:
    """What was worked by hand for the examples of a rule, by task and view."""
    return {task.id: dict.fromkeys(VIEWS, task.example.score) for task in TASKS if REGISTRY[task.rule] is rule}


@each_rule
def test_numpy_gives_the_hand_worked_scores_in_both_views(rule: type[Rule], scored: Batch) -> None:
    expected = expected_of(rule)
    shown = {task: {view: scored.value(f"{task}={end}", 0) for view, end in VIEWS.items()} for task in expected}
    assert shown == expected


@each_engine
@each_rule
def test_the_workbook_shows_the_hand_worked_scores_in_both_views(
    rule: type[Rule], book: ExampleBook, recalculated: Mapping[str, Value]
) -> None:
    expected = expected_of(rule)
    shown = {task: {view: recalculated[book.scores[task][view]] for view in VIEWS} for task in expected}
    assert shown == expected


@each_engine
def test_every_formula_cell_shows_what_numpy_computes(
    book: ExampleBook, scored: Batch, recalculated: Mapping[str, Value]
) -> None:
    values = layout_values.by_place(book.plan, layout_values.shown(book.plan, scored)[0])
    expected = {f"{sheet}!{name}": value for (sheet, name), value in values.items()}
    wrong = [
        f"{at}：得 {recalculated[at]!r}，应为 {value!r}"
        for at, value in expected.items()
        if not same(recalculated[at], value)
    ]
    assert expected.keys() == recalculated.keys()
    assert not wrong, "\n".join(wrong)


@each_engine
def test_no_formula_cell_shows_an_error_value(recalculated: Mapping[str, Value]) -> None:
    assert [at for at, value in recalculated.items() if isinstance(value, CellError)] == []


def same(left: Value, right: Value) -> bool:
    """Whether two values are one to an official: numbers to 12 digits (a quotient's last digits are noise)."""
    if isinstance(left, float) and isinstance(right, float | int):
        return left == pytest.approx(right, rel=1e-12, abs=1e-12)
    return type(left) is type(right) and left == right


# What the examples of a rule must cover.

each_rule_that_asks = pytest.mark.parametrize(
    "rule", [pytest.param(rule, id=name) for name, rule in REGISTRY.items() if name != "full"]
)


@each_rule
def test_has_examples_and_each_says_why(rule: type[Rule]) -> None:
    assert rule.EXAMPLES
    assert all(example.why for example in rule.EXAMPLES)


@each_rule
def test_an_example_earns_full_points(rule: type[Rule]) -> None:
    assert any(example.score == example.points for example in rule.EXAMPLES)


def test_only_the_rule_full_asks_for_nothing() -> None:
    silent = [name for name, rule in REGISTRY.items() if not any(example.answers for example in rule.EXAMPLES)]
    assert silent == ["full"]


@each_rule_that_asks
def test_an_example_earns_nothing(rule: type[Rule]) -> None:
    assert any(example.score == 0 for example in rule.EXAMPLES)


@each_rule_that_asks
def test_an_example_leaves_a_required_answer_blank(rule: type[Rule]) -> None:
    blanks = [example for example in rule.EXAMPLES if example.score == MISSING]
    assert blanks
    for example in blanks:
        asked = rule.model_validate({"type": rule.model_fields["type"].default} | example.rule).inputs()
        assert {spec.id for spec in asked if spec.required} - example.answers.keys(), example.why


@each_rule_that_asks
def test_an_example_answers_with_a_text_that_is_none_and_is_invalid(rule: type[Rule]) -> None:
    def misplaced(spec_id: str, answer: float | str, texts: set[str]) -> bool:
        return isinstance(answer, str) and spec_id not in texts

    found = []
    for example in rule.EXAMPLES:
        asked = rule.model_validate({"type": rule.model_fields["type"].default} | example.rule).inputs()
        texts = {spec.id for spec in asked if spec.kind == "text"}
        if example.score == INVALID and any(misplaced(i, answer, texts) for i, answer in example.answers.items()):
            found.append(example)
    assert found


@each_rule
def test_the_examples_answer_only_what_their_rule_asks(rule: type[Rule]) -> None:
    for example in rule.EXAMPLES:
        asked = rule.model_validate({"type": rule.model_fields["type"].default} | example.rule).inputs()
        assert example.answers.keys() <= {spec.id for spec in asked}, example.why
        assert example.score in (MISSING, INVALID, EXCLUDED) or 0 <= float(example.score) <= example.points, (
            example.why
        )
