"""The fingerprint of a template: of what its scheme says, for which level and year; not of how it is written down."""

from __future__ import annotations

from typing import Any

from probe_scheme import Data, probe, task

from xl_kpi.layout.lay_out import plan_of
from xl_kpi.program.load import parse
from xl_kpi.scheme.resolve import resolve

OPEN: Data = {"id": "open", "text": "没有写明", "chosen": "a", "alternatives": {"a": "甲", "b": "乙"}}
RATE = {"id": "rate", "label": "合格率", "kind": "percent"}


def scheme(at_least: Any = 0.9, **keys: Any) -> Data:
    """A scheme of one task, its standard given."""
    rule = {"type": "threshold", "input": RATE, "at_least": at_least}
    return probe(task("t1", 10, rule=rule), readings=[OPEN], **keys)


def fingerprint(data: Data, **settled: Any) -> str:
    """The fingerprint of a scheme's template."""
    return plan_of(resolve(parse(data, "probe.yaml"), **{"level": None, **settled})).fingerprint


def otherwise_written(data: Any) -> Any:
    """The same data with the keys in another order and whole numbers with a point."""
    if isinstance(data, dict):
        return {key: otherwise_written(data[key]) for key in reversed(data)}
    if isinstance(data, list):
        return [otherwise_written(item) for item in data]
    return float(data) if isinstance(data, int) and not isinstance(data, bool) else data


def test_how_a_scheme_is_written_down_does_not_count() -> None:
    assert fingerprint(otherwise_written(scheme())) == fingerprint(scheme())


def test_whatever_a_scheme_says_counts_also_a_value_that_is_not_chosen() -> None:
    by = {"by_reading": {"id": "open", "a": 0.9, "b": 0.8}}
    others = [
        fingerprint(scheme(0.95)),
        fingerprint(scheme(title="另一方案")),
        fingerprint(scheme(by)),
        fingerprint(scheme({"by_reading": by["by_reading"] | {"b": 0.7}})),
        fingerprint(scheme(by), readings={"open": "b"}),
    ]
    assert len({fingerprint(scheme()), *others}) == 1 + len(others)


def test_the_level_and_the_year_count() -> None:
    levels = scheme({"by_level": {"省": 0.9, "市": 0.9}}, levels=["省", "市"])
    made = [
        fingerprint(levels, level="省"),
        fingerprint(levels, level="市"),
        fingerprint(levels, level="市", year=2030),
    ]
    assert len(set(made)) == 3
