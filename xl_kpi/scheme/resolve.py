"""From a scheme as written to the one an assessment is made of: readings, references, level and year are settled.

What the organising bureau is asked for stays an Ask: it is filled in in the workbook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from xl_kpi.findings import SchemeError, finding
from xl_kpi.rules.parts import ByLevel, Level, Ref
from xl_kpi.rules.tree import Place, transform
from xl_kpi.scheme.model import Group, Scheme, Task
from xl_kpi.scheme.readings import settled
from xl_kpi.words import SaidError, reason_of, said


def resolve(
    scheme: Scheme, level: Level | None, year: int | None = None, readings: Mapping[str, str] | None = None
) -> Scheme:
    """A scheme for one level: its standards settled, tasks that do not apply dropped; in another year, or read otherwise.

    Raises SchemeError where it has levels and none, or one it does not know, is named, or one has no standard; ValueError
    for a reading or an option there is none of, and where it does not hold with it.
    """
    if readings:
        scheme = read_as(scheme, readings)
    return _resolved(scheme, level, year)


@lru_cache(maxsize=64)
def _resolved(scheme: Scheme, level: Level | None, year: int | None) -> Scheme:
    """The same scheme for the same question: plans are kept by it, and are found at once by the very object."""
    if year not in (None, scheme.year):
        scheme = scheme.model_copy(update={"year": year})
    if not scheme.levels:
        return scheme
    try:
        return at_level(scheme, level)
    except ValueError as error:
        raise SchemeError(finding("scheme-level", scheme=scheme.id, why=reason_of(error))) from None


def read_as(scheme: Scheme, readings: Mapping[str, str]) -> Scheme:
    """A scheme with other options chosen, by reading id. Raises ValueError as `resolve` does."""
    written = scheme.written
    other = with_references(Scheme.model_validate(settled(written.dump(), readings)))
    return other.model_copy(update={"year": scheme.year}).reading_of(written.choosing(readings))


def with_references(scheme: Scheme) -> Scheme:
    """A scheme in which rules and vetoes have the inputs they refer to by id, so that they know label and kind."""
    return _each_task(scheme, _with_inputs)


def _with_inputs(task: Task) -> Task:
    declared = {item.id: item for item in task.declared()}

    def meant(value: Any, _: Place) -> Any:
        return declared.get(value, value) if isinstance(value, Ref) else value

    # Figures and constraints go by ids: of an input they need no more.
    return task.model_copy(update={"rule": transform(task.rule, meant), "vetoes": transform(task.vetoes, meant)})


def at_level(scheme: Scheme, level: Level | None) -> Scheme:
    """A scheme that has levels, at one of them. Raises ValueError where there is no such level, or it has no standard."""
    if level not in scheme.levels:
        raise SaidError(said("scheme.level-missing", levels=scheme.levels))

    def value(one: Any, _: Place) -> Any:
        if isinstance(one, ByLevel) and level not in one.by_level:
            raise SaidError(said("rules.no-value-of-level", level=level))
        return one.by_level[level] if isinstance(one, ByLevel) and level else one

    def task(one: Task) -> Task | None:
        if level not in one.applies:
            return None
        try:
            return transform(one, value)
        except ValueError as error:
            raise SaidError(said("scheme.in-task", name=one.name, id=one.id, why=reason_of(error))) from None

    return _each_task(scheme, task).model_copy(update={"level": level})


def _each_task(scheme: Scheme, change: Callable[[Task], Task | None]) -> Scheme:
    """A scheme with every task changed, or dropped."""

    def group(one: Group) -> Group:
        tasks = tuple(new for task in one.tasks if (new := change(task)) is not None)
        return one.model_copy(update={"groups": tuple(map(group, one.groups)), "tasks": tasks})

    return scheme.model_copy(update={"groups": tuple(map(group, scheme.groups))})
