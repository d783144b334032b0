"""What a scheme says around its rules that cannot be meant: columns, points in names, grades, levels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from xl_kpi.findings import Finding, finding
from xl_kpi.rules.parts import Ask, show
from xl_kpi.scheme.model import Group, Scheme, Task
from xl_kpi.words import Fact, said


def frame(scheme: Scheme) -> Iterator[Finding]:
    """Every finding about the form, its points as they are written, and the levels."""
    yield from _columns(scheme)
    yield from _written_points(scheme)
    yield from _levels(scheme)
    stated = re.findall(r"(?<!\d)((?:19|20)\d\d)\s*年度", scheme.title)
    if stated and str(scheme.year) not in stated:
        yield _doubt(scheme.title, "scheme.year-title-says", year=scheme.year, stated=stated[0])


def _doubt(where: Fact, why: str, /, **facts: Fact) -> Finding:
    return finding("scheme-doubt", where=where, what=said(why, **facts))


def _columns(scheme: Scheme) -> Iterator[Finding]:
    tasks = list(scheme.tasks())
    deepest = max(map(_depth, scheme.groups))
    shown = {column.shows for column in scheme.columns}
    for column in scheme.columns:
        where = said("scheme.in-column", title=column.title)
        if column.shows.startswith("group") and int(column.shows[-1]) > deepest:
            yield _doubt(where, "scheme.but-groups-deep", shows=column.shows, deepest=deepest)
        if column.shows == "extra" and not any(column.key in task.extra for task in tasks):
            yield _doubt(where, "scheme.no-task-has-among", key=column.key)
    for depth in range(2, deepest + 1):
        if f"group{depth}" not in shown:
            yield _doubt(scheme.title, "scheme.no-column-shows-group", deepest=deepest, depth=depth)
    if "target" not in shown and (task := next((t for t in tasks if t.target), None)):
        yield _doubt(scheme.called(task), "scheme.no-column-shows-target")
    keys = {column.key for column in scheme.columns if column.shows == "extra"}
    unseen = {key: task for task in reversed(tasks) for key in task.extra if key not in keys}
    for key, task in unseen.items():
        yield _doubt(scheme.called(task), "scheme.no-column-shows-extra", key=key)
    titles = [column.title for column in scheme.columns]
    for title in dict.fromkeys(title for n, title in enumerate(titles) if title in titles[:n]):
        yield _doubt(scheme.title, "scheme.two-columns", title=title)


def _depth(group: Group) -> int:
    return 1 + max(map(_depth, group.groups), default=0)


_POINTS = re.compile(r"[（(](?:共|计|合计|满分)?\s*(\d+(?:\.\d+)?)\s*分[)）]\s*$")


def _written_points(scheme: Scheme) -> Iterator[Finding]:
    """Points that the words of the source give, and the scheme otherwise."""
    for group in scheme.all_groups():
        written = _POINTS.search(group.name)
        if written and float(written[1]) != group.points:
            yield _doubt(
                f"{group.id}“{group.name}”", "scheme.name-says-points", written=written[1], points=group.points
            )
    for task in scheme.tasks():
        if isinstance(task.points, Ask):
            continue
        numbers = re.findall(r"\d+(?:\.\d+)?", task.points_text)
        if numbers and sum(map(float, numbers)) != task.points and float(numbers[-1]) != task.points:
            yield _doubt(
                scheme.called(task),
                "scheme.points-text-points",
                points_text=" ".join(task.points_text.split()),
                points=task.points,
            )


def _levels(scheme: Scheme) -> Iterator[Finding]:
    for task in scheme.tasks():
        unknown = [level for level in task.applies if scheme.levels and level not in scheme.levels]
        chosen = "applies" in task.model_fields_set
        if chosen and not scheme.levels:
            yield _doubt(scheme.called(task), "scheme.applies-without-levels", applies=tuple(task.applies))
        elif chosen and (unknown or not task.applies):
            which: Fact = unknown or said("scheme.no-level")
            yield _doubt(scheme.called(task), "scheme.applies-unknown", which=which, levels=scheme.levels)


def grades(scheme: Scheme) -> Iterator[Finding]:
    """Grades that can never be given, or to those they are not meant for; and that the source gives none."""
    bands = scheme.grades.bands
    for better, worse in pairwise(bands):
        if worse.at_least >= better.at_least:
            yield finding("scheme-grade", name=worse.name, floor=show(worse.at_least, "percent"))
    names = [band.name for band in bands]
    for name in dict.fromkeys(name for n, name in enumerate(names) if name in names[:n]):
        yield _doubt(scheme.title, "scheme.two-grades-called", name=name)
    last = bands[-1]
    if last.at_least > 0 and all(worse.at_least < better.at_least for better, worse in pairwise(bands)):
        floor = show(last.at_least, "percent")
        yield _doubt(scheme.title, "scheme.below-grade-too-add", name=last.name, floor=floor)
    if scheme.grades.default:
        told = [f"{band.name}≥{show(band.at_least, 'percent')}" for band in bands]
        yield finding("scheme-default-grades", bands=told)


def repeated(scheme: Scheme) -> Iterator[Finding]:
    """Tasks whose words another task has."""
    seen: dict[tuple[str, str], Task] = {}
    for task in scheme.tasks():
        words = (task.name, task.target)
        if task.target and words in seen:
            yield finding("scheme-duplicate-task", where=scheme.called(task), other=scheme.called(seen[words]))
        seen.setdefault(words, task)
