"""The page and the check count the same: what is unfilled, what is wrong, the total, and whether it is finished.

Odd answers are put into workbooks as other programs write them: texts that say a number, dates and percentages in
text, error values, formulas that give nothing, cells of every type, at all three stages. LibreOffice recalculates each
workbook as it stands, and what its pages show is compared with what the check says. Booleans are left to another
engine: LibreOffice has none, and takes TRUE for 1. Dates counted from 1904 are another matter: the check counts the
days that show, the page's formulas cannot, and the workbook is flagged for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hostile_book import Book, case_of, inline

from xl_kpi import api
from xl_kpi.engines.base import Engine, Value
from xl_kpi.layout.plan import Plan

SELF = "@self"
STAGES = ("@self", "@review", "@final")

COUNTED = ("missing", "invalid", "total", f"total{SELF}", "complete")
Odd = tuple[str, str]  # the body of a cell, and its type

BOOLEANS: tuple[Odd, ...] = (("<v>1</v>", "b"), ("<v>0</v>", "b"))
ODD: tuple[Odd, ...] = (
    *((inline(text), "inlineStr") for text in ("95", "９５", "95分", "95%", " 95 ", "1,234", "-5", "0", "9.5e1")),
    *(
        (inline(text), "inlineStr")
        for text in (" 是 ", "否\u3000", "a++", "Ａ＋", "九成", "无", "—", " ", "TRUE", "未填")
    ),
    *((inline(text), "inlineStr") for text in ("2022-10-31", "2022年10月31日", "44865", "2022/10/31 0:00", "错误值")),
    ("<v>0.95</v>", "str"),
    ("<v>#DIV/0!</v>", "e"),
    ("<v>#N/A</v>", "e"),
    ('<f>""</f><v></v>', "str"),
    ("<f>1/0</f><v>#DIV/0!</v>", "e"),
    ("<f>1+1</f><v>2</v>", "n"),
    ('<f>"9"&amp;"5"</f><v>95</v>', "str"),
    (inline(""), "inlineStr"),
    ("", ""),
    ("<v></v>", "n"),
    ("<v>0</v>", "n"),
    ("<v>-0</v>", "n"),
    ("<v>9.5E-1</v>", "n"),
    ("<v>0.0095</v>", "n"),
    ("<v>98.5</v>", "n"),
    ("<v>2.5</v>", "n"),
    ("<v>44859.5</v>", "n"),
    ("<v>43403</v>", "n"),
    ("<v>44865</v>", "n"),
    ("<v>1E+15</v>", "n"),
    ("<v>-1</v>", "n"),
)
SCHEMES = ("blood", "hospital", "emergency")


def workbook(base: str, seed: int, odd: Sequence[Odd]) -> bytes:
    """A filled workbook with odd answers: in a third of the cells of 自报值, and in a tenth of those beside them."""
    random, book = Random(seed), Book(base)
    for bound in case_of(base).plan.program.inputs():
        for stage, how_often in zip(STAGES, (0.33, 0.1, 0.1), strict=True):
            if random.random() < how_often:
                body, kind = random.choice(odd)
                book.write(book.at(bound.id, stage.removeprefix("@")), body, kind)
    return bytes(book)


def on_the_page(plan: Plan, values: Mapping[str, Value]) -> dict[str, Value]:
    """What the workbook's own cells show."""
    return {node: values[plan.at(node)] for node in COUNTED}


def in_check(content: bytes, folder: Path) -> dict[str, Value]:
    """What the check says, in the words of the page."""
    path = folder / "上报.xlsx"
    path.write_bytes(content)
    told = api.check(path).as_json("zh")
    assert told["verdict"] == "flag", told["findings"]
    return as_shown(told)


def as_shown(told: Mapping[str, Any]) -> dict[str, Value]:
    """What a report says, as the page shows it."""
    words = {f"total{SELF}": told["self_total"], "complete": "已完成" if told["complete"] else "未完成"}
    return {node: words.get(node, told.get(node)) for node in COUNTED}


@pytest.mark.parametrize("base", SCHEMES)
@pytest.mark.parametrize(
    ("engine", "odd", "seeds"),
    [("libreoffice", ODD, 5), ("formualizer", ODD + BOOLEANS, 3)],
    ids=["libreoffice", "booleans"],
)
def test_the_page_and_the_check_count_the_same(
    base: str,
    engine: str,
    odd: Sequence[Odd],
    seeds: int,
    tmp_path: Path,
    engine_named: Callable[[str], Engine],
    record_property: Callable[[str, object], None],
) -> None:
    plan = case_of(base).plan
    made = [workbook(base, seed, odd) for seed in range(seeds)]
    pages = engine_named(engine).recalculate(made)
    record_property("odd workbooks", len(made))
    missing = invalid = 0
    for content, values in zip(made, pages, strict=True):
        told = in_check(content, tmp_path)
        shown = on_the_page(plan, values)
        assert shown == pytest.approx(told, abs=1e-9)
        missing += int(told["missing"])
        invalid += int(told["invalid"])
    assert min(missing, invalid) > 0


@pytest.mark.parametrize("odd", [*ODD, *BOOLEANS], ids=lambda odd: odd[0][:40] + odd[1])
def test_every_odd_answer_alone_counts_the_same_in_every_kind_of_input(
    odd: Odd, tmp_path: Path, engine_named: Callable[[str], Engine]
) -> None:
    """One workbook in which an input of each kind holds it."""
    book = Book("blood-full")
    plan = case_of("blood-full").plan
    kinds = {bound.spec.kind: bound.id for bound in plan.program.inputs() if bound.spec.kind != "text"}
    assert len(kinds) == 5
    for name in kinds.values():
        book.write(book.at(name), *odd)
    values = engine_named("formualizer").recalculate([bytes(book)])[0]
    path = tmp_path / "上报.xlsx"
    path.write_bytes(bytes(book))
    assert on_the_page(plan, values) == pytest.approx(as_shown(api.check(path).as_json("zh")), abs=1e-9)
