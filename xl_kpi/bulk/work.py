"""What everybody who works on items shares: what a task comes to, and what is asked of those who do it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from xl_kpi.words import Fact, said

Function = Callable[[list[Any]], list[Any]]

GRACE = 60.0  # seconds beyond its limit after which a worker that says nothing is stuck, or a cluster lost
TICK = 1.0  # seconds between looks at workers that say nothing


@dataclass(frozen=True)
class Failure:
    """Why items have no results, and whether the process that tried is still fit for others."""

    why: Fact
    fit: bool = False


Outcome = list[Any] | Failure | None
"""What a task came to; None: nobody got to work at it, and it is handed out again."""


class Workers(Protocol):
    """Those who do the work, local or distributed."""

    exclusive: bool  # whether a suspect must be alone at work, lest others die of it and be blamed

    @property
    def size(self) -> int:
        """How many tasks to hand over at once."""

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        """Start a task."""

    def outcome(self, future: Future[Any], seconds: float) -> Outcome:
        """What a task that is done came to."""

    def look(self) -> None:
        """End the tasks of workers that are stuck. Raises XlKpiError where nobody is left to work."""

    def close(self) -> None:
        """Stop all work and leave nothing behind."""


def died() -> Failure:
    """Of a task whose process ended."""
    return Failure(said("bulk.worker-process-died"))


def too_long(seconds: float) -> Failure:
    """Of a task that took more than so many seconds."""
    return Failure(said("bulk.too-slow", seconds=seconds))


def attempt(function: Function, items: list[Any]) -> list[Any] | Failure:
    """The results of some items; what the function raises does not leave here: its text may hold data."""
    try:
        results = function(items)
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results of {len(items)} items")
    except MemoryError:
        return Failure(said("bulk.too-much-memory"))
    except (Exception, SystemExit) as error:
        return Failure(type(error).__name__, fit=True)
    return results
