"""Where a scheme may say that “无” is an answer, and where it would be computed with as if it were a number."""

from __future__ import annotations

import pytest
from probe_scheme import Data, probe, task

from xl_kpi.findings import SchemeError
from xl_kpi.program.load import parse

RATE: Data = {"id": "rate", "label": "办结率", "kind": "percent", "if_none": "full"}
LAST: Data = {"id": "last", "label": "上年办结率", "kind": "percent"}
CALLS: Data = {"id": "calls", "label": "热线件数", "kind": "count"}
DONE: Data = {"id": "done", "label": "办结件数", "kind": "count"}
MET: Data = {"type": "threshold", "at_least": 0.9}


def scored(rule: Data, **keys: object) -> Data:
    """A scheme of one task."""
    return probe(task("t1", 10, target="", rule=rule, **keys))


WRONG: dict[str, tuple[Data, str]] = {
    "a count takes 0, not a word": (scored(MET | {"input": CALLS | {"if_none": "full"}}), "if_none 只用于 percent"),
    "counts without the word they contradict": (
        scored(MET | {"input": LAST | {"of_counts": ["calls"]}}, basics=[CALLS]),
        "of_counts 只与 if_none",
    ),
    "a count there is none of": (scored(MET | {"input": RATE | {"of_counts": ["calls"]}}), "calls"),
    "a percentage for a count": (scored(MET | {"input": RATE | {"of_counts": ["last"]}}, basics=[LAST]), "不是件数"),
    "a worth there is none of": (scored(MET | {"input": RATE | {"if_none": "half"}}), "if_none"),
    "a rate that growth divides": (
        scored({"type": "growth", "label": "提高", "current": RATE, "previous": LAST, "then": MET}),
        "“办结率”可以填“无”",
    ),
    "a rate that a veto compares": (
        scored(
            MET | {"input": RATE},
            vetoes=[{"effects": ["zero_task"], "when": [{"input": "rate", "below": 0.5}]}],
        ),
        "“办结率”可以填“无”",
    ),
    "points left out where only the outer rule is asked": (
        scored(
            {
                "type": "ratio",
                "label": "办结率",
                "numerator": DONE,
                "denominator": CALLS,
                "then": MET | {"input": RATE | {"if_none": "exclude"}},
            }
        ),
        "exclude 不能写在 then",
    ),
    "no drawing without a count of what could be drawn": (
        scored({"type": "average", "id": "d", "label": "指数", "each": "演练", "if_none": "full", "then": MET}),
        "须用 of 写明可以抽取的件数",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_rate_of_nothing_where_it_cannot_be_is_an_error_of_the_scheme(what: str) -> None:
    data, said = WRONG[what]
    with pytest.raises(SchemeError, match=said):
        parse(data, "probe.yaml")


def test_the_same_rate_is_no_error_where_its_rule_knows_of_it() -> None:
    for rule in (
        MET | {"input": RATE | {"of_counts": ["calls"]}},
        {"type": "step", "input": RATE, "at_least": 0.9, "each": 5},
        {"type": "attain", "label": "完成率", "targets": [{"input": RATE, "target": 1}], "then": MET},
    ):
        parse(scored(rule, basics=[CALLS]), "probe.yaml")
