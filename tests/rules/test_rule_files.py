"""One rule, one file, one name; and what a rule that nests another owes to the inner one."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import xl_kpi.rules
from xl_kpi.expr import ops
from xl_kpi.rules import REGISTRY, the_rule_in
from xl_kpi.rules.base import Context, Rule

CONTEXT = Context(ops.Const(10), 2022)

HEAD = """
from typing import Literal
from xl_kpi.rules.base import Measured, Rule
"""
ONE = """
class Half(Rule):
    type: Literal["half"] = "half"
"""
OTHER = """
class Third(Rule):
    type: Literal["third"] = "third"
"""


def module(name: str, source: str) -> ModuleType:
    """A rule file that is not there: its module, as importing it would give it."""
    made = ModuleType(f"xl_kpi.rules.{name}")
    exec(compile(HEAD + source, f"{name}.py", "exec", dont_inherit=True), vars(made))
    return made


def test_a_file_with_one_rule_of_its_own_name_is_that_rule() -> None:
    assert the_rule_in(module("half", ONE)).__name__ == "Half"


def test_a_file_without_a_rule_is_an_error_that_names_the_file() -> None:
    with pytest.raises(TypeError, match=r"xl_kpi\.rules\.half .* it holds 0"):
        the_rule_in(module("half", ""))


def test_a_file_with_two_rules_is_an_error_that_names_the_file() -> None:
    with pytest.raises(TypeError, match=r"xl_kpi\.rules\.half .* it holds 2"):
        the_rule_in(module("half", ONE + OTHER))


def test_a_rule_whose_type_is_not_its_file_name_is_an_error_that_names_both() -> None:
    with pytest.raises(TypeError, match=r"xl_kpi\.rules\.third: .*'half'"):
        the_rule_in(module("third", ONE))


def test_a_rule_imported_from_another_file_does_not_count() -> None:
    with pytest.raises(TypeError, match="it holds 0"):
        the_rule_in(module("half", "from xl_kpi.rules.full import Full\n"))


def test_the_registry_holds_exactly_the_rule_files() -> None:
    files = {path.stem for path in Path(xl_kpi.rules.__path__[0]).glob("*.py")}
    assert REGISTRY.keys() == files - {"__init__", "base", "parts", "tree"}
    assert all(rule.model_fields["type"].default == name for name, rule in REGISTRY.items())


# A rule that hands its value on to `then` must ask for what `then` asks, and hold `then` to its constraints.

NESTING = [name for name, rule in REGISTRY.items() if "then" in rule.model_fields]
JUDGED: dict[str, Any] = {"type": "judged", "label": "评判", "mode": "score"}


def nesting(name: str) -> Rule:
    """A rule's first example, with a judgement in place of its own inner rule."""
    return REGISTRY[name].model_validate({"type": name} | REGISTRY[name].EXAMPLES[0].rule | {"then": JUDGED})


def test_the_rules_that_nest_another_are_known() -> None:
    assert NESTING == ["attain", "average", "growth", "ratio", "tally"]


@pytest.mark.parametrize("name", NESTING)
def test_a_rule_asks_for_the_inputs_of_the_rule_inside(name: str) -> None:
    assert {"judged", "judged_reason"} <= {spec.id for spec in nesting(name).inputs()}


@pytest.mark.parametrize("name", NESTING)
def test_a_rule_keeps_the_constraints_of_the_rule_inside(name: str) -> None:
    assert "judged" in {constraint.on for constraint in nesting(name).constraints(CONTEXT)}
