"""Whatever is typed, numpy and the workbook say the same in every cell: mixes of answers, error values, stages.

The examples' workbook is filled in at random, all tasks at once; `formualizer` recalculates it, because it is quick.
That a branch not taken has no effect is tested here too: AND and OR work out all their parts in a spreadsheet, and an
error value in one of them would show.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from example_book import TASKS, ExampleBook, book_of, examples_of

from xl_kpi.engines.base import CellError, Engine
from xl_kpi.engines.base import Value as EngineValue
from xl_kpi.findings import SchemeError
from xl_kpi.layout import values as layout_values
from xl_kpi.returned import read
from xl_kpi.rules import REGISTRY
from xl_kpi.rules.base import INVALID, Example
from xl_kpi.rules.parts import Input
from xl_kpi.xlsx.addresses import a1
from xl_kpi.xlsx.archive import replace_parts
from xl_kpi.xlsx.cells import Value
from xl_kpi.xlsx.package import unpack

ERROR = "#DIV/0!"  # typed as a text by the public API, then made an error value in the file
MIXES = 8


def with_errors(workbook: bytes) -> bytes:
    """The workbook with error values in place of the texts #DIV/0!."""
    parts = unpack(workbook)
    strings = re.findall(rb"<si><t[^>]*>([^<]*)</t></si>", parts["xl/sharedStrings.xml"])
    if ERROR.encode() not in strings:
        return workbook
    text = b't="s"><v>%d</v>' % strings.index(ERROR.encode())
    changed = {name: part.replace(text, b't="e"><v>#DIV/0!</v>') for name, part in parts.items()}
    return replace_parts(workbook, {name: part for name, part in changed.items() if part != parts[name]})


def anything(spec: Input, chance: random.Random) -> Value:
    """An answer to an input: mostly a good one; else a blank, a zero, a text, or a number out of its range."""
    low, high = spec.bounds
    bad = chance.random()
    if bad < 0.04:
        return None
    if bad < 0.15:
        return chance.choice(["文字", " ", "5", "是", ERROR, 0.0, -1.0, low - 0.5, 2 * high + 1])
    if spec.kind == "choice":
        return chance.choice(spec.choices)
    if spec.kind == "text":
        return "理由"
    if spec.kind == "date":
        return 44500.0 + chance.randrange(500)  # from November 2021 to March 2023: early, in time, late
    if spec.if_none is not None and bad < 0.4:
        return "无"
    top = min(high, low + chance.choice([1, 5, 100]))
    number = low + (top - low) * chance.choice([0, 0.5, 0.6, 0.85, 0.9, 1, chance.random()])
    return float(round(number)) if spec.kind == "count" else max(low, round(number, chance.choice([1, 2, 4])))


def disagreements(book: ExampleBook, workbooks: list[bytes], recalculated: list[dict[str, EngineValue]]) -> list[str]:
    """Every formula cell in which an engine and numpy differ, and every one that shows an error value."""
    typed = [read.read(("filled.xlsx", workbook), book.scheme_file).typed() for workbook in workbooks]
    batch = book.plan.program.evaluate(typed)
    nodes = {f"{sheet}!{a1(*at)}": node for node, (sheet, at) in book.plan.homes.items()}
    found = []
    for row, (results, values) in enumerate(zip(recalculated, layout_values.shown(book.plan, batch), strict=True)):
        for (sheet, name), expected in layout_values.by_place(book.plan, values).items():
            at = f"{sheet}!{name}"
            if isinstance(results[at], CellError) or not same(results[at], expected):
                found.append(f"{row}：{at}（{nodes.get(at, '')}）得 {results[at]!r}，应为 {expected!r}")
    return found


def same(left: EngineValue, right: Value) -> bool:
    """Numbers to 12 digits, texts exactly."""
    if isinstance(left, float) and isinstance(right, float | int):
        return left == pytest.approx(right, rel=1e-12, abs=1e-12)
    return type(left) is type(right) and left == right


def test_no_mix_of_answers_makes_a_cell_differ_from_numpy_or_show_an_error_value(
    book: ExampleBook, engine_named: Callable[[str], Engine]
) -> None:
    chance = random.Random(20221231)
    books = [book.blank.read_bytes()]
    for _ in range(MIXES):
        mix = books[0]
        for stage, share in (("self", 1.0), ("review", 0.2), ("final", 0.1)):
            drawn = {i.id: anything(i.spec, chance) for i in book.plan.program.inputs() if chance.random() < share}
            mix = book.filled({node: value for node, value in drawn.items() if value is not None}, stage, base=mix)
        books.append(with_errors(mix))
    assert disagreements(book, books, engine_named("formualizer").recalculate(books)) == []


# One example of each kind of input, small enough for every engine.

KINDS = [
    *examples_of("judged", REGISTRY["judged"].EXAMPLES[1:2]),
    *examples_of("threshold", REGISTRY["threshold"].EXAMPLES[:1]),
    *examples_of("checklist", [e for e in REGISTRY["checklist"].EXAMPLES if "a_date" in e.answers][:1]),
    *examples_of("average", REGISTRY["average"].EXAMPLES[:1]),
]
GOOD: dict[str, Value] = {node: value for task in KINDS for node, value in task.answers().items()}
REASON = "judged_1.judged_reason"


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> ExampleBook:
    """The workbook of an example with a text, a percentage, a choice with a date, a count with optional numbers."""
    return book_of(KINDS, tmp_path_factory.mktemp("kinds"))


@pytest.mark.parametrize("engine", ["formualizer", "formulas", "libreoffice", "pyopenvba"])
def test_error_values_typed_as_answers_are_invalid_in_both_views_and_go_no_further(
    engine: str, kinds: ExampleBook, engine_named: Callable[[str], Engine]
) -> None:
    workbook = with_errors(kinds.filled(dict.fromkeys(GOOD, ERROR) | {REASON: GOOD[REASON]}))
    results = engine_named(engine).recalculate([workbook])
    assert disagreements(kinds, [workbook], results) == []
    shown = [results[0][at] for task in kinds.scores.values() for at in (task["self"], task["final"])]
    assert shown == [INVALID] * (2 * len(KINDS))


def test_an_error_value_typed_as_a_reason_is_invalid_in_both_views(
    kinds: ExampleBook, engine_named: Callable[[str], Engine]
) -> None:
    workbook = with_errors(kinds.filled(GOOD | {REASON: ERROR}))
    results = engine_named("formualizer").recalculate([workbook])
    assert {view: results[0][kinds.scores["judged_1"][view]] for view in ("self", "final")} == {
        "self": INVALID,
        "final": INVALID,
    }
    assert disagreements(kinds, [workbook], results) == []


@pytest.mark.parametrize("last", ["review", "final"])
def test_the_last_stage_filled_in_is_the_one_that_counts(
    last: str, book: ExampleBook, engine_named: Callable[[str], Engine]
) -> None:
    answers = {node: value for task in TASKS for node, value in task.answers().items()}
    withdrawn = dict.fromkeys(answers, "待核")
    workbook = book.filled(withdrawn)
    if last == "final":
        workbook = book.filled(withdrawn, "review", base=workbook)
    workbook = book.filled(answers, last, base=workbook)
    results = engine_named("formualizer").recalculate([workbook])
    assert disagreements(book, [workbook], results) == []
    final = {task.id: results[0][book.scores[task.id]["final"]] for task in TASKS}
    assert final == {task.id: task.example.score for task in TASKS}
    scored = [t.id for t in TASKS if t.answers() and isinstance(results[0][book.scores[t.id]["self"]], float)]
    assert scored == [], "a self-assessment of texts must not score"


# Spelling: Excel's comparisons do not tell a from A, but every cell shows what was typed into it.

SPELT = [
    Example(REGISTRY["judged"].EXAMPLES[1].rule, 10, {"judged": 1, "judged_reason": reason}, 9, "理由照录")
    for reason in ("abc未做", "ABC未做")
]


def test_a_cell_shows_an_answer_as_it_was_spelt(tmp_path: Path, engine_named: Callable[[str], Engine]) -> None:
    tasks = examples_of("judged", SPELT)
    book = book_of(tasks, tmp_path)
    workbook = book.filled({node: value for task in tasks for node, value in task.answers().items()})
    assert disagreements(book, [workbook], engine_named("formualizer").recalculate([workbook])) == []


# Computing with what may be a blank or a word: ROUND("",9) and "否"*2 are error values in a spreadsheet, and one error
# value takes the total with it. Such a scheme must be refused, or show a word.

OPTIONAL = {"id": "n", "label": "件数", "kind": "count", "required": False}
RATE = {"id": "r", "label": "完成率", "kind": "percent", "required": False}
CHOICE = {"id": "c", "label": "是否完成", "kind": "choice", "choices": ["是", "否"]}
COMPUTING: dict[str, tuple[str, Example]] = {
    "an optional count": ("deduct", Example({"items": [{"input": OPTIONAL, "each": 1}]}, 10, {}, "", "")),
    "an optional rate": ("threshold", Example({"input": RATE, "at_least": 0.9}, 10, {}, "", "")),
    "an optional rate in an AND": ("threshold", Example({"input": RATE, "between": [0.5, 0.9]}, 10, {}, "", "")),
    "an optional rate in a condition": (
        "cases",
        Example(
            {
                "cases": [
                    {"when": {"input": RATE, "above": 0.5}, "rule": {"type": "full"}},
                    {"rule": {"type": "full"}},
                ]
            },
            10,
            {},
            "",
            "",
        ),
    ),
    "a choice taken for a count": (
        "deduct",
        Example(
            {"items": [{"input": CHOICE, "each": 1, "when": "否"}, {"input": "c", "each": 2}]},
            10,
            {"c": "否"},
            "",
            "",
        ),
    ),
}


@pytest.mark.parametrize("name", COMPUTING)
def test_no_rule_computes_with_what_may_be_a_blank_or_a_word(
    name: str, tmp_path: Path, engine_named: Callable[[str], Engine]
) -> None:
    rule, example = COMPUTING[name]
    tasks = examples_of(rule, [example])
    try:
        book = book_of(tasks, tmp_path)
    except SchemeError:
        return
    workbook = book.filled({node: value for task in tasks for node, value in task.answers().items()})
    assert disagreements(book, [workbook], engine_named("formualizer").recalculate([workbook])) == []
