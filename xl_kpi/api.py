"""The public functions: values in, dataclasses out.

scheme = api.scheme("zaozhuang-hospital-2022")
content = api.build(scheme, unit="枣庄市立医院")
report = api.check(Path("枣庄市立医院_2022_zaozhuang-hospital-2022.xlsx"))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from xl_kpi.findings import Finding, SchemeError, WorkbookError, XlKpiError, either, finding, worst
from xl_kpi.rules.base import Level
from xl_kpi.scheme import lint as linting
from xl_kpi.scheme import load as loading
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.program import FINAL, REVIEW, SELF, Program
from xl_kpi.scoring import checks
from xl_kpi.scoring.run import Assessment, Typed, assess, run
from xl_kpi.workbook import clone, compare, read
from xl_kpi.workbook.cells import Value, patch_cells
from xl_kpi.workbook.draft import a1
from xl_kpi.workbook.package import replace_parts, unpack
from xl_kpi.workbook.plan import Plan, plan_of
from xl_kpi.workbook.read import Filled
from xl_kpi.workbook.units import unwritable

Verdict = Literal["accept", "flag", "reject"]
STAGES: dict[str, str] = {"self": SELF, "review": REVIEW, "final": FINAL}


@dataclass(frozen=True)
class Report:
    """What checking one file came to: one verdict, the outcome where there is one, and every finding."""

    file: str
    verdict: Verdict
    code: str
    findings: tuple[Finding, ...]
    scheme: str = ""
    unit: str = ""
    year: int | None = None
    assessment: Assessment | None = None

    def as_json(self) -> dict[str, Any]:
        """The keys of the command line's contract."""
        result: dict[str, Any] = {
            "file": self.file,
            "verdict": self.verdict,
            "code": self.code,
            "scheme": self.scheme,
            "unit": self.unit,
            "year": self.year,
        }
        result |= dict.fromkeys(("complete", "total", "max", "rate", "grade"))
        result |= {"vetoes": [], "groups": [], "tasks": []}
        if self.assessment is not None:
            result |= _assessment_json(self.assessment)
        return result | {"findings": [f.as_json() for f in self.findings]}


def _assessment_json(a: Assessment) -> dict[str, Any]:
    return {
        "complete": a.complete,
        "total": a.total,
        "self_total": a.self_total,
        "max": a.max,
        "rate": a.rate,
        "grade": a.grade,
        "missing": a.missing,
        "invalid": a.invalid,
        "vetoes": [{"task": v.task, "effect": v.effect} for v in a.vetoes],
        "groups": [{"id": g.id, "name": g.name, "points": g.points, "score": g.score} for g in a.groups],
        "tasks": [
            {"id": t.id, "name": t.name, "points": t.points, "self": t.self, "final": t.final} for t in a.tasks
        ],
    }


def schemes() -> list[str]:
    """The names of the schemes shipped."""
    return loading.names()


def describe(name: str) -> Scheme:
    """A scheme as written, its level not settled. Raises SchemeError."""
    return loading.load(name)


def scheme(name: str, level: Level | None = None, year: int | None = None) -> Scheme:
    """A scheme by name or path, settled for a level, for its own year or another. Raises SchemeError."""
    loaded = loading.load(name)
    if year is not None:
        if not 2000 <= year <= 2100:
            raise SchemeError(finding("scheme-year", year=year))
        loaded = loaded.model_copy(update={"year": year})
    return loading.settle(loaded, level)


def lint(name: str) -> list[Finding]:
    """Every finding about a scheme. Raises SchemeError where it does not even load."""
    return list(linting.lint(loading.load(name)))


def build(settled: Scheme, unit: str = "", code: str = "") -> bytes:
    """The blank workbook of a unit (the scheme's own unless named), the same bytes every time.

    Raises XlKpiError for a name or code that cannot stand in a workbook.
    """
    if unwritable(unit + code):
        why = either("单位名称或代码含有不可见的控制字符", "the unit's name or code holds control characters")
        raise XlKpiError(finding("units", file="", where="", why=why))
    return clone.blank(settled, unit.strip() or settled.unit, code.strip())


def filename(settled: Scheme, unit: str = "") -> str:
    """The name a unit's workbook goes by; characters no file name may hold are replaced."""
    safe = "".join("_" if char in '\\/:*?"<>|' or ord(char) < 32 else char for char in unit or settled.unit)
    return f"{safe.strip('. ')}_{settled.year}_{settled.id}.xlsx"


def score(settled: Scheme, answers: Typed) -> Assessment:
    """The outcome of answers by input id (`t05.ontime`), as 自报值. Percentages are fractions, dates serials."""
    program = plan_of(settled).program
    batch = run(program, [{f"{name}{SELF}": value for name, value in answers.items()}])
    return assess(program, batch, 0)


def workbook_map(path: Path, scheme_file: str = "") -> dict[str, Any]:
    """Where everything is in a workbook (`xl-kpi map`). Raises WorkbookError for a file that is not ours."""
    filled = read.read(path)
    plan = _plan_for(filled, scheme_file)
    return {
        "scheme": plan.scheme.id,
        "version": plan.scheme.version,
        "unit": _text(filled.meta.get("unit")),
        "year": plan.scheme.year,
        "level": plan.scheme.level,
        "stage": _stage(filled.typed(plan)),
        "fingerprint": plan.fingerprint,
        "inputs": plan.input_map(),
        "outputs": plan.output_map(),
    }


def _stage(typed: Mapping[str, Value]) -> str:
    """The last stage at which anything was filled in: self, review or final."""
    used = {node.rpartition("@")[2] for node in typed}
    return next((stage for stage in ("final", "review") if stage in used), "self")


def fill(path: Path, answers: Mapping[str, Any], scheme_file: str = "") -> bytes:
    """The workbook with answers typed into it; every other cell and part stays as it is.

    `answers` is {input id: value}, or {"stage": "review", "answers": {...}}; None empties a cell. Raises WorkbookError
    for a file that is not ours, and for answers that name no input or are neither number, text nor null.
    """
    filled = read.read(path)
    plan = _plan_for(filled, scheme_file)
    stage, values = _answers(answers)
    known = {bound.id for bound in plan.program.inputs()}
    wrong = [why for name, value in values.items() if (why := _unusable(name, value, known))]
    if wrong:
        raise WorkbookError(*(finding("answers", why=why) for why in wrong))
    typed = {plan.homes[name + stage]: None if value == "" else value for name, value in values.items()}
    return _patched(filled, typed, False)


LONGEST_TEXT = 32767  # what Excel takes in one cell


def _unusable(name: str, value: object, known: set[str]) -> str:
    """Why an answer cannot be typed into the workbook; empty where it can."""
    if name not in known:
        return either(f"没有填报项“{name}”", f"there is no input {name!r}")
    if isinstance(value, bool) or not isinstance(value, int | float | str | None):
        return either(f"“{name}”的值 {value!r} 应为数字、文字或空", f"{name!r}: {value!r} is no number, text or null")
    if isinstance(value, int | float) and not (abs(value) < 1e300):
        return either(f"“{name}”的值不是有限的数", f"{name!r}: not a finite number")
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or re.search("[\ud800-\udfff]", value)):
        why = f"“{name}”的文字超过 {LONGEST_TEXT} 字或含有无效字符"
        return either(why, f"{name!r}: over {LONGEST_TEXT} characters, or not valid text")
    return ""


def _answers(answers: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if "stage" not in answers:
        return SELF, answers
    stage, values = answers["stage"], answers.get("answers")
    if stage not in STAGES or not isinstance(values, Mapping):
        why = either(
            "stage 应为 self、review 或 final，answers 应为键值", "stage is self, review or final; answers an object"
        )
        raise WorkbookError(finding("answers", why=why))
    return STAGES[stage], values


def recalculated(path: Path, scheme_file: str = "") -> bytes:
    """The workbook with the cached value of every formula cell worked out anew; nothing else changes.

    A constant that stands where a formula should stays as it is: `check` reports it. Raises WorkbookError.
    """
    filled = read.read(path)
    plan = _plan_for(filled, scheme_file)
    program = plan.program
    batch = run(program, [filled.typed(plan)])
    values = {
        (sheet, address): value
        for (sheet, address), value in compare.shown(plan, batch, 0).items()
        if (cell := filled.cells[sheet].get(a1(*address))) is not None and cell.formula is not None
    }
    return _patched(filled, values, True)


def _patched(filled: Filled, values: Mapping[tuple[str, tuple[int, int]], Value], keep_formulas: bool) -> bytes:
    by_sheet: dict[str, dict[str, Value]] = {}
    for (sheet, address), value in values.items():
        by_sheet.setdefault(sheet, {})[a1(*address)] = value
    parts = unpack(filled.package)
    try:
        changed = {
            filled.parts[sheet]: patch_cells(parts[filled.parts[sheet]], cells, keep_formulas=keep_formulas)
            for sheet, cells in by_sheet.items()
        }
    except KeyError as error:
        why = either(f"缺少单元格 {error.args[0]}", f"the cell {error.args[0]} is missing")
        raise WorkbookError(finding("structure", why=why)) from None
    return replace_parts(filled.package, changed)


def check(path: Path, scheme_file: str = "") -> Report:
    """One file's verdict, outcome and findings. Never raises for what is in the file."""
    name = path.name
    try:
        filled = read.read(path)
        plan = _plan_for(filled, scheme_file)
    except WorkbookError as error:
        return Report(name, "reject", error.findings[0].code, error.findings)
    batch = run(plan.program, [filled.typed(plan)])
    findings = (
        *_issue_findings(plan, checks.issues(plan.program, batch, 0)),
        *compare.findings(plan, filled, batch, 0),
    )
    verdict: Verdict = "flag" if worst(findings) in ("error", "warning") else "accept"
    code = next((f.code for f in findings if f.severity != "info"), "ok")
    unit = _text(filled.meta.get("unit"))
    outcome = assess(plan.program, batch, 0)
    return Report(name, verdict, code, findings, plan.scheme.id, unit, plan.scheme.year, outcome)


def _issue_findings(plan: Plan, issues: Iterator[checks.Issue]) -> Iterator[Finding]:
    for issue in issues:
        yield finding(issue.code, at=plan.at(issue.node), **issue.details)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else "" if value is None else f"{value:g}"


def _plan_for(filled: Filled, scheme_file: str) -> Plan:
    """The plan a workbook was built from. Raises WorkbookError where the scheme is unknown or another version."""
    meta, file = filled.meta, filled.file
    wanted = scheme_file or _text(meta.get("scheme"))
    if not scheme_file and wanted not in loading.names():
        why = either(
            f"方案“{wanted}”不在现有方案中，请用 --scheme 指明方案文件",
            f"no scheme {wanted!r}; name its file with --scheme",
        )
        raise WorkbookError(finding("not-ours", file=file, why=why))
    level, year = _text(meta.get("level")) or None, meta.get("year")
    loaded = loading.load(wanted)
    found, current = meta.get("version"), loaded.version
    if found != current:
        raise WorkbookError(finding("other-version", file=file, found=_text(found), current=current))
    if year not in range(2000, 2101) or (loaded.levels and level not in loaded.levels):
        why = either("年度或层级标识无效", "its year or level is not valid")
        raise WorkbookError(finding("not-ours", file=file, why=why))
    plan = plan_of(scheme(wanted, level, int(year)))  # type: ignore[arg-type]  # both checked above
    if meta.get("fingerprint") != plan.fingerprint:
        why = either("方案内容与现行版本不同（指纹不符）", "the scheme in force is another (fingerprint)")
        raise WorkbookError(finding("not-ours", file=file, why=why))
    missing = [sheet for sheet in plan.sheets if sheet not in filled.cells]
    if missing:
        why = either(f"缺少工作表：{'、'.join(missing)}", f"sheets are missing: {', '.join(missing)}")
        raise WorkbookError(finding("structure", why=why))
    moved = compare.displaced(plan, filled)
    if moved:
        raise WorkbookError(finding("structure", why=moved))
    return plan


def program(settled: Scheme) -> Program:
    """The program of a settled scheme: every input, formula and outcome."""
    return plan_of(settled).program
