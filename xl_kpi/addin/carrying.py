"""搬到新表: the answers of old workbooks in fresh ones, for whole folders; `api.carry` does it for one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xl_kpi import api
from xl_kpi.addin.files import (
    Line,
    Outcome,
    Progress,
    Stopped,
    Watch,
    into_folder,
    passed_over,
    saved,
    stopped_at,
    unseen,
    unwatched,
)
from xl_kpi.api import Column, Found, Source
from xl_kpi.findings import Finding, XlKpiError, finding
from xl_kpi.outward import masked, plain
from xl_kpi.report.language import spoken, worded


@dataclass(frozen=True)
class Moved:
    """A fresh workbook with an old one's answers: whose it is, how many there are, what found no place."""

    unit: str
    package: bytes
    count: int
    left: tuple[Finding, ...]


def carry(paths: Iterable[Path], folder: Path, at: Progress = unseen, watch: Watch = unwatched) -> Outcome:
    """搬到新表: the answers of each workbook in a fresh one of the scheme in force, in another folder; no original is changed.

    Raises XlKpiError where a file is there already, or nothing is to be done; OSError where the folder cannot be written to.
    """
    listed = into_folder(paths, folder)
    found, count = listed.files, len(listed.files)
    lines: list[Line] = []
    at(1, count)
    with suppress(Stopped):
        sources = [file.path for file in found]
        for file, result in zip(found, api.Crew(watch=watch).each(moved, sources, _not_moved), strict=True):
            lines.append(_moved_line(file, result, folder / file.name))
            at(min(len(lines) + 1, count), count)
    done = sum(line.verdict != "reject" for line in lines)
    wanting = sum(line.verdict == "flag" for line in lines)
    told = worded("addin.workbooks-carried", done=done, folder=str(folder))
    if wanting:
        told += worded("addin.have-answers-found-no", wanting=wanting)
    if done < len(lines):
        told += worded("addin.not-carried", lines=len(lines) - done)
    told += passed_over(listed)
    columns = (
        Column(worded("addin.file"), 18),
        Column(worded("addin.unit"), 10),
        Column(worded("addin.column-carried"), 4, "number"),
        Column(worded("addin.left"), 4, "number"),
        Column(worded("addin.saved-or-why-not"), 36),
    )
    title = worded("addin.carried")
    return Outcome(
        title,
        stopped_at(len(lines), count) + told,
        columns,
        tuple(lines),
        folder,
        bool(wanting) or done < len(lines),
    )


def moved(sources: list[Source]) -> list[Moved | tuple[Finding, ...]]:
    """What each old workbook's answers came to in a fresh one of its unit, or why they could not be carried."""
    return [_moved(source) for source in sources]


def _moved(source: Source) -> Moved | tuple[Finding, ...]:
    meta = api.identify(source)
    if meta is None or meta.scheme not in api.schemes() or not isinstance(meta.year, int | float):
        return tuple(f for f in api.check(source).findings if f.severity == "error")
    try:
        settled = api.scheme(meta.scheme, meta.level or None, int(meta.year))  # type: ignore[arg-type]  # settling says
        blank = (api.filename(settled, meta.unit), api.build(settled, meta.unit, meta.code))
        carried = api.carry(source, blank)
    except XlKpiError as error:
        return error.findings
    left = [
        finding("carry-left", at=one.cell, label=one.label, value=masked(_typed(one.value)), why=one.why)
        for one in carried.left
    ]
    notes = [finding("carry-note", what=note) for note in carried.notes]
    return Moved(meta.unit, carried.package, carried.count, (*left, *notes))


def _typed(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _not_moved(source: Source, why: str) -> tuple[Finding, ...]:
    name = source.name if isinstance(source, Path) else source[0]
    return (finding("unprocessable", file=name, why=why),)


def _moved_line(file: Found, result: Moved | tuple[Finding, ...], target: Path) -> Line:
    name = plain(file.name)
    if isinstance(result, tuple):
        return Line((name, "", None, None, plain(spoken(result[0]))), file.path, "reject", result)
    target = saved(target, result.package)
    wanting = sum(f.severity == "warning" for f in result.left)
    values = (name, plain(result.unit), float(result.count), float(wanting), plain(str(target)))
    return Line(values, target, "flag" if wanting else "accept", result.left)
