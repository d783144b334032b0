"""Answers drawn from a seed, and what our scorer and another engine make of them, cell by cell (see tests/test_agreement.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import yaml

from xl_kpi import api
from xl_kpi.engines.base import Value
from xl_kpi.expr import ops, semantics
from xl_kpi.layout import values as layout_values
from xl_kpi.layout.lay_out import plan_of
from xl_kpi.layout.plan import Plan
from xl_kpi.program.build import Program
from xl_kpi.program.inputs import BoundInput
from xl_kpi.returned import read
from xl_kpi.returned.read import Filled
from xl_kpi.returned.rewrite import patched
from xl_kpi.rules.parts import Input, Level

STAGES = SELF, REVIEW, FINAL = "@self", "@review", "@final"


CASES = Path(__file__).resolve().parents[1] / "cases"


Typed = dict[str, float | str | None]


SETTLED: list[tuple[str, Level | None]] = [
    (name, level) for name in api.schemes() for level in (api.describe(name).levels or (None,))
]


def title(scheme: str, level: Level | None) -> str:
    """What a scheme at a level is called in a test's name."""
    return scheme + (f"-{level}" if level else "")


@dataclass(frozen=True)
class Mood:
    """A sort of return: how often an input gets another answer than in the case it starts from, and which."""

    changed: float
    kinds: tuple[str, ...]
    reviewed: float = 0.0  # how often the two later stages are filled in as well


MOODS: dict[str, Mood] = {
    "as in a case worked by hand": Mood(0.0, ("valid",)),
    "mostly right": Mood(0.1, ("valid", "edge")),
    "on the edge everywhere": Mood(0.6, ("edge",)),
    "reviewed": Mood(0.3, ("valid", "edge"), reviewed=0.3),
    "with gaps": Mood(0.15, ("blank", "valid", "edge"), reviewed=0.05),
    "careless": Mood(0.2, ("valid", "edge", "blank", "text", "far"), reviewed=0.1),
    "hostile": Mood(0.9, ("text", "far", "blank", "edge"), reviewed=0.5),
    "blank": Mood(1.0, ("blank",)),
}


# Drawn as often as they are worth: a blank workbook tells little the second time.
DRAWN = [name for name, mood in MOODS.items() for _ in range(1 if mood.changed in (0.0, 1.0) else 3)]


# What people type, and what could be taken for something else: words the formulas show, numbers as texts, formulas.
TEXTS: tuple[str, ...] = (
    *("", " ", "是 ", "否。", "无", "九成", "3", "90%", "1,000"),
    *("未填", "有误", "已填", "触发", "未触发", "一票否决", "已完成", "—", "错误值"),
    *("TRUE", "#N/A", "=1+1", "*", "?", "~*", "<>", "&<>\"'", "第一行\n第二行", "😀", "長" * 300),
)


FAR: tuple[float, ...] = (
    *(-1.0, -0.01, -1e-10, 1.0000001, 1.5, 2.5, 14.5, 100.0, 101.0, 44562.5),
    *(1e7, 1e7 + 1, 445625000000.0, 1e12, 1e12 + 1, 1e14, 1e15, 1e300),
)


# Beside a threshold: nothing, less than the comparison can see, its last digit and half of it, and plainly.
OFF = (0.0, 0.0, 0.0, 1e-10, -1e-10, 4e-10, -4e-10, 6e-10, -6e-10, 1e-9, -1e-9, 1e-6, -1e-6, 0.01, -0.01, 1.0, -1.0)


@cache
def program_of(scheme: str, level: Level | None) -> Program:
    """The program of a scheme at a level."""
    return plan_of(api.scheme(scheme, level)).program


@cache
def cases_of(scheme: str, level: Level | None) -> tuple[Mapping[str, float | str | None], ...]:
    """The answers of the cases worked by hand, to start from: answers drawn one by one hardly ever fit together."""
    done: dict[str, Mapping[str, float | str | None]] = {}
    levels: dict[str, Level | None] = {}
    for case in yaml.safe_load((CASES / f"{Path(scheme).stem}.yaml").read_text(encoding="utf-8")):
        done[case["name"]] = {**done.get(case.get("base"), {}), **(case["answers"] or {})}
        levels[case["name"]] = case.get("level")
    return tuple(answers for name, answers in done.items() if levels[name] == level and answers)


@cache
def constants_of(scheme: str, level: Level | None, task: str) -> tuple[float, ...]:
    """Every number in the formulas of a task, and the bounds of its inputs: where its score may turn."""
    program = program_of(scheme, level)
    found = {0.0, 1.0}
    for node, expression in program.formulas.items():
        if re.split(r"[.=$#!]", node, maxsplit=1)[0] == task:
            found.update(_constants(expression))
    found.update(bound for one in program.inputs() if one.task == task for bound in one.spec.bounds)
    return tuple(sorted(found))


def _constants(expression: ops.Op) -> Iterator[float]:
    if isinstance(expression, ops.Const):
        yield expression.value
    for child in ops.children(expression):
        yield from _constants(child)


def answers_of(scheme: str, level: Level | None, mood: str, seed: int) -> Typed:
    """What is typed into one workbook, by node id."""
    random, manner = Random(seed), MOODS[mood]
    start = random.choice(cases_of(scheme, level))
    typed: Typed = {}
    for bound in program_of(scheme, level).inputs():
        value = start.get(bound.id)
        if random.random() < manner.changed:
            value = _drawn(random, manner, bound, scheme, level, typed)
        typed[bound.id + SELF] = value
        for stage in (REVIEW, FINAL):
            if random.random() < manner.reviewed:
                typed[bound.id + stage] = _drawn(random, manner, bound, scheme, level, typed)
    return {node: value for node, value in typed.items() if value is not None}


def _drawn(
    random: Random, manner: Mood, bound: BoundInput, scheme: str, level: Level | None, typed: Typed
) -> float | str | None:
    kind = random.choice(manner.kinds)
    if kind == "blank":
        return None
    if kind == "text":
        return random.choice((*TEXTS, *bound.spec.choices))
    if kind == "far":
        return random.choice(FAR)
    if bound.spec.kind == "choice":
        return random.choice(bound.spec.choices)
    if bound.spec.kind == "text":
        return random.choice(("", "情况属实", *TEXTS))
    if bound.spec.if_none is not None and random.random() < 0.3:
        return semantics.NONE
    if kind == "edge":
        return _edge(random, bound, scheme, level, typed)
    return _valid(random, bound.spec)


def _valid(random: Random, spec: Input) -> float:
    low, high = spec.bounds
    if (
        spec.kind == "date"
    ):  # the bounds are years away: near the middle of the assessment's year, before it and after
        return float(round((low + high) / 2) + random.randint(-400, 400))
    if spec.kind == "count":
        return float(random.randint(int(low), int(min(high, low + random.choice((3, 20, 400))))))
    if spec.kind == "percent":
        return round(random.uniform(low, high), random.choice((2, 4, 9)))
    return round(random.uniform(low, min(high, low + random.choice((1, 10, 1000)))), random.choice((0, 2, 6)))


def _edge(random: Random, bound: BoundInput, scheme: str, level: Level | None, typed: Typed) -> float:
    """A value at a threshold of the task or beside it; or one that brings a quotient of two answers there."""
    threshold = random.choice(constants_of(scheme, level, bound.task))
    others = [value for node, value in typed.items() if node.startswith(f"{bound.task}.") and _is_number(value)]
    if others and random.random() < 0.4:
        other = float(random.choice(others))  # type: ignore[arg-type]  # numbers only
        value = threshold * other if random.random() < 0.7 or threshold == 0 else other / threshold
        if bound.spec.kind == "count" and abs(value) < 1e15:
            value = float(round(value))
        if abs(value) < 1e300:  # beyond that nothing can be typed
            return value + random.choice(OFF[:4])
    return threshold + random.choice(OFF)


def _is_number(value: float | str | None) -> bool:
    return isinstance(value, int | float)


@dataclass
class Tally:
    """How many values were compared in how many workbooks, and each disagreement in words."""

    workbooks: int = 0
    values: int = 0
    wrong: list[str] = field(default_factory=list)

    def report(self, record: Callable[[str, object], None]) -> None:
        """Leave the numbers in the test report, and fail if there was any disagreement."""
        record("workbooks compared", self.workbooks)
        record("values compared", self.values)
        record("disagreements", len(self.wrong))
        said = f"{self.values:,} values in {self.workbooks} workbooks compared, {len(self.wrong)} disagree"
        print(said)
        assert not self.wrong, "\n".join([said, *self.wrong[:10]])
        assert self.values > 0


@cache
def blank(scheme: str, level: Level | None, folder: Path) -> Filled:
    """The workbook as it is sent out, read."""
    path = folder / f"{title(Path(scheme).name, level)}.xlsx"
    path.write_bytes(api.build(api.scheme(scheme, level)))
    return read.read(path, scheme if scheme.endswith(".yaml") else "")


def typed_in(empty: Filled, plan: Plan, typed: Typed) -> bytes:
    """The workbook with answers in its cells; its formulas still show what they showed when blank."""
    return patched(empty, {plan.homes[node]: value for node, value in typed.items()}, keep_formulas=False)


def compared(plan: Plan, rows: Sequence[Typed], recalculated: Sequence[Mapping[str, Value]], tally: Tally) -> None:
    """Compare every formula cell of some workbooks, scored in one batch, with what an engine made of each."""
    batch = plan.program.evaluate(rows)
    for typed, values, engine in zip(rows, layout_values.shown(plan, batch), recalculated, strict=True):
        shown = layout_values.by_place(plan, values)
        assert {f"{sheet}!{name}" for sheet, name in shown} == set(engine)
        tally.workbooks += 1
        tally.values += len(shown)
        for (sheet, name), ours in shown.items():
            theirs = engine[f"{sheet}!{name}"]
            if not same(ours, theirs):
                tally.wrong.append(_disagreement(plan, f"{sheet}!{name}", ours, theirs, typed))


def same(ours: Value, theirs: Value) -> bool:
    """Whether two values are one: numbers to nine digits, texts to the letter; a blank result is an empty text."""
    if _is_plain(ours) and _is_plain(theirs):
        return abs(ours - theirs) <= 1e-9 * max(1.0, abs(ours), abs(theirs))  # type: ignore[operator, arg-type]
    return type(ours) is type(theirs) and ours == theirs


def _is_plain(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _disagreement(plan: Plan, cell: str, ours: Value, theirs: Value, typed: Typed) -> str:
    op, text = next((formula.op, formula.text) for formula in plan.formula_cells if str(formula.place) == cell)
    reads = {node for node in _typed_nodes(plan.program, op) if node in typed}
    told = ", ".join(f"{node}={typed[node]!r}" for node in sorted(reads)[:12])
    return f"{cell}: ours {ours!r}, theirs {theirs!r}; {text[:300]}; typed: {told}"


def _typed_nodes(program: Program, op: ops.Op) -> set[str]:
    """The stages of every input that an expression depends on."""
    seen: set[str] = set()
    todo = list(ops.ids(op))
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            if node in program.formulas:
                todo += ops.ids(program.formulas[node])
    return {node for node in seen if node.endswith(STAGES)}
