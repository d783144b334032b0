"""Files spoilt at random: one verdict each, no crash, no hang, no gigabyte; and what is accepted is scored rightly.

Spoilt are the archive's bytes, the bytes of a part, a part's elements and attributes, and what stands in cells; every
file comes from a number, the same on every run. An accepted file is judged anew: openpyxl reads its inputs, the scorer
scores them, and the total, the grade and the cell that shows the total must say the same.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from at_random import base_of, spoilt
from hostile_book import Book, case_of, filled, outcome_of
from hostile_child import checked
from openpyxl.utils.datetime import to_excel

from xl_kpi.findings import CATALOGUE
from xl_kpi.program.assessment import assess

STAGES = ("@self", "@review", "@final")

CHUNKS = 5
SPOILT, MANY = 500, 10_000


# --- judging


def judge(content: bytes, report: Mapping[str, Any], base: str) -> str:
    """What is wrong with a report, in words; empty if nothing is."""
    verdict, findings = report["verdict"], report["findings"]
    grave = [found for found in findings if found["severity"] != "info"]
    if verdict not in ("accept", "flag", "reject"):
        return f"{verdict} {report['code']}"
    if bool(grave) == (verdict == "accept"):
        return f"{verdict} with {len(grave)} findings to act on"
    if verdict != "accept" and report["code"] not in {found["code"] for found in grave} & set(CATALOGUE):
        return f"the code {report['code']} is not among the findings"
    if verdict == "reject":
        return "" if report["total"] is None else "rejected, and scored"
    if verdict == "flag":
        return ""
    found_vetoes = {(veto["task"], veto["effect"]) for veto in report["vetoes"]}
    outcome = (report["total"], report["grade"], found_vetoes)
    if _same_cells(content, base):
        worked = outcome_of(base)
        right_outcome = (worked.total, worked.grade, set(worked.vetoes))
        return "" if outcome == right_outcome else f"{outcome}, not as worked by hand {right_outcome}"
    program = case_of(base).plan.program
    try:
        book = _opened(content)
    except ElementTree.ParseError as error:
        return f"accepted, and its XML is not well-formed: {error}"
    except Exception:  # openpyxl refuses attributes it does not know, which change no number
        return ""
    typed: dict[str, float | str] = {}
    for bound in program.inputs():
        for stage in STAGES:
            value = book.get(case_of(base).plan.at(bound.id + stage))
            if value not in (None, ""):
                typed[bound.id + stage] = value
    right = assess(program, program.evaluate([typed]), 0)
    vetoes = {(veto.task, veto.effect) for veto in right.vetoes}
    if outcome != (right.total, right.grade, vetoes):
        return f"{outcome}, not {(right.total, right.grade, vetoes)}"
    shown = book.get(case_of(base).plan.at("total"))
    if shown != right.total and "not-recalculated" not in {found["code"] for found in findings}:
        return f"the total shows {shown!r}, not {right.total}"
    return ""


def _same_cells(content: bytes, base: str) -> bool:
    """Whether the two sheets concerned are, byte for byte, those of the workbook that was spoilt."""
    untouched = Book(base)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [untouched.sheet(name) for name in ("数据填报", "汇总")]
        return all(archive.read(name) == untouched.parts[name] for name in names)


def _opened(content: bytes) -> dict[str, Any]:
    """What stands in the cells of the two sheets concerned, as openpyxl reads them; dates as numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        cells: dict[str, Any] = {}
        for name in ("数据填报", "汇总"):
            book[name].reset_dimensions()
            for row in book[name].iter_rows():
                for cell in row:
                    if cell.value is not None:
                        value = to_excel(cell.value) if isinstance(cell.value, datetime) else cell.value
                        cells[f"{name}!{cell.coordinate}"] = float(value) if isinstance(value, int) else value
    return cells


def judged(seeds: range, folder: Path) -> Counter[str]:
    """Spoil, check in a process of its own, and judge; the verdicts counted."""
    paths = {str(folder / f"{seed}.xlsx"): seed for seed in seeds}
    for path, seed in paths.items():
        Path(path).write_bytes(spoilt(seed))
    reports = checked(list(paths), folder / "child").reports
    verdicts: Counter[str] = Counter()
    wrong = []
    for path, report in reports.items():
        verdicts[report["verdict"]] += 1
        seed = paths[path]
        if why := judge(Path(path).read_bytes(), report, base_of(seed)):
            wrong.append(f"seed {seed}: {why}")
        Path(path).unlink()
    assert wrong == []
    return verdicts


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_a_file_spoilt_at_random_has_one_verdict_and_is_never_scored_wrongly(chunk: int, tmp_path: Path) -> None:
    size = SPOILT // CHUNKS
    verdicts = judged(range(chunk * size, (chunk + 1) * size), tmp_path)
    assert set(verdicts) == {"accept", "flag", "reject"}, verdicts


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(20))
def test_thousands_of_files_spoilt_at_random_have_one_verdict_each(
    chunk: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if "slow" not in request.config.option.markexpr:
        pytest.skip("很慢，用 pytest -m slow 运行")
    size = MANY // 20
    print(judged(range(1_000_000 + chunk * size, 1_000_000 + (chunk + 1) * size), tmp_path))


# --- what the judging is worth


def test_a_seed_spoils_the_same_way_every_time() -> None:
    assert [spoilt(seed) for seed in range(8)] == [spoilt(seed) for seed in range(8)]


def test_a_wrong_total_of_an_accepted_file_is_noticed() -> None:
    content, right = filled("blood"), outcome_of("blood")
    report = {"verdict": "accept", "findings": [], "total": right.total, "grade": right.grade, "vetoes": []}
    assert judge(content, report, "blood") == ""
    assert "301.41" in judge(content, {**report, "total": 301.42}, "blood")
    assert "优秀" in judge(content, {**report, "grade": "优秀"}, "blood")
    stale = bytes(Book("blood").shows("汇总!D8", "390"))
    assert judge(stale, report, "blood") == "the total shows 390.0, not 301.41"
