"""Scores in proportion: a standard that was missed never earns full points, and nothing is divided by 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from example_book import book_of, examples_of
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from xl_kpi.engines.base import CellError, Engine
from xl_kpi.expr import ops
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import SchemeError
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import Context, Example

POINTS = 10.0
growth_rates = st.integers(-300, 300).map(lambda percent: percent / 100)


def score(parameters: dict[str, object], value: float) -> float | None:
    """What a threshold gives for a value that an outer rule measured; None where it refuses such a standard."""
    try:
        rule = REGISTRY["threshold"].model_validate({"type": "threshold", "otherwise": "proportional"} | parameters)
    except ValidationError:
        return None
    batch = Batch(1)
    batch.put("value", [value])
    batch.compute("score", rule.lower(Context(ops.Const(POINTS), 2022, ops.Ref("value"))))
    raw = batch.value("score", 0)
    assert isinstance(raw, float), raw
    assert math.isfinite(raw), "divided by 0: a workbook shows #DIV/0! here"
    return min(POINTS, max(0.0, raw))  # as every task does


@given(standard=growth_rates, value=growth_rates)
@example(standard=-0.05, value=-0.1)
def test_a_missed_minimum_never_earns_full_points(standard: float, value: float) -> None:
    earned = score({"at_least": standard}, value)
    assert earned is None or (earned == POINTS) == (value >= standard)


@given(standard=growth_rates, value=growth_rates)
@example(standard=-0.05, value=-0.02)
@example(standard=-0.05, value=0.0)
def test_a_missed_maximum_never_earns_full_points(standard: float, value: float) -> None:
    earned = score({"at_most": standard}, value)
    assert earned is None or (earned == POINTS) == (value <= standard)


@given(low=growth_rates, high=growth_rates, value=growth_rates)
@example(low=-0.1, high=-0.05, value=0.0)
def test_a_missed_range_never_earns_full_points(low: float, high: float, value: float) -> None:
    assume(low < high)
    earned = score({"between": (low, high)}, value)
    assert earned is None or (earned == POINTS) == (low <= value <= high)


STANDARDS: list[dict[str, object]] = [
    {"at_least": -0.05},
    {"at_most": -0.05},
    {"between": [0, 0.05]},
    {"between": [-0.1, -0.05]},
]


@pytest.mark.parametrize("standard", STANDARDS, ids=str)
def test_a_growth_scored_in_proportion_shows_no_error_value(
    standard: dict[str, object], tmp_path: Path, engine_named: Callable[[str], Engine]
) -> None:
    growth = REGISTRY["growth"].EXAMPLES[0].rule | {
        "then": {"type": "threshold", "otherwise": "proportional"} | standard
    }
    # A fall of a tenth, no change, a rise of a tenth; what they score is not at issue here.
    tasks = examples_of("growth", [Example(growth, 10, {"now": now, "last": 100}, 0, "") for now in (90, 100, 110)])
    try:
        book = book_of(tasks, tmp_path)
    except SchemeError:
        return  # refusing such a standard is as good
    workbook = book.filled({node: value for task in tasks for node, value in task.answers().items()})
    results = engine_named("formualizer").recalculate([workbook])[0]
    assert [at for at, value in results.items() if isinstance(value, CellError)] == []


def test_standards_above_zero_are_not_refused() -> None:
    assert score({"at_least": 0.9}, 0.45) == 5
    assert score({"at_most": 0.05}, 0.1) == 5
    assert score({"at_most": 0}, 0.1) == 0
    assert score({"between": (0.9, 0.95)}, 1.9) == 5


def test_a_target_of_zero_is_refused() -> None:
    first = REGISTRY["attain"].EXAMPLES[0].rule
    targets = [{"input": {"id": "n", "label": "完成数"}, "target": 0}]
    with pytest.raises(ValidationError):
        REGISTRY["attain"].model_validate({"type": "attain"} | first | {"targets": targets})
