"""A table of checks as a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from csv import writer
from typing import IO, Any

from xl_kpi.outward import dead
from xl_kpi.report.language import worded
from xl_kpi.report.text import outcome, placed

_COLUMNS = (
    "file",
    "unit",
    "year",
    "scheme",
    "verdict",
    "total",
    "max",
    "rate",
    "grade",
    "veto_state",
    "missing",
    "invalid",
    "problems",
    "first",
)


def write(reports: Iterable[Mapping[str, Any]], stream: IO[bytes]) -> None:
    """Reports of checks, as `xl-kpi check --json` has them, a line each."""
    for line in csv(map(_with_problems, reports), {key: worded(f"column.{key}") for key in _COLUMNS}):
        stream.write(line.encode())


def _with_problems(report: Mapping[str, Any]) -> dict[str, Any]:
    problems = [placed(f["sheet"], f["cell"], f["message"]) for f in report["findings"] if f["severity"] != "info"]
    words = {"verdict": outcome(report["file"], report["verdict"]), "problems": len(problems)}
    return {**report, **words, "first": (problems or [""])[0]}


def csv(rows: Iterable[Mapping[str, object]], columns: Mapping[str, str]) -> Iterator[str]:
    """A table as the lines of a CSV file that Excel, WPS and LibreOffice open with nothing live in it.

    `columns` gives each key of a row its heading; a key that a row does not have is an empty cell. The first line
    begins with the mark by which Excel knows UTF-8: write the lines as UTF-8, their ends unchanged (newline="").
    Numbers stay numbers. Other texts go through `plain`; one that a spreadsheet would take for a formula gets an
    apostrophe in front.
    """
    lines = writer(_Line())
    yield "\ufeff" + lines.writerow(map(_cell, columns.values()))
    for row in rows:
        yield lines.writerow(_cell(row.get(key)) for key in columns)


class _Line:
    """A file for the writer to write to, which hands each line back."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else dead(str(value))
