"""The schemes shipped: which there are, and each in outline; known without all that it takes to load one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

# Beside the package in a checkout, inside it once installed.
_HERE = Path(__file__).resolve().parent
TEMPLATES = next((d for d in (_HERE / "templates", _HERE.parent / "templates") if d.is_dir()), _HERE)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The names of the schemes shipped, in order."""
    return tuple(sorted(path.stem for path in TEMPLATES.glob("*.yaml")))


@dataclass(frozen=True)
class Outline:
    """What a scheme is, in a line; points as declared."""

    name: str
    title: str
    year: int
    tasks: int
    points: float
    levels: tuple[str, ...]


def outline(name: str) -> Outline:
    """A scheme shipped, in outline. Raises ValueError for one that is not as it should be: loading it says why."""
    text = (TEMPLATES / f"{name}.yaml").read_bytes()
    try:
        data = yaml.load(text, yaml.CSafeLoader)
        tasks = sum(len(group.get("tasks", ())) for group in _groups(data))
        levels = tuple(data.get("levels", ()))
        return Outline(data["id"], data["title"], data["year"], tasks, float(data["points"]), levels)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(name) from error


def _groups(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in part.get("groups", ()):
        yield group
        yield from _groups(group)
