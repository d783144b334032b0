"""What a scheme says around its rules that cannot be meant: columns, points in names, grades, levels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from xl_kpi.findings import Finding, either, finding
from xl_kpi.rules.parts import Ask, show
from xl_kpi.scheme.model import Group, Scheme, Task


def frame(scheme: Scheme) -> Iterator[Finding]:
    """Every finding about the form, its points as they are written, and the levels."""
    yield from _columns(scheme)
    yield from _written_points(scheme)
    yield from _levels(scheme)
    stated = re.findall(r"(?<!\d)((?:19|20)\d\d)\s*年度", scheme.title)
    if stated and str(scheme.year) not in stated:
        zh = f"year 写的是 {scheme.year}，标题写的是 {stated[0]} 年度。请改正其中之一"
        yield _doubt(scheme.title, zh, f"year is {scheme.year}, the title says {stated[0]}")


def _doubt(where: str, zh: str, en: str) -> Finding:
    return finding("scheme-doubt", where=where, what=either(zh, en))


def _columns(scheme: Scheme) -> Iterator[Finding]:
    tasks = list(scheme.tasks())
    deepest = max(map(_depth, scheme.groups))
    shown = {column.shows for column in scheme.columns}
    for column in scheme.columns:
        where = either(f"栏目“{column.title}”", f"column {column.title!r}")
        if column.shows.startswith("group") and int(column.shows[-1]) > deepest:
            zh = f"shows 写的是 {column.shows}，而 groups 只有 {deepest} 级，这一栏会全是空的。请删去这一栏，或补上下一级 groups"
            yield _doubt(where, zh, f"{column.shows}, but the groups are {deepest} deep")
        if column.shows == "extra" and not any(column.key in task.extra for task in tasks):
            zh = f"key 写的是“{column.key}”，没有任务的 extra 里有它，这一栏会全是空的。请改正 key"
            yield _doubt(where, zh, f"no task has {column.key!r} among its extra")
    for depth in range(2, deepest + 1):
        if f"group{depth}" not in shown:
            zh = f"groups 有 {deepest} 级，columns 里没有 group{depth}，第 {depth} 级指标的名称不会出现在考核表上。请加一栏 shows: group{depth}"
            yield _doubt(scheme.title, zh, f"no column shows group{depth}")
    if "target" not in shown and (task := next((t for t in tasks if t.target), None)):
        zh = "有 target，columns 里没有 shows: target 的一栏，年度目标不会出现在考核表上。请加上这一栏"
        yield _doubt(scheme.called(task), zh, "no column shows the target")
    keys = {column.key for column in scheme.columns if column.shows == "extra"}
    unseen = {key: task for task in reversed(tasks) for key in task.extra if key not in keys}
    for key, task in unseen.items():
        zh = f"extra 里的“{key}”没有栏目显示。请在 columns 加一栏 shows: extra、key: {key}，或改正名称"
        yield _doubt(scheme.called(task), zh, f"no column shows {key!r} of extra")
    titles = [column.title for column in scheme.columns]
    for title in dict.fromkeys(title for n, title in enumerate(titles) if title in titles[:n]):
        yield _doubt(scheme.title, f"columns 里有两栏都叫“{title}”。请改名或删去一栏", f"two columns {title!r}")


def _depth(group: Group) -> int:
    return 1 + max(map(_depth, group.groups), default=0)


_POINTS = re.compile(r"[（(](?:共|计|合计|满分)?\s*(\d+(?:\.\d+)?)\s*分[)）]\s*$")


def _written_points(scheme: Scheme) -> Iterator[Finding]:
    """Points that the words of the source give, and the scheme otherwise."""
    for group in scheme.all_groups():
        written = _POINTS.search(group.name)
        if written and float(written[1]) != group.points:
            zh = f"名称里写的是 {written[1]} 分，points 写的是 {group.points:.10g}。请改正其中之一"
            yield _doubt(f"{group.id}“{group.name}”", zh, f"its name says {written[1]}, points {group.points:.10g}")
    for task in scheme.tasks():
        if isinstance(task.points, Ask):
            continue
        numbers = re.findall(r"\d+(?:\.\d+)?", task.points_text)
        if numbers and sum(map(float, numbers)) != task.points and float(numbers[-1]) != task.points:
            zh = f"points_text 写的是“{' '.join(task.points_text.split())}”，points 写的是 {task.points:.10g}。请改正其中之一"
            yield _doubt(scheme.called(task), zh, f"points_text {task.points_text!r}, points {task.points:.10g}")


def _levels(scheme: Scheme) -> Iterator[Finding]:
    for task in scheme.tasks():
        unknown = [level for level in task.applies if scheme.levels and level not in scheme.levels]
        chosen = "applies" in task.model_fields_set
        if chosen and not scheme.levels:
            zh = f"applies 写了{'、'.join(task.applies)}，而方案没有写 levels，对谁都适用。请在方案里写 levels，或删去 applies"
            yield _doubt(scheme.called(task), zh, "applies to some levels, but the scheme has none")
        elif chosen and (unknown or not task.applies):
            listed = "、".join(unknown)
            zh = f"applies 里的{listed or '层级是空的'}不在方案的 levels（{'、'.join(scheme.levels)}）中。请改正"
            yield _doubt(scheme.called(task), zh, f"applies to {listed or 'no level'}")


def grades(scheme: Scheme) -> Iterator[Finding]:
    """Grades that can never be given, or to those they are not meant for; and that the source gives none."""
    bands = scheme.grades.bands
    for better, worse in pairwise(bands):
        if worse.at_least >= better.at_least:
            yield finding("scheme-grade", name=worse.name, floor=show(worse.at_least, "percent"))
    names = [band.name for band in bands]
    for name in dict.fromkeys(name for n, name in enumerate(names) if name in names[:n]):
        yield _doubt(scheme.title, f"grades 里有两个等次都叫“{name}”。请改名", f"two grades are called {name!r}")
    last = bands[-1]
    if last.at_least > 0 and all(worse.at_least < better.at_least for better, worse in pairwise(bands)):
        floor = show(last.at_least, "percent")
        zh = f"grades 最后一个等次“{last.name}”写的是 {floor} 起，{floor} 以下也会评为“{last.name}”。请再加一个从 0 起的等次"
        yield _doubt(scheme.title, zh, f"below {floor} the grade is {last.name!r} too; add one from 0")
    if scheme.grades.default:
        said = "、".join(f"{band.name}≥{show(band.at_least, 'percent')}" for band in bands)
        yield finding("scheme-default-grades", bands=said)


def repeated(scheme: Scheme) -> Iterator[Finding]:
    """Tasks whose words another task has."""
    seen: dict[tuple[str, str], Task] = {}
    for task in scheme.tasks():
        words = (task.name, task.target)
        if task.target and words in seen:
            yield finding("scheme-duplicate-task", where=scheme.called(task), other=scheme.called(seen[words]))
        seen.setdefault(words, task)
