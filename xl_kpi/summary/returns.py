"""Everything that came back: each file's verdict, and what only shows when all of them are seen together.

Verdicts come in the order of the files, the same whatever does the work: this process, processes, or a cluster. A first
pass takes every file's hash and whose it says it is; so two files of one unit are known before either is reported, and
a run that was broken off can be taken up where it ended.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from xl_kpi import __version__
from xl_kpi.checking import ANY, NATIVE, Asked, checked, name_of, recalculated, rejected
from xl_kpi.findings import Finding, WorkbookError, either, finding, verdict
from xl_kpi.scheme import load as loading
from xl_kpi.summary import pool
from xl_kpi.workbook.read import Source, identify, name_and_content

Row = dict[str, Any]
"""What checking one file came to, with the keys of `xl-kpi check --json`."""

_CHUNK, _SLOW_CHUNK = 32, 4  # files handed to a worker at once: with the scorer, and with another engine
_SECONDS, _SLOW_SECONDS = 30.0, 120.0  # what one file may take


@dataclass(frozen=True)
class Crew:
    """Who does the work: so many processes (0: this one; None: one for each core), or a Dask scheduler.

    With `ship` the files go to the workers as bytes; without, as paths that the workers can open.
    """

    workers: int | None = None
    scheduler: str = ""
    ship: bool = False

    def each(
        self,
        function: Callable[[list[Source]], list[Any]],
        sources: Iterable[Source],
        lost: Any,
        engine: str = NATIVE,
    ) -> Iterator[Any]:
        """The results of a function over files, in their order."""
        slow = engine != NATIVE
        return pool.each(
            function,
            map(_shipped, sources) if self.ship else sources,
            lost=lost,
            workers=self.workers,
            scheduler=self.scheduler,
            chunk=_SLOW_CHUNK if slow else _CHUNK,
            seconds=_SLOW_SECONDS if slow else _SECONDS,
        )


def _shipped(source: Source) -> Source:
    try:
        return name_and_content(source)
    except WorkbookError:
        return source  # whoever opens it will say why it cannot be


class Known(NamedTuple):
    """What the first pass takes of a file: the hash of its bytes, and whose workbook it says it is."""

    digest: str
    unit: str
    owner: tuple[str, ...]  # scheme, year, level, unit, code; empty for what is none of ours


@dataclass
class Together:
    """What is known of the files as a whole, by position: copies, and files that contradict each other."""

    known: list[Known]
    copies: dict[int, int] = field(default_factory=dict)  # a copy, and the file of which it is one
    rivals: dict[int, list[int]] = field(default_factory=dict)


def check_all(
    sources: Sequence[Source],
    scheme_file: str = "",
    asked: Asked = ANY,
    engine: str = NATIVE,
    crew: Crew = Crew(),
    journal: Path | None = None,
) -> Iterator[Row]:
    """The verdict of every file, in their order, as they become available; then the units that handed in nothing.

    Of several files with one unit's same answers the first counts, the others are noted as copies; where the answers
    differ none of them silently wins: all are flagged. With a journal (a file) what was finished by an earlier run is
    not done again, as long as content, scheme, options and version are the same. Raises SchemeError for `scheme_file`,
    XlKpiError where the workers cannot be had, OSError for the journal.
    """
    if scheme_file:
        loading.load(scheme_file)
    together = _together(sources, scheme_file, crew)
    work = partial(_rows, scheme_file=scheme_file, asked=asked, engine=engine)
    if journal is None:
        rows = crew.each(work, sources, _lost_row, engine)
    else:
        options = json.dumps([__version__, either("zh", "en"), engine, asked.year, asked.level, asked.units])
        rows = _resumed(
            sources, together.known, journal, options + _schemes(scheme_file), partial(crew.each, work), engine
        )
    for position, row in enumerate(rows):
        yield _annotated(row, position, together, sources)
    handed_in = {known.unit for known in together.known}
    for unit in asked.units:
        if unit not in handed_in:
            yield rejected("", finding("missing-unit", unit=unit)).as_json() | {"unit": unit}


def recalculate_all(
    sources: Sequence[Source], scheme_file: str = "", engine: str = NATIVE, crew: Crew = Crew()
) -> Iterator[bytes | tuple[Finding, ...]]:
    """Each workbook with its cached values worked out anew, or the findings that say why not, in their order."""
    if scheme_file:
        loading.load(scheme_file)
    return crew.each(partial(recalculated, scheme_file=scheme_file, engine=engine), sources, _lost_findings, engine)


# what workers do


def _rows(sources: list[Source], scheme_file: str, asked: Asked, engine: str) -> list[Row]:
    return [report.as_json() for report in checked(sources, scheme_file, asked, engine)]


def _known(sources: list[Source]) -> list[Known]:
    return [_know(source) for source in sources]


def _know(source: Source) -> Known:
    try:
        name, content = name_and_content(source)
    except WorkbookError:
        return _UNKNOWN
    meta = identify((name, content))
    digest = hashlib.sha256(content).hexdigest()
    if meta is None:
        return Known(digest, "", ())
    return Known(digest, meta.unit, (meta.scheme, str(meta.year), meta.level, meta.unit.casefold(), meta.code))


_UNKNOWN = Known("", "", ())


def _answers(sources: list[Source], scheme_file: str) -> list[str]:
    return [report.answers for report in checked(sources, scheme_file)]


# what their work is lost to


def _lost_findings(source: Source, why: str) -> tuple[Finding, ...]:
    return (finding("unprocessable", file=name_of(source), why=why),)


def _lost_row(source: Source, why: str) -> Row:
    return rejected(name_of(source), *_lost_findings(source, why)).as_json()


def _lost_known(source: Source, why: str) -> Known:
    return _UNKNOWN


def _lost_answers(source: Source, why: str) -> str:
    return ""


# the files together


def _together(sources: Sequence[Source], scheme_file: str, crew: Crew) -> Together:
    if len(sources) == 1:
        return Together([_know(sources[0])])
    together = Together(list(crew.each(_known, sources, _lost_known)))
    owners: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, known in enumerate(together.known):
        if known.owner:
            owners[known.owner].append(position)
    shared = [position for positions in owners.values() if len(positions) > 1 for position in positions]
    read = crew.each(
        partial(_answers, scheme_file=scheme_file), [sources[position] for position in shared], _lost_answers
    )
    answers = dict(zip(shared, read, strict=True))
    for positions in owners.values():
        first: dict[str, int] = {}  # of each set of answers; a file that is rejected has none
        for position in positions:
            digest = answers.get(position)
            if digest:
                original = first.setdefault(digest, position)
                if original != position:
                    together.copies[position] = original
        if len(first) > 1:
            for position in positions:
                if answers[position]:
                    together.rivals[position] = [p for p in positions if answers[p] not in ("", answers[position])]
    return together


def _annotated(row: Row, position: int, together: Together, sources: Sequence[Source]) -> Row:
    """A row with what the other files say about it."""
    added = []
    copy_of = together.copies.get(position)
    rivals = together.rivals.get(position, [])
    if rivals:
        others = either("、", ", ").join(name_of(sources[rival]) for rival in rivals)
        added.append(finding("conflict", others=others))
    elif copy_of is not None:
        added.append(finding("duplicate", other=name_of(sources[copy_of])))
    changed = row | {
        "unit": row["unit"] or together.known[position].unit,
        "duplicate_of": None if copy_of is None else name_of(sources[copy_of]),
    }
    if added:
        changed["findings"] = [*(found.as_json() for found in added), *row["findings"]]
        if row["verdict"] == "accept":
            changed["verdict"], changed["code"] = verdict(added)
    return changed


# taking up a run that was broken off


def _schemes(scheme_file: str) -> str:
    files = [Path(scheme_file)] if scheme_file else sorted(loading.TEMPLATES.glob("*.yaml"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _resumed(
    sources: Sequence[Source],
    known: Sequence[Known],
    journal: Path,
    options: str,
    each: Callable[..., Iterator[Row]],
    engine: str,
) -> Iterator[Row]:
    """Rows from the journal where it has them, else from the workers, and then into the journal."""
    keys = [
        hashlib.sha256(json.dumps([options, name_of(source), of.digest]).encode()).hexdigest()
        for source, of in zip(sources, known, strict=True)
    ]
    with journal.open("a+b") as file:
        done = _finished(file)
        wanting = (source for source, key in zip(sources, keys, strict=True) if key not in done)
        fresh = each(wanting, _lost_row, engine)
        for key in keys:
            if key in done:
                file.seek(done[key])
                yield json.loads(file.readline())["row"]
            else:
                row = next(fresh)
                if row["code"] != "unprocessable":  # that may have been the machine's fault
                    file.write(json.dumps({"key": key, "row": row}, ensure_ascii=False).encode() + b"\n")
                    file.flush()
                yield row


def _finished(file: BinaryIO) -> dict[str, int]:
    """Where each finished file's line begins in a journal; what a broken run left half written is cut off."""
    file.seek(0)
    found: dict[str, int] = {}
    end = 0
    for line in file:
        try:
            if not line.endswith(b"\n"):
                break
            found[json.loads(line)["key"]] = end
        except (ValueError, KeyError, TypeError):
            break
        end += len(line)
    file.truncate(end)
    file.seek(end)
    return found
