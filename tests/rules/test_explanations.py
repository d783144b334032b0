"""What an official reads about each example: Chinese, complete, percentages as percentages, nothing of Python."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from example_book import TASKS, ExampleTask, examples_of, scheme_of
from pydantic import BaseModel

from xl_kpi.program.build import Program
from xl_kpi.program.load import parse
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import Example, Measured, Rule
from xl_kpi.rules.parts import YES, Input
from xl_kpi.scheme.model import Scheme

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PYTHON = re.compile(r"\b(None|True|False|nan|inf)\b|[\[\]{}'\\]|[a-z_]=\w|[A-Za-z]+\(|xl_kpi|\d[eE][-+]?\d")
UNKNOWN = re.compile(r"「[^」]*」")
FRACTION = re.compile(r"(?<![\d.])0?\.\d+(?![\d.]*[%分])")  # 0.9; but neither 0.9% nor 0.5分

each_rule = pytest.mark.parametrize("rule", REGISTRY)


def examples(rule: str) -> list[ExampleTask]:
    """The examples of a rule, each in its place."""
    return [task for task in TASKS if task.rule == rule]


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    """The scheme of all examples."""
    return parse(scheme_of(TASKS), "rule-examples.yaml")


def rule_of(task: ExampleTask) -> Rule:
    """The example's rule."""
    return REGISTRY[task.rule].model_validate({"type": task.rule} | task.example.rule)


def explained(scheme: Scheme, task_id: str) -> str:
    """The sentence as the workbook shows it."""
    return next(scheme.explain(task) for task in scheme.tasks() if task.id == task_id)


def models(value: object) -> Iterator[BaseModel]:
    """Every model inside a rule, the rule itself first."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from models(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from models(item)


@each_rule
def test_the_sentences_are_chinese_and_leave_their_full_stop_to_the_scheme(rule: str) -> None:
    for task in examples(rule):
        sentence = rule_of(task).explain()
        assert len(CHINESE.findall(sentence)) >= 2, sentence
        assert not sentence.endswith(("。", "，", "；", "、", "：", " ")), sentence
        assert sentence == sentence.strip()
        assert "。" not in sentence, sentence


@each_rule
def test_the_official_reads_labels_and_no_ids(rule: str, scheme: Scheme) -> None:
    for task in examples(rule):
        shown = explained(scheme, task.id)
        assert shown.endswith("。"), shown
        assert not shown.endswith("。。"), shown
        assert not UNKNOWN.search(shown), shown
        for name in task.example.answers:
            assert not re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", shown), f"an id, not a label: {shown}"


@each_rule
def test_nothing_of_python_shows(rule: str, scheme: Scheme) -> None:
    shown = [explained(scheme, task.id) for task in examples(rule)]
    assert [sentence for sentence in shown if PYTHON.search(sentence)] == []


@each_rule
def test_brackets_and_quotes_are_paired(rule: str, scheme: Scheme) -> None:
    for task in examples(rule):
        shown = explained(scheme, task.id)
        for opening, closing in ("（）", "“”", "()"):
            assert shown.count(opening) == shown.count(closing), shown


@each_rule
def test_a_standard_of_a_percentage_reads_as_one(rule: str, scheme: Scheme) -> None:
    for task in examples(rule):
        shown = explained(scheme, task.id)
        for part in (model for model in models(rule_of(task)) if isinstance(model, Measured)):
            if isinstance(part.input, Input) and part.input.kind == "percent":
                assert re.search(r"[≥≤<>=]\d+(\.\d+)?%|～\d+(\.\d+)?%", shown), shown
                assert not FRACTION.search(shown), shown


PERCENT = {"id": "rate", "label": "办结率", "kind": "percent"}
REFERRED = Example(
    {
        "cases": [
            {"when": {"input": PERCENT, "below": 0.6}, "rule": {"type": "judged", "label": "酌情", "mode": "score"}},
            {
                "when": {"input": "rate", "below": 0.8},
                "rule": {"type": "step", "input": "rate", "at_least": 0.9, "each": 1},
            },
            {"rule": {"type": "threshold", "input": "rate", "at_least": 0.95, "otherwise": "proportional"}},
        ]
    },
    10,
    {},
    0,
    "三处用到同一填报项，只有第一处写明是百分数",
)


def test_a_percentage_that_is_referred_to_by_id_reads_as_one_too() -> None:
    (task,) = examples_of("cases", [REFERRED])
    shown = explained(parse(scheme_of([task]), "x.yaml"), task.id)
    assert not FRACTION.search(shown), shown
    assert all(text in shown for text in ("60%", "80%", "90%", "95%")), shown


def test_a_standard_of_a_percentage_that_is_referred_to_by_id_is_shown_as_one_too() -> None:
    program = Program.of(parse(scheme_of(examples_of("cases", [REFERRED])), "x.yaml"))
    standards = {bound.spec.id: bound.standard for bound in program.inputs()}
    assert standards["rate"].endswith("%")


def test_the_sentence_of_a_choice_quotes_the_answer_that_counts() -> None:
    lab = next(e.rule for e in REGISTRY["tally"].EXAMPLES if "lab" in e.answers)
    assert f"为“{YES}”" in REGISTRY["tally"].model_validate({"type": "tally"} | lab).explain()
