"""The question about a percentage that may be a hundred times too small or too large; what is asked is worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from cases import CASES, Case
from said import zh

from xl_kpi import api
from xl_kpi.engines.base import Engine
from xl_kpi.expr import ops
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.program.questions import Standard, question
from xl_kpi.rules.parts import Ask, Input

HINT, NOTE, SELF = "@hint", "@note", "@self"

RATE = Input(id="r", label="及时率", kind="percent")
WIDE = Input(id="r", label="完成率", kind="percent", max=10)
GROWTH = Input(id="r", label="增幅", kind="percent", min=-1, max=10)
MEANT, WRONG = "请改正，或在填报说明中写明", "请改正"
FAR = "远低于标准，请核对；连百分号一起输入"
SATISFIED: Standard = (0.95, 0.95)
TENTH: Standard = (0.1, 0.1)
HALF: Standard = (0.5, 0.5)
FAULTS: Standard = (0.01, 0.01)  # a standard at most this
EDGE: Standard = (0.015, 0.015)
BEDS: Standard = (0.9, 0.95)
ASKED: Standard = (Ask(ask=Input(id="std", label="标准", kind="percent")),) * 2  # type: ignore[assignment]  # two alike


@pytest.mark.parametrize(
    ("spec", "standard", "value", "asked"),
    [
        (RATE, SATISFIED, 0.0095, f"是不是95%？{MEANT}"),  # 0.95 typed into a cell for percentages
        (RATE, SATISFIED, 0.00985, f"是不是98.5%？{MEANT}"),
        (RATE, SATISFIED, 0.01, f"是不是100%？{MEANT}"),  # 1
        (RATE, SATISFIED, 0.003, f"是不是30%？{MEANT}"),  # under 1.5%, however far from the standard
        (RATE, SATISFIED, 0.012, FAR),  # 120% is out of range
        (RATE, SATISFIED, 0.00005, FAR),  # 0.5% is nothing to ask about
        (RATE, SATISFIED, 0.0149, FAR),
        (RATE, SATISFIED, 0.015, ""),
        (RATE, SATISFIED, 0.0, ""),
        (RATE, SATISFIED, -0.01, ""),
        (RATE, SATISFIED, 0.3, ""),  # bad, and likely
        (RATE, SATISFIED, 0.95, ""),
        (RATE, SATISFIED, 1.0, ""),
        (RATE, SATISFIED, 1.2, ""),  # out of range, and a hundredth of it no likelier
        (RATE, SATISFIED, 98.5, f"是不是98.5%？{WRONG}"),  # pasted
        (RATE, SATISFIED, 30.0, f"是不是30%？{WRONG}"),
        (RATE, SATISFIED, 101.0, ""),
        (RATE, HALF, 0.003, f"是不是30%？{MEANT}"),  # near: 25% to 100%
        (RATE, HALF, 0.002, ""),
        (RATE, TENTH, 0.001, f"是不是10%？{MEANT}"),
        (RATE, TENTH, 0.0005, f"是不是5%？{MEANT}"),  # near: 5% to 20%
        (RATE, TENTH, 0.002, f"是不是20%？{MEANT}"),
        (RATE, TENTH, 0.0004, ""),
        (RATE, TENTH, 0.0021, ""),
        (RATE, TENTH, 0.03, ""),
        (RATE, TENTH, 10.0, f"是不是10%？{WRONG}"),
        (WIDE, TENTH, 10.0, f"是不是10%？{MEANT}"),  # 1000% is in its range
        (WIDE, SATISFIED, 0.012, f"是不是120%？{MEANT}"),
        (WIDE, SATISFIED, 9.5, ""),
        (WIDE, SATISFIED, 98.5, f"是不是98.5%？{WRONG}"),
        (GROWTH, TENTH, -0.001, ""),
        (RATE, BEDS, 0.0092, f"是不是92%？{MEANT}"),
        (RATE, FAULTS, 0.004, ""),  # a good rate
        (RATE, FAULTS, 0.0001, ""),
        (RATE, FAULTS, 0.8, ""),
        (RATE, EDGE, 0.0001, ""),
        (RATE, None, 0.0095, ""),  # nothing to hold it against
        (RATE, None, 12.5, f"是不是12.5%？{WRONG}"),
        (RATE, None, 1.5, ""),
        (RATE, SATISFIED, "95%", ""),
        (RATE, SATISFIED, None, ""),
    ],
)
def test_what_is_asked_about_a_percentage(
    spec: Input, standard: Standard | None, value: float | str | None, asked: str
) -> None:
    op = question("r", "note", spec, standard)
    batch = Batch(3)
    batch.put("r", [value] * 3)
    batch.put("note", [None, "属实", ""])
    batch.compute("hint", op)
    assert [batch.value("hint", row) or "" for row in range(3)] == [asked, "", asked]


def test_a_standard_of_the_bureaus_counts_once_it_is_filled_in() -> None:
    op = question("r", "note", RATE, ASKED)
    standards = [None, "九成", 0.95, 0.1, 0.01]
    batch = Batch(len(standards))
    batch.put("setup.std", standards)
    batch.put("note", [None] * len(standards))
    for value, asked in [
        (0.0095, ["", "", f"是不是95%？{MEANT}", "", ""]),
        (0.001, ["", "", f"是不是10%？{MEANT}", f"是不是10%？{MEANT}", ""]),
        (98.5, [f"是不是98.5%？{WRONG}"] * 5),
    ]:
        batch.put("r", [value] * len(standards))
        batch.compute("hint", op)
        assert [batch.value("hint", row) or "" for row in range(len(standards))] == asked


def test_every_percentage_of_the_schemes_with_a_standard_is_asked_about() -> None:
    """Typed a hundred times too small at its standard; those at most 1.5%, and the bureau's own, are exempt."""
    asked = exempt = 0
    for name in api.schemes():
        for level in api.describe(name).levels or (None,):
            program = api.program(api.scheme(name, level))
            standards = {
                bound.id: bound.measured_by[0]
                for bound in program.inputs()
                if bound.spec.kind == "percent" and bound.measured_by and isinstance(bound.measured_by[0], float)
            }
            # Each in a workbook of its own.
            batch = program.evaluate([{id + SELF: standard / 100} for id, standard in standards.items()])
            for row, (id, standard) in enumerate(standards.items()):
                found = batch.value(id + HINT, row)
                if standard <= 0.015:
                    exempt += 1
                    assert found is None, id
                else:
                    asked += 1
                    assert found == f"是不是{standard * 100:.10g}%？{MEANT}", id
    assert asked > 100
    assert exempt == 2  # 废证率 at most 1%, 漏报率 at most 0.5%


def test_no_case_worked_by_hand_is_asked_about_without_cause(record_property: Callable[[str, object], None]) -> None:
    """False alarms, over every percentage in every case; what is asked about there is out of range or meant as wrong."""
    answers = 0
    alarms = []
    of_one_plan = groupby(sorted(CASES, key=_scheme_and_level), _scheme_and_level)
    for case, node, value, asked in (found for _, cases in of_one_plan for found in _asked_in(list(cases))):
        answers += 1
        if asked and value <= 1:
            alarms.append(f"{case.id}: {node} {value}: {asked}")
    record_property("percentages in cases", answers)
    record_property("false alarms", len(alarms))
    assert answers > 1000
    assert alarms == []


def _scheme_and_level(case: Case) -> tuple[str, str]:
    return case.scheme, case.level or ""


def _asked_in(cases: list[Case]) -> list[tuple[Case, str, float, str]]:
    """Every percentage in cases of one scheme and level, and what is asked about it."""
    program = cases[0].plan.program
    batch = program.evaluate([{f"{name}{SELF}": value for name, value in case.answers.items()} for case in cases])
    return [
        (case, bound.id, value, str(batch.value(bound.id + HINT, row) or ""))
        for row, case in enumerate(cases)
        for bound in program.inputs()
        if bound.spec.kind == "percent" and isinstance(value := batch.value(bound.id, row), float)
    ]


def test_the_workbook_asks_what_the_check_asks_until_it_is_confirmed(
    tmp_path: Path, engine_named: Callable[[str], Engine]
) -> None:
    settled = api.scheme("zaozhuang-hospital-2022")
    path = tmp_path / "上报.xlsx"
    path.write_bytes(api.build(settled))
    answers = {"t09.timely": 0.0095, "t09.satisfied": 98.5, "t41.done": 0.012, "t24.voided": 0.004, "t38.omitted": 0}
    path.write_bytes(api.fill(path, answers))
    inputs = {item["id"]: item["cells"] for item in api.workbook_map(path)["inputs"]}
    hints = {name: inputs[name]["self"].replace("!E", "!J") for name in answers}

    def on_the_page() -> dict[str, object]:
        shown = engine_named("formualizer").recalculate([path.read_bytes()])[0]
        return {name: shown[hint] for name, hint in hints.items()}

    def in_check() -> dict[str, str]:
        cells = {inputs[name]["self"]: name for name in answers}
        found = api.check(path).findings
        asked = {cells.get(f"{f.sheet}!{f.cell}", ""): f for f in found if f.code in ("question", "out-of-range")}
        assert {f.severity for f in found if f.code == "question"} <= {"info"}
        return {name: zh(f) for name, f in asked.items()}

    note = inputs["t09.timely"]["note"].partition("!")[2]
    assert on_the_page() == {
        "t09.timely": f"是不是95%？{MEANT}",
        "t09.satisfied": f"是不是98.5%？{WRONG}",
        "t41.done": f"是不是120%？{MEANT}",
        "t24.voided": "",
        "t38.omitted": "",
    }
    told = in_check()
    assert told.keys() == {"t09.timely", "t09.satisfied", "t41.done"}
    assert told["t09.timely"] == f"“办结及时率”填的是 0.95%，是不是95%？请改正，或在填报说明（{note}）中写明"
    assert told["t09.satisfied"] == "“回访满意率”填的是 9850%，应在 0% 至 100% 之间，是不是98.5%？请改正"
    path.write_bytes(api.fill(path, {"notes": {"t09.timely": "全年仅办结一件", "t41.done": "属实"}}))
    assert on_the_page() == dict.fromkeys(answers, "") | {"t09.satisfied": f"是不是98.5%？{WRONG}"}
    assert in_check().keys() == {"t09.satisfied"}


def test_a_question_reads_nothing_but_the_value_its_note_and_its_standard() -> None:
    program = api.program(api.scheme("zaozhuang-cdc-2022"))
    hints = {node: op for node, op in program.formulas.items() if node.endswith(HINT)}
    assert hints
    for node, op in hints.items():
        own = node.removesuffix(HINT)
        read = {i for i in ops.ids(op) if not i.startswith("setup.")}
        assert read == {own, own + NOTE}
