"""What a text is taken to mean: a key of the scheme, written once, settled with the level, checked under every option."""

from __future__ import annotations

from typing import Any

import pytest
from probe_scheme import Data, probe, task

from xl_kpi.findings import SchemeError
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.program.load import load, parse
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.resolve import read_as, resolve
from xl_kpi.shipped import names

OPEN: Data = {
    "id": "open",
    "text": "未达标的如何得分没有写明",
    "ground": "“按百分比赋分”",
    "chosen": "part",
    "alternatives": {"part": "按比例得分", "none": "不得分"},
}


def by(part: Any, none: Any, id: str = "open") -> Data:
    """A value for each option."""
    return {"by_reading": {"id": id, "part": part, "none": none}}


def rated(**keys: Any) -> Data:
    """A scheme of one task whose rule leaves something to a reading."""
    rate = {"id": "rate", "label": "合格率", "kind": "percent"}
    rule = {"type": "threshold", "input": rate, "at_least": 0.9} | keys
    return probe(task("t1", 10, rule=rule), readings=["通用的口径", OPEN])


def rule_of(scheme: Scheme) -> Any:
    """The rule of the first task."""
    return next(scheme.tasks()).rule


def test_a_value_is_the_one_of_the_chosen_option_and_of_another_when_that_is_chosen() -> None:
    scheme = parse(rated(otherwise=by("proportional", "zero")), "probe.yaml")
    assert rule_of(scheme).otherwise == "proportional"
    assert rule_of(resolve(scheme, None, readings={"open": "none"})).otherwise == "zero"
    assert rule_of(resolve(scheme, None, readings={"open": "part"})) == rule_of(scheme)


def test_a_whole_rule_a_part_of_a_list_and_no_value_at_all_may_differ() -> None:
    full = {"type": "full"}
    whole = probe(
        task("t1", 10, target="", rule=by(full, rated()["groups"][0]["groups"][0]["tasks"][0]["rule"])),
        readings=[OPEN],
    )
    with pytest.raises(SchemeError, match="没有任何填报项"):
        parse(whole, "probe.yaml")  # under the chosen option nothing is asked at all
    bands = [{"at_least": 1, "share": 1}, by({"at_least": 0.5, "share": 0.5}, {"at_least": 0.6, "share": 0.4})]
    rate = {"id": "rate", "label": "完成率", "kind": "percent"}
    tiers = probe(task("t1", 10, target="", rule={"type": "tiers", "input": rate, "bands": bands}), readings=[OPEN])
    scheme = parse(tiers, "probe.yaml")
    assert [band.share for band in rule_of(scheme).bands] == [1, 0.5]
    assert [band.share for band in rule_of(read_as(scheme, {"open": "none"})).bands] == [1, 0.4]
    top = parse(rated(at_least=None, above=0.9, top=by(1, None)), "probe.yaml")
    assert (rule_of(top).top, rule_of(read_as(top, {"open": "none"})).top) == (1, None)


def test_another_choice_keeps_the_year_and_can_be_taken_back() -> None:
    scheme = parse(rated(otherwise=by("proportional", "zero")), "probe.yaml").model_copy(update={"year": 2031})
    other = read_as(scheme, {"open": "none"})
    assert (other.year, other.choices()[0].chosen) == (2031, "none")
    assert read_as(other, {"open": "part"}) == scheme
    assert plan_of(resolve(other, None)).fingerprint != plan_of(resolve(scheme, None)).fingerprint


@pytest.mark.parametrize(
    ("choice", "said"), [({"other": "part"}, "“other”"), ({"open": "half"}, "“half”：part、none")]
)
def test_a_choice_there_is_none_of_is_named(choice: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        resolve(parse(rated(), "probe.yaml"), None, readings=choice)


WRONG: dict[str, tuple[Data, str]] = {
    "a reading there is none of": (rated(otherwise=by("proportional", "zero", "shut")), "现有：open"),
    "an option without a value": (
        rated(otherwise={"by_reading": {"id": "open", "part": "zero"}}),
        "每个选项各写一个值",
    ),
    "a value without an option": (
        rated(otherwise={"by_reading": {"id": "open", "part": "zero", "none": "zero", "half": "zero"}}),
        "none、part",
    ),
    "a choice that is no option": (probe(readings=[OPEN | {"chosen": "half"}]), "“half”不在 alternatives 中"),
    "one option only": (probe(readings=[OPEN | {"alternatives": {"part": "按比例"}}]), "alternatives"),
    "an id that stands twice": (probe(readings=[OPEN, OPEN]), "“open”写了两次"),
    "a value that is wrong": (rated(otherwise=by("half", "zero")), "rule → otherwise：写的是 “half”"),
    "a value that is wrong where it is not chosen": (
        rated(otherwise=by("zero", "half")),
        "rule → otherwise：写的是 “half”",
    ),
    "a rule that does not hold where it is not chosen": (rated(at_most=by(None, 0.5)), "只能写一个标准"),
    "an input there is none of where it is not chosen": (rated(input=by({"id": "r", "label": "率"}, "t9.r")), "t9.r"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_under_any_option_is_an_error_of_the_scheme(what: str) -> None:
    data, said = WRONG[what]
    with pytest.raises(SchemeError, match=said):
        parse(data, "probe.yaml")


@pytest.mark.parametrize("scheme", names())
def test_a_scheme_shipped_has_its_choice_and_every_other_on_评分规则(scheme: str) -> None:
    loaded = load(scheme)
    assert loaded.choices()
    for level in loaded.levels or (None,):
        sheet = plan_of(resolve(loaded, level)).sheets["评分规则"]
        shown = "\n".join(cell.value for cell in sheet.cells.values() if isinstance(cell.value, str))
        for reading in loaded.choices():
            assert f"采用的口径：{reading.alternatives[reading.chosen]}" in shown
            assert all(text in shown for text in (reading.text, reading.ground, *reading.others()))
        assert "读作" not in shown
        assert "读法" not in shown
