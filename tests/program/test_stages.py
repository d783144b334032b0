"""A new stage is one entry of `stages.STAGES`: workbooks of four stages are built, filled, read, scored, checked, carried into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from xl_kpi import api
from xl_kpi.engines import named
from xl_kpi.findings import WorkbookError
from xl_kpi.program import stages
from xl_kpi.program.stages import Stage
from xl_kpi.xlsx.book import book
from xl_kpi.xlsx.package import unpack

SMALL = Path(__file__).resolve().parent.parent / "golden" / "small.yaml"
WORKED: dict[str, Any] = yaml.safe_load((SMALL.parent / "small.answers.yaml").read_text(encoding="utf-8"))
UNIT = "示例疾控中心"
FOURTH = Stage("preliminary", "初审", "初审", "初审人员", "review")  # between 自评 and 复核

pytestmark = pytest.mark.xdist_group("small")


@pytest.fixture
def of_three(tmp_path: Path) -> Path:
    """A filled workbook of the scheme's version before, as it was sent out with three stages."""
    scheme = tmp_path / "before.yaml"  # a scheme of its own: plans are kept by scheme
    scheme.write_text(SMALL.read_text(encoding="utf-8").replace("version: 3", "version: 2"), encoding="utf-8")
    path = tmp_path / "三个阶段.xlsx"
    path.write_bytes(api.build(api.scheme(str(scheme)), UNIT))
    path.write_bytes(api.fill(path, WORKED["answers"], str(scheme)))
    path.write_bytes(api.fill(path, {"stage": "final", "answers": {"t3.accidents": 2}}, str(scheme)))
    return path


@pytest.fixture
def scheme(of_three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The scheme's file, with a fourth stage from here on."""
    first, *later = stages.STAGES
    monkeypatch.setattr(stages, "STAGES", (first, FOURTH, *later))
    path = tmp_path / "four.yaml"
    path.write_text(SMALL.read_text(encoding="utf-8").replace("version: 3", "version: 4"), encoding="utf-8")
    return str(path)


@pytest.fixture
def workbook(scheme: str, tmp_path: Path) -> Path:
    """A workbook of four stages, filled by the unit as worked by hand: 67.5 points."""
    path = tmp_path / "四个阶段.xlsx"
    path.write_bytes(api.build(api.scheme(scheme), UNIT))
    path.write_bytes(api.fill(path, WORKED["answers"], scheme))
    return path


def computed(path: Path, engine: str) -> dict[str, Any]:
    return dict(named(engine).recalculate([path.read_bytes()])[0])


def test_each_stages_column_stands_in_its_place_and_its_people_are_told(workbook: Path, scheme: str) -> None:
    plan = api.program(api.scheme(scheme))
    assert [stage.id for stage in plan.stages] == ["self", "preliminary", "review", "final"]
    mapped = api.workbook_map(workbook, scheme)
    for entry in mapped["inputs"]:
        row = entry["cells"]["self"].removeprefix("数据填报!E")
        columns = {stage: at.removeprefix("数据填报!").removesuffix(row) for stage, at in entry["cells"].items()}
        assert columns == {"self": "E", "preliminary": "F", "review": "G", "final": "H", "note": "M"}
    names = {name.name: name.refers_to for name in book(unpack(workbook.read_bytes())).names}
    self_reported = {i["id"]: i["cells"]["self"].partition("!E")[2] for i in mapped["inputs"]}
    assert names["in_t3__accidents"] == f"'数据填报'!$E${self_reported['t3.accidents']}"
    texts = unpack(workbook.read_bytes())["xl/sharedStrings.xml"].decode()
    assert "单位填“自报值”，初审人员填“初审值”，复核人员填“核实值”，终裁人员填“终裁值”" in texts
    assert "初审人员在“初审值”、复核人员在“核实值”、终裁人员在“终裁值”中填写与自报不同的数" in texts


def test_the_last_value_counts_in_numpy_in_the_formulas_and_in_another_engine(workbook: Path, scheme: str) -> None:
    # 1 accident costs 5 of 20 points. The stages say 3, then 4, then 0: 10 less, 15 less, 5 more than the unit's 67.5.
    for stage, accidents, total, word in (
        ("preliminary", 3, 57.5, "初审"),
        ("review", 4, 52.5, "复核"),
        ("final", 0, 72.5, "终裁"),
    ):
        answers = {"stage": stage, "answers": {"t3.accidents": accidents}}
        workbook.write_bytes(api.fill(workbook, answers, scheme))
        workbook.write_bytes(api.recalculated(workbook, scheme))
        mapped = api.workbook_map(workbook, scheme)
        assert mapped["stage"] == stage
        report = api.check(workbook, scheme)
        assert report.verdict == "accept", report.findings
        assert report.assessment is not None
        assert (report.assessment.total, report.assessment.self_total) == (total, 67.5)
        by_formula = computed(workbook, "formualizer")
        assert by_formula[mapped["outputs"]["total"]] == total
        shown_stage = [value for at, value in by_formula.items() if at.startswith("封面!") and value == word]
        assert shown_stage == [word]


def test_a_finding_names_the_cell_of_the_stage_whose_value_counts(workbook: Path, scheme: str) -> None:
    workbook.write_bytes(api.fill(workbook, {"stage": "preliminary", "answers": {"t3.accidents": -1}}, scheme))
    mapped = {entry["id"]: entry["cells"] for entry in api.workbook_map(workbook, scheme)["inputs"]}
    found = [f for f in api.check(workbook, scheme).findings if f.code == "out-of-range"]
    assert [f"{f.sheet}!{f.cell}" for f in found] == [mapped["t3.accidents"]["preliminary"]]


def test_an_unknown_stage_is_refused_with_the_four_there_are(workbook: Path, scheme: str) -> None:
    with pytest.raises(WorkbookError, match="self、preliminary、review 或 final"):
        api.fill(workbook, {"stage": "appeal", "answers": {}}, scheme)


def test_answers_of_a_workbook_with_three_stages_are_carried_into_their_columns(
    of_three: Path, scheme: str, tmp_path: Path
) -> None:
    into = tmp_path / "新表.xlsx"
    into.write_bytes(api.build(api.scheme(scheme), UNIT))
    carried = api.carry(of_three, into, scheme)
    assert carried.left == []
    into.write_bytes(carried.package)
    assert api.workbook_map(into, scheme)["stage"] == "final"
    assessment = api.check(into, scheme).assessment
    assert assessment is not None
    assert (assessment.self_total, assessment.total) == (67.5, 62.5)
