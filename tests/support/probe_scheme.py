"""A scheme in plain data that loads and lints clean, small enough to be spoilt one thing at a time."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]


def task(id: str, points: Any, **keys: Any) -> Data:
    """A task: a rate that must reach 90%, in words that say so."""
    rate = {"id": "rate", "label": "合格率", "kind": "percent"}
    own: Data = {
        "id": id,
        "name": f"任务{id}",
        "target": "合格率90%以上。",
        "points": points,
        "rule": {"type": "threshold", "input": rate, "at_least": 0.9},
    }
    return own | keys


def probe(*tasks: Data, **keys: Any) -> Data:
    """A scheme of the given tasks (two of 4 and 6 points unless given) in one group inside another; totals tie."""
    below = list(tasks) or [task("t1", 4), task("t2", 6, target="合格率不低于90%。")]
    known = [one["points"] for one in below if not isinstance(one["points"], dict)]
    total = sum(known)
    inner = {"id": "g11", "name": "内层", "points": total, "tasks": below}
    scheme: Data = {
        "id": "probe",
        "version": 1,
        "title": "试验方案",
        "year": 2022,
        "unit": "某单位",
        "source": {"document": "试验", "seed": "无"},
        "points": total,
        "columns": [{"title": shows, "shows": shows} for shows in ("group2", "name", "target", "points")],
        "grades": {"bands": [{"name": "合格", "at_least": 0.6}, {"name": "不合格", "at_least": 0}]},
        "groups": [{"id": "g1", "name": "外层", "points": total, "groups": [inner]}],
    }
    return scheme | keys


def tasks_in(scheme: Data) -> list[Data]:
    """The tasks of a probe, to be spoilt."""
    found: list[Data] = scheme["groups"][0]["groups"][0]["tasks"]
    return found
