"""Findings (问题): everything the product has to tell somebody, with one catalogue of codes.

A finding says where and what as facts; `words` puts it into a sentence, in the language of whoever reads it. Codes are
stable: others' checks and the add-in go by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from xl_kpi.words import Fact, Language, packed, say, unpacked

Severity = Literal["error", "warning", "info"]
Verdict = Literal["accept", "flag", "reject"]


@dataclass(frozen=True)
class Kind:
    """What a code means: how grave it is, the verdict of a file it is found in, and how a command ends that it stops.

    A rejected file is none of ours, or cannot be read without guessing, or what it holds cannot be computed. In a file
    that is flagged the recalculated values count, and it is listed. Remarks leave a file accepted.
    """

    severity: Severity
    verdict: Verdict
    exit: int  # 1: something was found; 2: the command cannot do what it was asked for


_REJECTED = Kind("error", "reject", 1)
_ERROR = Kind("error", "flag", 1)
_WARNING = Kind("warning", "flag", 1)
_REMARK = Kind("info", "accept", 1)
_USAGE = Kind("error", "flag", 2)

CATALOGUE: dict[str, Kind] = {
    # schemes
    "scheme-unreadable": _USAGE,
    "scheme-unknown": _USAGE,
    "scheme-value": _USAGE,
    "scheme-total": _USAGE,
    "scheme-duplicate-id": _USAGE,
    "scheme-reference": _USAGE,
    "scheme-year": _USAGE,
    "scheme-rule": _USAGE,
    "scheme-level": _USAGE,
    "scheme-doubt": _USAGE,
    "scheme-duplicate-task": _WARNING,
    "scheme-band": _WARNING,
    "scheme-band-unread": _USAGE,
    "scheme-over-deduction": _REMARK,
    "scheme-unbound": _USAGE,
    "scheme-narrative": _USAGE,
    "scheme-grade": _USAGE,
    "scheme-list": _USAGE,
    "scheme-asked": _REMARK,
    "scheme-reading": _REMARK,
    "scheme-default-grades": _REMARK,
    # workbooks
    "nothing-to-do": _USAGE,
    "executor": _USAGE,
    "carry-left": _WARNING,
    "carry-note": _REMARK,
    "no-workbooks": _USAGE,
    "exists": _ERROR,
    "not-found": Kind("error", "reject", 2),
    # files that are no workbook of ours, each by its name
    "lock-file": _REJECTED,
    "empty-file": _REJECTED,
    "encrypted": _REJECTED,
    "sealed": _REJECTED,
    "restricted": _REJECTED,
    "old-format": _REJECTED,
    "not-a-workbook": _REJECTED,
    "damaged": _REJECTED,
    "unsafe-package": _REJECTED,
    "unsafe-xml": _REJECTED,
    "too-large": _REJECTED,
    "ambiguous": _REJECTED,
    "unprocessable": _REJECTED,
    "not-ours": _REJECTED,
    "other-version": _REJECTED,
    "carry-spoilt": _ERROR,
    "other-year": _REJECTED,
    "other-level": _REJECTED,
    "other-unit": _REJECTED,
    "structure": _REJECTED,
    "not-computable": _REJECTED,
    # several files
    "duplicate": _REMARK,
    "conflict": _ERROR,
    "missing-unit": _REJECTED,
    "misnamed": _WARNING,
    # what was changed in a workbook
    "more": _WARNING,
    "constant-changed": _WARNING,
    "unlocked": _WARNING,
    "unprotected": _WARNING,
    "validation-changed": _WARNING,
    "name-changed": _WARNING,
    "number-format": _WARNING,
    "hidden": _WARNING,
    "too-narrow": _WARNING,
    "filtered": _REMARK,
    "sheet-added": _REMARK,
    "sheet-copied": _WARNING,
    "sheet-moved": _REMARK,
    "merge-changed": _WARNING,
    "extra-content": _WARNING,
    "calc-settings": _WARNING,
    "foreign": _WARNING,
    "date-1904": _WARNING,
    "text-number": _ERROR,
    "input-formula": _WARNING,
    "engine-missing": _USAGE,
    "engine-failed": _REMARK,
    "engine-gave-up": _ERROR,
    "engine-differs": _ERROR,
    "missing": _WARNING,
    "invalid": _ERROR,
    "out-of-range": _ERROR,
    "inconsistent": _ERROR,
    "question": _REMARK,
    "none": _REMARK,
    "veto": _REMARK,
    "not-recalculated": _REMARK,
    "stale": _WARNING,
    "uncalculated": _WARNING,
    "formula-changed": _ERROR,
    "filled-as-given": _REMARK,
    "answers": _USAGE,
    "units-note": _REMARK,
    "units": _USAGE,
}
OK = "ok"


@dataclass(frozen=True)
class Finding:
    """One thing to tell: its code, the facts its sentence takes, and where (sheet and cell, or empty)."""

    code: str
    details: Mapping[str, Fact]
    sheet: str = ""
    cell: str = ""

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code].severity

    def as_json(self, language: Language) -> dict[str, Any]:
        """The keys of the command line's contract."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": say(self, language),
            "sheet": self.sheet,
            "cell": self.cell,
        }

    def as_data(self) -> dict[str, Any]:
        """Plain data to keep in a file, without words: what `from_data` takes."""
        details = {name: packed(fact) for name, fact in self.details.items()}
        return {"code": self.code, "details": details, "sheet": self.sheet, "cell": self.cell}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """The finding that was kept. Raises KeyError, TypeError or AttributeError for other data."""
        details = {name: unpacked(fact) for name, fact in data["details"].items()}
        return cls(data["code"], details, data["sheet"], data["cell"])


def finding(code: str, /, *, at: str = "", **details: Fact) -> Finding:
    """A finding of the catalogue. `at` is `sheet!A1` where it concerns a cell."""
    assert code in CATALOGUE, code
    sheet, _, cell = at.rpartition("!")
    return Finding(code, details, sheet, cell)


def verdict(findings: Iterable[Finding]) -> tuple[Verdict, str]:
    """The one verdict of a file, and the code it rests on (OK for a file that is accepted)."""
    codes = [found.code for found in findings]
    for verdict in _GRAVEST_FIRST:
        for code in codes:
            if CATALOGUE[code].verdict == verdict:
                return verdict, code
    return "accept", OK


_GRAVEST_FIRST: tuple[Verdict, ...] = ("reject", "flag")


class XlKpiError(Exception):
    """Something that stops the work at hand: one finding or several."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: tuple[Finding, ...] = findings
        super().__init__(*findings)

    def __str__(self) -> str:
        """In Chinese, as the product speaks where nobody chose: what a traceback shows."""
        return "\n".join(say(found, "zh") for found in self.findings)


class SchemeError(XlKpiError):
    """A scheme that does not load or does not hold together."""


class WorkbookError(XlKpiError):
    """A file that cannot be used as one of our workbooks."""


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among findings, None when there are none."""
    order: tuple[Severity, ...] = ("error", "warning", "info")
    present = {f.severity for f in findings}
    return next((severity for severity in order if severity in present), None)
