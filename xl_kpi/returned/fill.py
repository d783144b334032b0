"""Answers typed into a workbook; every other cell and part of it stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xl_kpi.findings import Finding, WorkbookError, finding
from xl_kpi.program import issues, nodes
from xl_kpi.program.answers import reading
from xl_kpi.program.stages import Stage
from xl_kpi.returned.read import read
from xl_kpi.returned.rewrite import patched
from xl_kpi.returned.verify import examine
from xl_kpi.rules.parts import Input
from xl_kpi.words import Said, said
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.cells import ReadValue
from xl_kpi.xlsx.source import Source


@dataclass(frozen=True)
class Filling:
    """A workbook with answers typed into it, and a remark on each that was written as given and does not fit."""

    content: bytes
    remarks: tuple[Finding, ...] = ()


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
