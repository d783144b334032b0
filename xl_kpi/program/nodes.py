"""Node ids: every value of an assessment has one. They are built and taken apart here, nowhere else.

    t05.ontime                       采用值: the last filled of what was typed
    t05.ontime@self @review @final   what was typed, by stage: 自报值, 核实值, 终裁值
    t05.ontime@note @hint            填报说明, as typed; 提示: what is asked about a percentage
    t05.ontime?                      状态: 已填 未填 有误 超范围 不一致 选填
    t05#1                            an intermediate result
    t05=  t05$  t05!1                the task's score, points, first veto
    group:g1  points:g1              a group's score and points
    total max rate grade vetoes stage complete missing invalid filled   the outcome

Each of them is also worked out from 自报值 alone, as far as it is shown (`own`): `@self` behind the id, but `@own` behind
that of an input, where `@self` is what was typed.
"""

from __future__ import annotations

import re

from xl_kpi.program.stages import Stage
from xl_kpi.rules.parts import SETUP, in_full

TOTAL, MAX, RATE, GRADE, VETOES = "total", "max", "rate", "grade", "vetoes"
STAGE, COMPLETE, MISSING, INVALID, FILLED = "stage", "complete", "missing", "invalid", "filled"


# an input, by the id of its node


def adopted(task: str, name: str) -> str:
    """An input's own node, by the task in which it goes by a name: it is the name in full."""
    return in_full(task, name)


def name_in(task: str, node: str) -> str:
    """What an input is named by in a task: the other way round."""
    return node.removeprefix(f"{task}.")


def task_of(node: str) -> str:
    """The task an input belongs to; SETUP for a number of the bureau's."""
    return node.partition(".")[0]


def setup(name: str) -> str:
    """A number that the organising bureau fills in."""
    return adopted(SETUP, name)


def typed(node: str, stage: Stage) -> str:
    """What was typed at a stage."""
    return f"{node}@{stage.id}"


def typed_at(node: str) -> str:
    """The id of the stage at which a node is typed; NOTE for what is noted beside it."""
    return node.rpartition("@")[2]


NOTE = "note"


def note(node: str) -> str:
    """填报说明: what was noted beside an input."""
    return f"{node}@{NOTE}"


def hint(node: str) -> str:
    """提示: what is asked about a percentage."""
    return f"{node}@hint"


def status(node: str) -> str:
    """状态: whether an input is filled in and in order."""
    return f"{node}?"


def without_status(node: str) -> str:
    """The input whose state a node is; another node as it is."""
    return node.removesuffix("?")


# a task, a group


def step(task: str, number: int) -> str:
    """An intermediate result, from 1."""
    return f"{task}#{number}"


def score(task: str) -> str:
    """A task's score."""
    return f"{task}="


def points(task: str) -> str:
    """A task's points."""
    return f"{task}$"


def veto(task: str, number: int) -> str:
    """A veto of a task, from 1."""
    return f"{task}!{number}"


def group_score(group: str) -> str:
    """The sum of a group's scores."""
    return f"group:{group}"


def group_points(group: str) -> str:
    """The sum of a group's points."""
    return f"points:{group}"


_ADOPTED = re.compile(r"\w+\.\w+")


def own(node: str) -> str:
    """The node that says the same from the first stage's values alone; the bureau's numbers hold for both."""
    if task_of(node) == SETUP:
        return node
    return f"{node}@own" if _ADOPTED.fullmatch(node) else f"{node}@self"


# the names of their cells


_INPUT = re.compile(r"in_([a-z0-9_]+?)__([a-z0-9_]+)")


def input_name(node: str) -> str:
    """The name that a workbook gives the first cell of an input."""
    return "in_" + node.replace(".", "__")


def named_input(name: str) -> str:
    """The input whose cell a workbook's name is; "" for a name of something else."""
    found = _INPUT.fullmatch(name)
    return adopted(found[1], found[2]) if found else ""


def outcome_name(node: str) -> str:
    """The name that a workbook gives the cell of an outcome."""
    return f"out_{node}"
