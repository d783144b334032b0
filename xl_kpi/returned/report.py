"""What checking one file came to: one verdict, the outcome where there is one, and every finding."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from pydantic import TypeAdapter

from xl_kpi.findings import Finding, Verdict
from xl_kpi.program.assessment import Assessment
from xl_kpi.words import Language

VERDICTS: tuple[Verdict, ...] = ("accept", "flag", "reject")


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
    level: str = ""
    unit_code: str = ""
    answers: str = ""  # a digest of the answers, the same for every file that holds them
    assessment: Assessment | None = None
    duplicate_of: str | None = None  # of several files the one that holds the same answers of the same unit

    def as_json(self, language: Language) -> dict[str, Any]:
        """The keys of the command line's contract."""
        result: dict[str, Any] = {
            "file": self.file,
            "verdict": self.verdict,
            "code": self.code,
            "scheme": self.scheme,
            "unit": self.unit,
            "year": self.year,
            "level": self.level,
            "unit_code": self.unit_code,
        }
        result |= dict.fromkeys(("complete", "total", "self_total", "max", "rate", "grade", "veto_state"))
        result |= {"missing": None, "invalid": None, "vetoes": [], "groups": [], "tasks": []}
        if self.assessment is not None:
            result |= _assessment_json(self.assessment)
        return result | {"findings": [f.as_json(language) for f in self.findings], "duplicate_of": self.duplicate_of}

    def as_data(self) -> dict[str, Any]:
        """Plain data to keep in a file, without words: what `from_data` takes."""
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        assessment = None if self.assessment is None else asdict(self.assessment)
        return data | {"findings": [found.as_data() for found in self.findings], "assessment": assessment}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """The report that was kept. Raises ValueError, KeyError, TypeError or AttributeError for other data."""
        findings = tuple(Finding.from_data(found) for found in data["findings"])
        assessment = data["assessment"] and TypeAdapter(Assessment).validate_python(data["assessment"])
        return cls(**{**data, "findings": findings, "assessment": assessment})


def _assessment_json(a: Assessment) -> dict[str, Any]:
    return {
        "complete": a.complete,
        "total": a.total,
        "self_total": a.self_total,
        "max": a.max,
        "rate": a.rate,
        "grade": a.grade,
        "veto_state": a.veto_state,
        "missing": a.missing,
        "invalid": a.invalid,
        "vetoes": [{"task": v.task, "effect": v.effect} for v in a.vetoes],
        "groups": [{"id": g.id, "name": g.name, "points": g.points, "score": g.score} for g in a.groups],
        "tasks": [
            {"id": t.id, "name": t.name, "points": t.points, "self": t.self, "final": t.final} for t in a.tasks
        ],
    }


def rejected(file: str, *findings: Finding) -> Report:
    """The report of a file that cannot be used."""
    return Report(file, "reject", findings[0].code, findings)
