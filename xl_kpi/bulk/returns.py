"""Everything that came back: each file's verdict, and what only shows when all of them are seen together.

Verdicts come in the order of the files, the same whatever does the work: this process, processes, or a cluster. A first
pass takes every file's hash and whose it says it is; so two files of one unit are known before either is reported, and
a run that was broken off can be taken up where it ended.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

from xl_kpi import __version__, engines, shipped
from xl_kpi.bulk import journal as journals
from xl_kpi.bulk import pool
from xl_kpi.findings import Finding, WorkbookError, finding, verdict
from xl_kpi.program import load as loading
from xl_kpi.returned.check import ANY, NATIVE, Asked, checked, recalculated
from xl_kpi.returned.read import identify
from xl_kpi.returned.report import Report, rejected
from xl_kpi.units.listing import unit_key
from xl_kpi.words import Fact
from xl_kpi.xlsx.source import Source, name_and_content, name_of

_CHUNK, _SLOW_CHUNK = 128, 4  # files handed to a worker at most: with the scorer, and with another engine
_SECONDS, _SLOW_SECONDS = 30.0, 120.0  # what one file may take


@dataclass(frozen=True)
class Crew:
    """Who does the work: so many processes (0: this one; None: one for each core), or a Dask scheduler.

    With `ship` the files go to the workers as bytes; without, as paths that the workers can open. `watch` is called at
    least every second while the work lasts; what it raises ends the work, and the workers with it.
    """

    workers: int | None = None
    scheduler: str = ""
    ship: bool = False
    watch: Callable[[], None] | None = field(default=None, repr=False, compare=False, kw_only=True)
    team: pool.Team | None = field(default=None, repr=False, compare=False, kw_only=True)  # they, while they stay

    @contextmanager
    def staying(self) -> Iterator[Self]:
        """The same crew, whose workers stay from one call of `each` to the next."""
        with pool.Team(self.workers, self.scheduler, self.watch) as team:
            yield replace(self, team=team)

    def each(
        self,
        function: Callable[[list[Source]], list[Any]],
        sources: Iterable[Source],
        lost: Any,
        engine: str = NATIVE,
    ) -> Iterator[Any]:
        """The results of a function over files, in their order."""
        slow = engine != NATIVE
        with nullcontext(self.team) if self.team else pool.Team(self.workers, self.scheduler, self.watch) as team:
            yield from team.each(
                function,
                map(_shipped if self.ship else _found, sources),
                lost=lost,
                count=len(sources) if isinstance(sources, Sized) else None,
                chunk=_SLOW_CHUNK if slow else _CHUNK,
                seconds=_SLOW_SECONDS if slow else _SECONDS,
            )


def _shipped(source: Source) -> Source:
    try:
        return name_and_content(source)
    except WorkbookError:
        return source  # whoever opens it will say why it cannot be


def _found(source: Source) -> Source:
    """A source that a worker in another folder finds too."""
    return source.absolute() if isinstance(source, Path) else source


def _absolute(scheme_file: str) -> str:
    """The same for a scheme, which may also be a name."""
    return str(Path(scheme_file).absolute()) if scheme_file.endswith((".yaml", ".yml")) else scheme_file


class Known(NamedTuple):
    """What the first pass takes of a file: the hash of its bytes, and whose workbook it says it is."""

    digest: str
    unit: str
    owner: tuple[str, ...]  # scheme, year, level, unit; empty for what is none of ours
    code: str  # the unit's, where it has one


@dataclass
class Together:
    """What is known of the files as a whole, by position: their names, copies, and files that contradict each other."""

    known: list[Known]
    called: list[str]
    copies: dict[int, int] = field(default_factory=dict)  # a copy, and the file of which it is one
    rivals: dict[int, list[int]] = field(default_factory=dict)


def check_all(
    sources: Sequence[Source],
    scheme_file: str = "",
    asked: Asked = ANY,
    engine: str = NATIVE,
    crew: Crew = Crew(),
    journal: Path | None = None,
) -> Iterator[Report]:
    """The verdict of every file, in their order, as they become available; then the units that handed in nothing.

    Of several files with one unit's same answers the first counts, the others are noted as copies; where the answers
    differ none of them silently wins: all are flagged. With a journal (a file) what was finished by an earlier run is
    not done again, as long as content, scheme, options and version are the same. Raises SchemeError for `scheme_file`,
    XlKpiError where the workers or the engine cannot be had or the journal is another file, OSError for the journal.
    A file on which another engine fails, dies or takes too long keeps the verdict it has without it.
    """
    engines.require(engine)
    if scheme_file:
        loading.load(scheme_file)
        scheme_file = _absolute(scheme_file)
    each = partial(_each_report, question=partial(checked, scheme_file=scheme_file, asked=asked), engine=engine)
    with crew.staying() as crew:
        together = _together(sources, scheme_file, asked, crew)
        if journal is None:
            reports = each(crew, sources)
        else:
            question = [__version__, engine, asked.year, asked.level, asked.units]
            digests = [known.digest for known in together.known]
            keys = journals.keys(sources, digests, json.dumps([*question, _schemes(scheme_file)]))
            reports = journals.resumed(sources, keys, journal, partial(each, crew))
        for position, report in enumerate(reports):
            yield _annotated(report, position, together)
    handed_in = {unit_key(known.unit) for known in together.known}
    for unit in asked.units:
        if unit_key(unit) not in handed_in:
            yield replace(rejected("", finding("missing-unit", unit=unit)), unit=unit)


def recalculate_all(
    sources: Sequence[Source], scheme_file: str = "", engine: str = NATIVE, crew: Crew = Crew()
) -> Iterator[bytes | tuple[Finding, ...]]:
    """Each workbook with its cached values worked out anew, or the findings that say why not, in their order.

    Raises XlKpiError where the engine cannot be had.
    """
    engines.require(engine)
    if scheme_file:
        loading.load(scheme_file)
        scheme_file = _absolute(scheme_file)
    return crew.each(partial(recalculated, scheme_file=scheme_file, engine=engine), sources, _lost_findings, engine)


# what workers do


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
        return Known(digest, "", (), "")
    return Known(digest, meta.unit, (meta.scheme, str(meta.year), meta.level, unit_key(meta.unit)), meta.code)


_UNKNOWN = Known("", "", (), "")


def _answers(sources: list[Source], scheme_file: str, asked: Asked) -> list[str]:
    """Of each file a digest of its answers; empty for one that is rejected, which contradicts no other."""
    reports = checked(sources, scheme_file, asked)
    return ["" if report.verdict == "reject" else report.answers for report in reports]


# what their work is lost to


def _lost_findings(source: Source, why: Fact) -> tuple[Finding, ...]:
    return (finding("unprocessable", file=name_of(source), why=why),)


class _Lost(NamedTuple):
    """A file whose report was lost, and why."""

    source: Source
    why: Fact


def _lost_report(source: Source, why: Fact) -> Report:
    return rejected(name_of(source), *_lost_findings(source, why))


def _lost_known(source: Source, why: Fact) -> Known:
    return _UNKNOWN


def _lost_answers(source: Source, why: Fact) -> str:
    return ""


def _each_report(
    crew: Crew, sources: Sequence[Source], question: Callable[..., list[Report]], engine: str
) -> Iterator[Report]:
    """The report of each file. One lost with another engine may be that engine's fault: it is asked for again without."""
    for report in crew.each(partial(question, engine=engine), sources, _Lost, engine):
        if not isinstance(report, _Lost):
            yield report
        elif engine == NATIVE:
            yield _lost_report(*report)
        else:
            again: Report
            (again,) = crew.each(question, [report.source], _lost_report)
            failed = finding("engine-failed", engine=engine, why=report.why)
            yield replace(again, findings=(*again.findings, failed))


# the files together


def _together(sources: Sequence[Source], scheme_file: str, asked: Asked, crew: Crew) -> Together:
    drawn = _Drawn(sources)
    known = list(crew.each(_known, drawn, _lost_known))
    together = Together(known, _called(drawn.places))
    owned = [positions for positions in _by_owner(together.known) if len(positions) > 1]
    shared = [position for positions in owned for position in positions]
    read = crew.each(
        partial(_answers, scheme_file=scheme_file, asked=asked),
        [sources[position] for position in shared],
        _lost_answers,
    )
    answers = dict(zip(shared, read, strict=True))
    for positions in owned:
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


def _by_owner(known: Sequence[Known]) -> Iterator[list[int]]:
    """The positions of each unit's files. Units of one name are two only where their codes say so."""
    owners: dict[tuple[str, ...], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for position, of in enumerate(known):
        if of.owner:
            owners[of.owner][of.code].append(position)
    for by_code in owners.values():
        if len(by_code.keys() - {""}) > 1:
            yield from by_code.values()
        else:
            yield sorted(position for positions in by_code.values() for position in positions)


@dataclass
class _Drawn:
    """Files of which it is kept where each is: they may be opened only as they are drawn, and are not drawn for it again."""

    sources: Sequence[Source]
    places: list[Path | str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sources)

    def __iter__(self) -> Iterator[Source]:
        for source in self.sources:
            self.places.append(source if isinstance(source, Path) else source[0])
            yield source


def _called(places: Sequence[Path | str]) -> list[str]:
    """What each file is called: its name, or its path where another has the same name."""
    names = [place.name if isinstance(place, Path) else place for place in places]
    often = Counter(names)
    return [str(place) if often[name] > 1 else name for place, name in zip(places, names, strict=True)]


def _annotated(report: Report, position: int, together: Together) -> Report:
    """A report with what the other files say about it."""
    added = []
    copy_of, called = together.copies.get(position), together.called
    rivals = together.rivals.get(position, [])
    if rivals:
        others = [called[rival] for rival in rivals]
        added.append(finding("conflict", others=others))
    elif copy_of is not None:
        added.append(finding("duplicate", other=called[copy_of]))
    result = (report.verdict, report.code)
    if added and report.verdict == "accept":
        result = verdict(added)
    return replace(
        report,
        file=called[position],
        unit=report.unit or together.known[position].unit,
        verdict=result[0],
        code=result[1],
        findings=(*added, *report.findings),
        duplicate_of=None if copy_of is None else called[copy_of],
    )


def _schemes(scheme_file: str) -> str:
    """A digest of every scheme that a file may be of."""
    files = [Path(scheme_file)] if scheme_file else sorted(shipped.TEMPLATES.glob("*.yaml"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
