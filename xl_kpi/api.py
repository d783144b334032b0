"""The public functions: values in, dataclasses out.

scheme = api.scheme("zaozhuang-hospital-2022")
content = api.build(scheme, unit="枣庄市立医院")
report = api.check(Path("枣庄市立医院_2022_zaozhuang-hospital-2022.xlsx"))
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xl_kpi import engines
from xl_kpi.blank import clone
from xl_kpi.bulk.returns import Crew, Row, check_all, recalculate_all
from xl_kpi.findings import Finding, SchemeError, WorkbookError, XlKpiError, finding
from xl_kpi.layout.plan import filename, plan_of
from xl_kpi.program import issues, nodes
from xl_kpi.program.answers import reading
from xl_kpi.program.assessment import Assessment, Typed, assess
from xl_kpi.program.build import Program
from xl_kpi.program.stages import Stage
from xl_kpi.returned import check as checking
from xl_kpi.returned.carry import Carried, carry
from xl_kpi.returned.check import ANY, NATIVE, Asked, Report
from xl_kpi.returned.read import read
from xl_kpi.returned.rewrite import patched
from xl_kpi.returned.verify import examine
from xl_kpi.rules.parts import Input, Level
from xl_kpi.scheme import lint as linting
from xl_kpi.scheme import load as loading
from xl_kpi.scheme.model import Scheme
from xl_kpi.units.listing import unwritable
from xl_kpi.words import Said, said
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.cells import ReadValue
from xl_kpi.xlsx.source import Source

__all__ = [
    "ANY",
    "NATIVE",
    "Asked",
    "Carried",
    "Crew",
    "Filling",
    "Report",
    "Row",
    "Source",
    "build",
    "carry",
    "check",
    "check_all",
    "describe",
    "filename",
    "fill",
    "filling",
    "lint",
    "patched",
    "program",
    "recalculate_all",
    "recalculated",
    "scheme",
    "schemes",
    "score",
    "workbook_map",
]


def schemes() -> list[str]:
    """The names of the schemes shipped."""
    return list(loading.names())


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
        why = said("units.unwritable-name")
        raise XlKpiError(finding("units", file="", where="", why=why))
    return clone.blank(settled, unit.strip() or settled.unit, code.strip())


def score(settled: Scheme, answers: Typed) -> Assessment:
    """The outcome of answers by input id (`t05.ontime`), as 自报值. Percentages are fractions, dates serials."""
    program = plan_of(settled).program
    first = program.stages[0]
    batch = program.evaluate([{nodes.typed(name, first): value for name, value in answers.items()}])
    return assess(program, batch, 0)


def workbook_map(source: Source, scheme_file: str = "") -> dict[str, Any]:
    """Where everything is in a workbook (`xl-kpi map`). Raises WorkbookError for a file that is not ours."""
    filled = read(source, scheme_file)
    plan = filled.plan
    return {
        "scheme": plan.scheme.id,
        "version": plan.scheme.version,
        "unit": filled.meta.unit,
        "year": plan.scheme.year,
        "level": plan.scheme.level,
        "stage": plan.program.reached(filled.typed()).id,
        "fingerprint": plan.fingerprint,
        "inputs": plan.input_map(),
        "outputs": plan.output_map(),
    }


@dataclass(frozen=True)
class Filling:
    """A workbook with answers typed into it, and a remark on each that was written as given and does not fit."""

    content: bytes
    remarks: tuple[Finding, ...] = ()


def fill(source: Source, answers: Mapping[str, Any], scheme_file: str = "") -> bytes:
    """The workbook with answers typed into it, as `filling` does it."""
    return filling(source, answers, scheme_file).content


def filling(source: Source, answers: Mapping[str, Any], scheme_file: str = "") -> Filling:
    """The workbook with answers typed into it; every other cell and part stays as it is.

    `answers` is {input id: value}, or {"stage": "review", "answers": {...}, "notes": {input id: text}}; None empties a
    cell, notes go to 填报说明. A text is typed as the kind of its input has it where it says one thing only:
    "2022-06-30" becomes a date, "98.5%" a percentage. Another one stays as it is given, with a remark. Raises
    WorkbookError for a file that is not ours, and for answers that name no input or are neither number, text nor null.
    """
    filled = read(source, scheme_file)
    examine(filled)  # a workbook whose rows were moved is not written to
    plan = filled.plan
    stage, values, notes = _answers(answers, plan.program.stages)
    specs = {bound.id: bound.spec for bound in plan.program.inputs()}
    known = set(specs)
    wrong = [why for name, value in values.items() if (why := _unusable(name, value, known))]
    wrong += [why for name, note in notes.items() if (why := _no_note(name, note, known))]
    if wrong:
        raise WorkbookError(*(finding("answers", why=why) for why in wrong))
    typed: dict[Place, ReadValue] = {}
    remarks = []
    for name, value in values.items():
        spec = specs[name]
        given = _as_typed(value, spec)
        at = plan.at(nodes.typed(name, stage))
        unfit = issues.unfitting(given, spec)
        if unfit:
            remarks.append(finding("filled-as-given", at=at, label=spec.label, id=name, why=unfit))
        typed[_place(at)] = given
    typed |= {_place(plan.at(nodes.note(name))): note or None for name, note in notes.items()}
    return Filling(patched(filled, typed, keep_formulas=False, pending=True), tuple(remarks))


def _place(at: str) -> Place:
    sheet, _, name = at.rpartition("!")
    return sheet, name


def _as_typed(value: float | str | None, spec: Input) -> float | str | None:
    """An answer as it stands in its cell when an official types it."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return float(value)
    read = None if value in spec.choices else reading(value, spec)
    return value if read is None else read


LONGEST_TEXT = 32767  # what Excel takes in one cell


def _unusable(name: str, value: object, known: set[str]) -> Said | None:
    """Why an answer cannot be typed into the workbook; None where it can."""
    if name not in known:
        return said("answers.no-input", name=name)
    if isinstance(value, bool) or not isinstance(value, int | float | str | None):
        return said("answers.no-value", name=name, value=repr(value))
    if isinstance(value, int | float) and not (abs(value) < 1e300):
        return said("answers.not-finite", name=name)
    return _unwritable_text(name, value) if isinstance(value, str) else None


def _no_note(name: str, note: object, known: set[str]) -> Said | None:
    """Why a note cannot be written beside an input; None where it can."""
    if name not in known:
        return said("answers.no-input", name=name)
    if not isinstance(note, str | None):
        return said("answers.note-no-text", name=name)
    return _unwritable_text(name, note) if note else None


def _unwritable_text(name: str, text: str) -> Said | None:
    if len(text) > LONGEST_TEXT or re.search("[\ud800-\udfff]", text):
        return said("answers.text-too-long", name=name, most=LONGEST_TEXT)
    return None


def _answers(
    answers: Mapping[str, Any], stages: Sequence[Stage]
) -> tuple[Stage, Mapping[str, Any], Mapping[str, Any]]:
    """The stage, its answers, and the notes beside inputs."""
    if not answers.keys() & {"stage", "answers", "notes"}:
        return stages[0], answers, {}
    name, values, notes = answers.get("stage", stages[0].id), answers.get("answers"), answers.get("notes", {})
    if values is None and "notes" in answers:
        values = {}
    stage = next((stage for stage in stages if stage.id == name), None)
    if stage is None or not isinstance(values, Mapping) or not isinstance(notes, Mapping):
        ids = [stage.id for stage in stages]
        why = said("answers.no-stage", stages=ids[:-1], last=ids[-1])
        raise WorkbookError(finding("answers", why=why))
    return stage, values, notes


def recalculated(source: Source, scheme_file: str = "", engine: str = NATIVE) -> bytes:
    """The workbook with the cached value of every formula cell worked out anew; nothing else changes.

    A constant that stands where a formula should stays as it is: `check` reports it. Raises WorkbookError.
    """
    engines.require(engine)
    result = checking.recalculated([source], scheme_file, engine)[0]
    if isinstance(result, tuple):
        raise WorkbookError(*result)
    return result


def check(source: Source, scheme_file: str = "", asked: Asked = ANY, engine: str = NATIVE) -> Report:
    """One file's verdict, outcome and findings. Never raises for what is in the file.

    Raises XlKpiError where the engine cannot be had.
    """
    engines.require(engine)
    return checking.checked([source], scheme_file, asked, engine)[0]


def program(settled: Scheme) -> Program:
    """The program of a settled scheme: every input, formula and outcome."""
    return plan_of(settled).program
