"""One synthetic scheme out of rules' EXAMPLES: each example is a task with its rule and its points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from xl_kpi import api
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Plan
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import Example
from xl_kpi.xlsx.cells import Value

YEAR = 2022  # the year the examples' deadlines are in
COLUMNS = {"number": 6, "group1": 10, "name": 30, "target": 40, "points": 8}


@dataclass(frozen=True)
class ExampleTask:
    """An example in its place in the synthetic scheme."""

    id: str
    rule: str
    example: Example

    def answers(self) -> dict[str, float | str]:
        """The example's answers by input id."""
        return {f"{self.id}.{name}": value for name, value in self.example.answers.items()}


def examples_of(rule: str, examples: Sequence[Example]) -> list[ExampleTask]:
    """Examples of one rule, named threshold_1, threshold_2 ..."""
    return [ExampleTask(f"{rule}_{number}", rule, example) for number, example in enumerate(examples, 1)]


TASKS = [task for name, rule in REGISTRY.items() for task in examples_of(name, rule.EXAMPLES)]


@dataclass(frozen=True)
class ExampleBook:
    """The blank workbook of a synthetic scheme, and where everything stands in it."""

    blank: Path
    scheme_file: str
    plan: Plan
    scores: Mapping[str, Mapping[str, str]]  # task -> "self" / "final" -> sheet!cell

    def filled(self, answers: Mapping[str, Value], stage: str = "self", base: bytes | None = None) -> bytes:
        """The blank workbook (or another, `base`) with answers typed into a stage."""
        path = self.blank
        if base is not None:
            path = self.blank.with_name("base.xlsx")
            path.write_bytes(base)
        return api.fill(path, {"stage": stage, "answers": answers}, self.scheme_file)


def book_of(tasks: Sequence[ExampleTask], folder: Path) -> ExampleBook:
    """Write the scheme and the blank workbook of some examples to a folder."""
    scheme_file = str(folder / "rule-examples.yaml")
    Path(scheme_file).write_text(yaml.safe_dump(scheme_of(tasks), allow_unicode=True), encoding="utf-8")
    scheme = api.scheme(scheme_file)
    blank = folder / "blank.xlsx"
    blank.write_bytes(api.build(scheme))
    scores = api.workbook_map(blank, scheme_file)["outputs"]["tasks"]
    return ExampleBook(blank, scheme_file, plan_of(scheme), scores)


def scheme_of(tasks: Sequence[ExampleTask]) -> dict[str, object]:
    """The scheme as its file says it: a group for each rule, a task for each example."""
    groups = []
    for rule in dict.fromkeys(task.rule for task in tasks):
        own = [task for task in tasks if task.rule == rule]
        groups.append(
            {
                "id": rule,
                "name": rule,
                "points": sum(task.example.points for task in own),
                "tasks": [
                    {
                        "id": task.id,
                        "name": task.example.why,
                        "points": task.example.points,
                        "rule": {"type": rule} | task.example.rule,
                    }
                    for task in own
                ],
            }
        )
    return {
        "id": "rule-examples",
        "version": 1,
        "title": "评分规则示例",
        "year": YEAR,
        "unit": "示例单位",
        "source": {"document": "rules/*.py", "seed": "EXAMPLES"},
        "points": sum(task.example.points for task in tasks),
        "columns": [{"title": shows, "shows": shows, "width": width} for shows, width in COLUMNS.items()],
        "groups": groups,
    }
