"""Whole assessments worked by hand: tests/cases/*.yaml, read as they are meant (see tests/test_cases.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from xl_kpi import api
from xl_kpi.engines.base import Value
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Plan
from xl_kpi.rules.parts import Level
from xl_kpi.scheme.model import Scheme

SELF = "@self"


FOLDER = Path(__file__).resolve().parents[1] / "cases"


MISSING, INVALID = "未填", "有误"


GRADES = ("优秀", "良好", "合格", "不合格", "未完成")


VETOES = ("未触发", "该项不得分", "一票否优", "一票否决", "未完成")


@dataclass(frozen=True)
class Case:
    """One assessment: answers by input id, and the value expected of each outcome by node id."""

    scheme: str
    name: str
    level: Level | None
    answers: Mapping[str, float | str | None]
    tasks: Mapping[str, float | str]
    expected: Mapping[str, Any]  # the other expectations, as the file has them

    @property
    def id(self) -> str:
        """What the case is called in a test's name."""
        return f"{self.scheme}-{self.name}"

    @property
    def settled(self) -> Scheme:
        """The scheme at the case's level."""
        return api.scheme(self.scheme, self.level)

    @property
    def plan(self) -> Plan:
        """Where everything stands in the case's workbook."""
        return plan_of(self.settled)

    def groups(self) -> dict[str, float]:
        """The sum of the scores worked by hand in each group, by group id."""
        return {group.id: self._sum(task.id for task in group.all_tasks()) for group in self.settled.all_groups()}

    def total(self) -> float:
        """The sum of all scores worked by hand."""
        return self._sum(self.tasks)

    def _sum(self, task_ids: Iterable[str]) -> float:
        return round(sum(score for id in task_ids if isinstance(score := self.tasks[id], int | float)), 2)

    def outcomes(self) -> dict[str, float | str]:
        """Every outcome expected, by node id; self-assessed and adopted."""
        nodes: dict[str, float | str] = {f"{task}=": score for task, score in self.tasks.items()}
        nodes |= {f"group:{group}": score for group, score in self.groups().items()}
        nodes["total"] = self.expected["total"]
        nodes |= {f"{node}{SELF}": value for node, value in nodes.items()}
        return nodes | {node: self.expected[node] for node in ("grade", "vetoes", "missing")}


@cache
def cases_of(scheme: str) -> tuple[Case, ...]:
    """The cases of a scheme, each with what it takes over from its base."""
    done: dict[str, Case] = {}
    for entry in yaml.safe_load((FOLDER / f"{scheme}.yaml").read_text(encoding="utf-8")):
        base = done[entry["base"]] if "base" in entry else None
        answers = {**(base.answers if base else {}), **(entry["answers"] or {})}
        tasks = {**(base.tasks if base else {}), **(entry["expect"].get("tasks") or {})}
        case = Case(scheme, entry["name"], entry.get("level"), answers, tasks, entry["expect"])
        assert case.name not in done, f"{scheme} has two cases {case.name}"
        done[case.name] = case
    return tuple(done.values())


SCHEMES = api.schemes()


CASES = [case for scheme in SCHEMES for case in cases_of(scheme)]


def differences(case: Case, value: Callable[[str], Value]) -> list[str]:
    """Every outcome that is not what was worked out by hand; `value` gives what a node shows."""
    return [
        f"{node}: expected {expected!r}, shown {value(node)!r}"
        for node, expected in case.outcomes().items()
        if not same(expected, value(node))
    ]


def same(expected: float | str, shown: Value) -> bool:
    """Whether a value shown is the one expected: texts to the letter, numbers to the last of their two decimals."""
    if isinstance(expected, str):
        return shown == expected
    return isinstance(shown, float | int) and abs(shown - expected) < 1e-9
