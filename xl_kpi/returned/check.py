"""Files that came back to verdicts: read, compared with the plan, scored anew; a few files at once, for speed.

Every file gets one verdict; nothing that is in a file raises.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from xl_kpi import engines
from xl_kpi.engines.base import NOT_COMPUTED, RecalculationError
from xl_kpi.expr.to_numpy import Batch
from xl_kpi.findings import Finding, WorkbookError, finding, verdict
from xl_kpi.layout import values as layout_values
from xl_kpi.layout.plan import Plan, filename
from xl_kpi.program import issues
from xl_kpi.program.assessment import assess
from xl_kpi.program.issues import Issue
from xl_kpi.returned import compare
from xl_kpi.returned.blueprint import Blueprint
from xl_kpi.returned.read import Filled, read
from xl_kpi.returned.report import Report, rejected
from xl_kpi.returned.rewrite import patched
from xl_kpi.returned.verify import Examined, examine
from xl_kpi.returned.verify.inputs import Computed
from xl_kpi.units.listing import unit_key
from xl_kpi.words import said
from xl_kpi.xlsx.addresses import Place
from xl_kpi.xlsx.cells import ReadValue, Value
from xl_kpi.xlsx.source import Source, name_of

NATIVE = "native"


@dataclass(frozen=True)
class Asked:
    """Whose workbooks are expected: those of another year, level or unit are rejected. Empty is whatever comes."""

    year: int | None = None
    level: str = ""
    units: tuple[str, ...] = ()


ANY = Asked()


def checked(
    sources: Sequence[Source], scheme_file: str = "", asked: Asked = ANY, engine: str = NATIVE
) -> list[Report]:
    """The report of each file, in order. Files of one plan are scored together, which is most of the speed.

    With an engine other than NATIVE each file is also recalculated as it is, and every formula cell of the plan that
    the engine gives another value is a finding.
    """
    reports: dict[int, Report] = {}
    waiting: dict[int, list[_Returned]] = defaultdict(list)
    with _no_collecting():
        for position, source in enumerate(sources):
            try:
                returned = _returned(position, source, scheme_file, asked, engine)
            except WorkbookError as error:
                reports[position] = rejected(name_of(source), *error.findings)
            else:
                waiting[id(returned.plan)].append(returned)
        for together in waiting.values():
            reports |= _scored(together)
    return [reports[position] for position in range(len(sources))]


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Without the search for cyclic garbage: ten thousand new cells a file set it off, and none of them is in a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True)
class _Returned:
    """A file that was read and examined, without its bytes and cells: many wait to be scored together."""

    position: int
    file: str
    blueprint: Blueprint
    unit: str
    unit_code: str
    examined: Examined
    findings: list[Finding] = field(default_factory=list)
    engine: str = NATIVE
    recalculated: Mapping[Place, ReadValue] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan it was built from."""
        return self.blueprint.plan


def _returned(position: int, source: Source, scheme_file: str, asked: Asked, engine: str) -> _Returned:
    filled = read(source, scheme_file)
    _expected(filled, asked)
    examined = examine(filled)
    findings = list(_misnamed(filled))
    recalculated: Mapping[Place, ReadValue] = {}
    if engine != NATIVE:
        try:
            recalculated = _by_engine(engine, filled)
        except RecalculationError as error:
            findings.append(finding("engine-failed", engine=engine, why=error.reason))
    meta = filled.meta
    return _Returned(
        position, filled.file, filled.blueprint, meta.unit, meta.code, examined, findings, engine, recalculated
    )


def _by_engine(engine: str, filled: Filled) -> dict[Place, ReadValue]:
    """What an engine makes of a file's formulas. Raises RecalculationError, whatever it was that the engine raised."""
    try:
        return _by_place(engines.named(engine).recalculate([filled.package])[0])
    except RecalculationError:
        raise
    except Exception as error:  # a defect of the engine, or it is not installed on this worker: no fault of the file
        raise RecalculationError(engine, type(error).__name__) from error


def _expected(filled: Filled, asked: Asked) -> None:
    """Raises WorkbookError for a workbook of another year, level or unit than those asked for."""
    scheme, unit, file = filled.plan.scheme, filled.meta.unit, filled.file
    if asked.year not in (None, scheme.year):
        raise WorkbookError(finding("other-year", file=file, found=scheme.year, expected=asked.year))
    if asked.level and scheme.levels and asked.level != scheme.level:
        raise WorkbookError(finding("other-level", file=file, found=scheme.level, expected=asked.level))
    if asked.units and unit_key(unit) not in _unit_keys(asked.units):
        why = said("returned.unit-not-listed")
        raise WorkbookError(finding("other-unit", file=file, found=unit, expected=why))


@lru_cache(maxsize=4)
def _unit_keys(units: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(unit_key, units))


def _misnamed(filled: Filled) -> Iterator[Finding]:
    """A remark where the file's name, in the form `new` gives it, says another unit or year than its content."""
    scheme = filled.plan.scheme
    own = filename(scheme, filled.meta.unit)
    ending = f"_{scheme.id}.xlsx"
    named = filled.file.removesuffix(ending)
    unit, _, year = named.rpartition("_")
    if named != filled.file and year.isdigit() and filled.file != own:
        found = own.removesuffix(ending)
        yield finding("misnamed", named=f"{unit}_{year}", found=found)


def _scored(together: Sequence[_Returned]) -> dict[int, Report]:
    """Reports of files of one plan: one batch of all their answers.

    A file whose answers count otherwise than its formulas see them (dates counted from 1904) has two rows in it:
    what the workbook should show is judged by the first, the outcome is the second.
    """
    plan = together[0].plan
    rows = [returned.examined.typed for returned in together]
    counted: dict[int, int] = {}
    for number, returned in enumerate(together):
        counted[number] = number
        if returned.examined.counted != returned.examined.typed:
            counted[number] = len(rows)
            rows.append(returned.examined.counted)
    batch = plan.program.evaluate(rows)
    values = layout_values.shown(plan, batch)
    return {
        returned.position: _report(returned, batch, counted[number], values[number])
        for number, returned in enumerate(together)
    }


def _report(returned: _Returned, batch: Batch, row: int, values: Sequence[Value]) -> Report:
    plan = returned.plan
    computed = {formula.at: formula for formula in returned.examined.computed}
    findings = (
        *returned.findings,
        *_answers_told(computed, plan, issues.issues(plan.program, batch, row, plan.at)),
        *compare.findings(returned.blueprint, returned.examined, values),
        *returned.examined.findings,
        *_differences(returned, values),
    )
    result, code = verdict(findings)
    return Report(
        returned.file,
        result,
        code,
        findings,
        plan.scheme.id,
        returned.unit,
        plan.scheme.year,
        plan.scheme.level or "",
        returned.unit_code,
        _digest(returned),
        assess(plan.program, batch, row) if result != "reject" else None,
    )


def _answers_told(computed: Mapping[str, Computed], plan: Plan, issues: Iterable[Issue]) -> Iterator[Finding]:
    """A finding for each answer that is not in order. One that a formula gives has one, which says both."""
    unfit = set()
    for issue in issues:
        at = plan.at(issue.node)
        if at in computed and issue.code in _OF_THE_ANSWER:
            unfit.add(at)
        else:
            yield finding(issue.code, at=at, **issue.details)
    for at, formula in computed.items():
        yield formula.told(at not in unfit)


_OF_THE_ANSWER = ("missing", "invalid", "text-number", "out-of-range")


def _digest(returned: _Returned) -> str:
    answers = sorted(returned.examined.counted.items())
    text = json.dumps([returned.plan.fingerprint, answers])
    return hashlib.sha256(text.encode()).hexdigest()


def _differences(returned: _Returned, values: Sequence[Value]) -> Iterator[Finding]:
    """Where another engine makes something else of the file as it is than the plan's formulas come to."""
    if not returned.recalculated:
        return
    without_value = []
    for place, computed in layout_values.by_place(returned.plan, values).items():
        if place not in returned.recalculated:  # the formula is gone, which is a finding already
            continue
        at = "!".join(place)
        found = returned.recalculated[place]
        if found == NOT_COMPUTED:
            without_value.append(at)
        elif not compare.same(found, computed):
            shown = {
                "found": compare.quoted(returned.blueprint, found),
                "computed": compare.quoted(returned.blueprint, computed),
            }
            yield finding("engine-differs", at=at, engine=returned.engine, **shown)
    if without_value:
        count, first = len(without_value), without_value[0]
        why = said("returned.formulas-without-value", count=count, first=first)
        yield finding("engine-failed", at=first, engine=returned.engine, why=why)


def recalculated(
    sources: Sequence[Source], scheme_file: str = "", engine: str = NATIVE
) -> list[bytes | tuple[Finding, ...]]:
    """Each workbook with the cached value of every formula cell of the plan worked out anew; nothing else changes.

    A constant that stands where a formula should stays as it is: `checked` reports it. A file that cannot be
    recalculated gives its findings in place of bytes.
    """
    results: dict[int, bytes | tuple[Finding, ...]] = {}
    waiting: dict[int, list[tuple[int, Filled]]] = defaultdict(list)
    with _no_collecting():
        for position, source in enumerate(sources):
            try:
                filled = read(source, scheme_file)
                examine(filled)
            except WorkbookError as error:
                results[position] = error.findings
            else:
                waiting[id(filled.plan)].append((position, filled))
        for together in waiting.values():
            plan = together[0][1].plan
            batch = plan.program.evaluate([filled.typed() for _, filled in together])
            for (position, filled), values in zip(together, layout_values.shown(plan, batch), strict=True):
                results[position] = _with_values(filled, layout_values.by_place(plan, values), engine)
    return [results[position] for position in range(len(sources))]


def _with_values(filled: Filled, native: Mapping[Place, Value], engine: str) -> bytes | tuple[Finding, ...]:
    values: Mapping[Place, ReadValue] = native
    if engine != NATIVE:
        try:
            values = _by_engine(engine, filled)
        except RecalculationError as error:
            return (finding("engine-gave-up", engine=engine, why=error.reason),)
        lost = ["!".join(place) for place, value in values.items() if value == NOT_COMPUTED]
        if lost:
            return tuple(finding("not-computable", at=at, why=engine) for at in lost)
    has_formula = {
        (sheet, name): value
        for (sheet, name), value in values.items()
        if sheet in filled.sheets  # another engine also computes what somebody added
        and (cell := filled.sheets[sheet].cells.get(name)) is not None
        and cell.formula is not None
    }
    return patched(filled, has_formula, keep_formulas=True)


def _by_place(values: Mapping[str, ReadValue]) -> dict[Place, ReadValue]:
    split = ((address.rpartition("!"), value) for address, value in values.items())
    return {(sheet, name): value for (sheet, _, name), value in split}
