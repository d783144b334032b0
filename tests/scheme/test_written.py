"""A scheme as written: it is dumped to what its file says, can be changed by typed values, and is settled afterwards."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from probe_scheme import Data, probe, task

from xl_kpi.findings import SchemeError
from xl_kpi.program.load import load, parse
from xl_kpi.rules.parts import Input, Ref
from xl_kpi.rules.threshold import Threshold
from xl_kpi.rules.tree import Place, walk
from xl_kpi.scheme.model import Scheme, Task
from xl_kpi.scheme.readings import ByReading
from xl_kpi.scheme.resolve import read_as
from xl_kpi.shipped import TEMPLATES, names

RATE = {"id": "rate", "label": "合格率", "kind": "percent"}


def reading(id: str) -> Data:
    """A reading of two options."""
    return {"id": id, "text": "没有写明", "chosen": "a", "alternatives": {"a": "甲", "b": "乙"}}


def by(a: Any, b: Any, id: str = "one") -> Data:
    """A value for each option of a reading."""
    return {"by_reading": {"id": id, "a": a, "b": b}}


def opened(**rule: Any) -> Data:
    """A scheme of one task with that rule, and the two readings to which its values are open."""
    return probe(task("t1", 10, target="", rule=rule), readings=["通用的口径", reading("one"), reading("two")])


def rule_of(scheme: Scheme) -> Any:
    """The rule of the first task."""
    return next(scheme.tasks()).rule


@pytest.mark.parametrize("name", names())
def test_a_scheme_shipped_is_dumped_as_its_file_says_it_value_for_value(name: str) -> None:
    data = yaml.safe_load((TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8"))
    assert load(name).written.dump() == data


@pytest.mark.parametrize("name", names())
def test_what_is_dumped_reads_as_the_same_scheme(name: str) -> None:
    loaded = load(name)
    again = parse(loaded.written.dump(), f"{name}.yaml")
    assert again == loaded
    assert again.written == loaded.written


BANDS = [{"at_least": 1, "share": 1}, by({"at_least": 0.5, "share": 0.5}, {"at_least": 0.6, "share": 0.4})]
OPEN: dict[str, Data] = {
    "a value": {"type": "threshold", "input": RATE, "at_least": 0.9, "otherwise": by("proportional", "zero")},
    "none at all": {"type": "threshold", "input": RATE, "above": 0.9, "top": by(1, None)},
    "an item of a list": {"type": "tiers", "input": RATE, "bands": BANDS},
    "a value in an option": {"type": "threshold", "input": RATE, "at_least": by(0.9, by(0.8, 0.7, "two"))},
    "a whole rule": by({"type": "threshold", "input": RATE, "at_least": 1}, {"type": "judged", "label": "酌情"}),
}


@pytest.mark.parametrize("what", OPEN)
def test_whatever_is_open_to_a_reading_is_dumped_as_it_was_written(what: str) -> None:
    data = probe(task("t1", 10, target="", rule=OPEN[what]), readings=[reading("one"), reading("two")])
    written = parse(data, "probe.yaml").written
    assert written.dump() == data
    assert any(isinstance(part, ByReading) for part in walk(written.tree))


def test_every_option_is_of_the_type_its_place_demands() -> None:
    first, second = rule_of(parse(opened(**OPEN["an item of a list"]), "probe.yaml").written.tree).bands
    assert (first.share, second.id) == (1, "one")
    assert [(type(band).__name__, band.share) for band in second.values.values()] == [("Band", 0.5), ("Band", 0.4)]


def test_a_value_that_only_two_options_together_make_wrong_is_found_on_loading() -> None:
    rule = OPEN["a value"] | {"at_least": by(0.9, by(0.8, None, "two"))}
    with pytest.raises(SchemeError, match="须且只能写一个标准"):
        parse(opened(**rule), "probe.yaml")


def test_a_reference_stays_one_as_written_and_is_the_input_it_names_in_a_rule_that_is_settled() -> None:
    parts = [
        {"label": "甲", "rule": {"type": "threshold", "input": RATE, "at_least": 0.9}},
        {"label": "乙", "rule": {"type": "threshold", "input": "rate", "at_least": 0.95}},
    ]
    scheme = parse(opened(type="composite", parts=parts), "probe.yaml")
    as_written, settled = rule_of(scheme.written.tree).parts[1].rule, rule_of(scheme).parts[1].rule
    assert (as_written.input, type(as_written.input)) == ("rate", Ref)
    assert settled.input == Input(id="rate", label="合格率", kind="percent")


def test_a_change_of_typed_values_leaves_the_rest_as_it_was_written() -> None:
    data = opened(**OPEN["a value"])

    def next_year(value: Any, _: Place) -> Any:
        if isinstance(value, Scheme):
            return value.model_copy(update={"year": value.year + 1})
        if isinstance(value, Task):
            return value.model_copy(update={"name": value.name + "（新）"})
        return value.model_copy(update={"at_least": 0.95}) if isinstance(value, Threshold) else value

    changed = parse(data, "probe.yaml").written.changed(next_year)
    expected = opened(**OPEN["a value"] | {"at_least": 0.95}) | {"year": data["year"] + 1}
    expected["groups"][0]["groups"][0]["tasks"][0]["name"] += "（新）"
    assert changed.dump() == expected
    assert rule_of(parse(changed.dump(), "probe.yaml")).at_least == 0.95


def test_another_choice_is_a_change_of_what_is_written() -> None:
    data = opened(**OPEN["a value"])
    other = read_as(parse(data, "probe.yaml"), {"one": "b"})
    assert rule_of(other).otherwise == "zero"
    expected = opened(**OPEN["a value"])
    expected["readings"][1]["chosen"] = "b"
    assert other.written.dump() == expected


def test_a_default_that_is_not_written_is_not_dumped_and_one_that_is_written_is() -> None:
    data = opened(**OPEN["a value"] | {"otherwise": "zero"})
    assert parse(data, "probe.yaml").written.dump() == data
    del data["groups"][0]["groups"][0]["tasks"][0]["rule"]["otherwise"]
    assert parse(data, "probe.yaml").written.dump() == data
