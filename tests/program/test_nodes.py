"""Node ids are built and taken apart in xl_kpi/program/nodes.py, and nowhere else (an input's name in full: rules/parts.py)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from xl_kpi import api
from xl_kpi.program import nodes

PACKAGE = Path(nodes.__file__).resolve().parent.parent
SIGNS = re.compile(r"@(self|review|final|own|note|hint)\b|^(group|points):|^(in|out)_$")
BUILT = re.compile(r"\{[\w.]*\bid\}(?:[?=$#!@]|\.(?!xlsx))|\bSETUP\}")  # as an f-string
ALLOWED = {PACKAGE / "program" / "nodes.py", PACKAGE / "rules" / "parts.py"}


def made_by_hand(path: Path) -> Iterator[str]:
    """Texts of a module that build a node id, or say how one ends or begins; not its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text, sign = ast.unparse(node)[2:-1], BUILT
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            text, sign = node.value, SIGNS
        else:
            continue
        if sign.search(text):
            yield f"{path.name}:{node.lineno}: {text}"


def test_no_other_module_builds_or_splits_a_node_id() -> None:
    paths = sorted(set(PACKAGE.rglob("*.py")) - ALLOWED)
    assert len(paths) > 150
    assert [text for path in paths for text in made_by_hand(path)] == []


def test_the_search_finds_what_it_is_for(tmp_path: Path) -> None:
    ways = ('node + "@self"', 'f"{bound.id}?"', 'f"{task.id}#{n}"', 'f"group:{g}"', 'f"{SETUP}.{name}"', '"in_" + id')
    for number, way in enumerate(ways):
        path = tmp_path / f"m{number}.py"
        path.write_text(f'"""About t05.ontime@self."""\nnode = {way}\n', encoding="utf-8")
        assert list(made_by_hand(path)), way


@pytest.mark.parametrize("scheme", api.schemes())
def test_what_is_taken_apart_was_put_together_so(scheme: str) -> None:
    settled = api.scheme(scheme, "市")
    program = api.program(settled)
    for bound in program.inputs():
        assert nodes.adopted(bound.task, nodes.name_in(bound.task, bound.id)) == bound.id
        assert nodes.task_of(bound.id) == bound.task
        assert nodes.named_input(nodes.input_name(bound.id)) == bound.id
        assert nodes.without_status(nodes.status(bound.id)) == bound.id
        assert all(nodes.typed_at(nodes.typed(bound.id, stage)) == stage.id for stage in program.stages)


def test_node_ids_are_spelt_as_in_workbooks_that_are_out() -> None:
    """Digests of answers rest on them, and names in workbooks."""
    first = api.program(api.scheme("zaozhuang-cdc-2022")).stages[0]
    assert nodes.typed("t05.ontime", first) == "t05.ontime@self"
    assert (nodes.note("t05.ontime"), nodes.hint("t05.ontime")) == ("t05.ontime@note", "t05.ontime@hint")
    assert (nodes.score("t05"), nodes.points("t05"), nodes.step("t05", 1), nodes.veto("t05", 1)) == (
        *("t05=", "t05$", "t05#1", "t05!1"),
    )
    assert (nodes.group_score("g1"), nodes.group_points("g1")) == ("group:g1", "points:g1")
    own = [nodes.own(node) for node in ("t05.ontime", "t05.ontime?", "t05#1", "t05=", "total", "setup.x", "setup.x?")]
    assert own == [
        "t05.ontime@own",
        "t05.ontime?@self",
        "t05#1@self",
        "t05=@self",
        "total@self",
        "setup.x",
        "setup.x?",
    ]
    assert (nodes.input_name("t05.ontime"), nodes.outcome_name("total")) == ("in_t05__ontime", "out_total")
    assert nodes.named_input("out_total") == nodes.named_input("marked_rows") == ""
