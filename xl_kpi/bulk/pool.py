"""One function over many items, on the cores of this machine or on a Dask cluster.

What `Team.each` promises, wherever it runs:

- Results come in the order of the items, each as soon as it and all before it are there. The output is the
  same for any number of workers and for a cluster.
- An item that kills its process, hangs, takes too much memory or raises costs only itself. What failed as a
  chunk is run again item by item; only an item that fails alone is given up.
- Memory is flat: items are drawn as they are needed, a few chunks for each worker ahead of the consumer.
- Nothing is left behind: no process, semaphore or task, however the consumer stops.

The workers are those of `processes.py` or `cluster.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from xl_kpi.bulk.work import TICK, Failure, Outcome, Workers, attempt
from xl_kpi.words import Fact

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4  # chunks for each worker at work or waiting for an earlier one


class Team:
    """Workers that stay from one use to the next; they start when there is work, and end with the `with` block.

    Args:
        workers: processes; one for each core unless told. 0: this process, with neither isolation nor limits.
        scheduler: the address of a Dask scheduler, tcp://host:port; `workers` then does not count.
        watch: called at least every second while there is work to wait for; what it raises ends the work.
    """

    def __init__(
        self, workers: int | None = None, scheduler: str = "", watch: Callable[[], None] | None = None
    ) -> None:
        self._workers = workers
        self._scheduler = scheduler
        self._watch = watch or _unwatched
        self._crew: Workers | None = None

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        if self._crew is not None:
            self._crew.close()

    def each(
        self,
        function: Callable[[list[Item]], list[Result]],
        items: Iterable[Item],
        *,
        lost: Callable[[Item, Fact], Result],
        count: int | None = None,
        chunk: int = 16,
        seconds: float = 30.0,
    ) -> Iterator[Result]:
        """The results of a function over items, in their order, as they become available.

        Args:
            function: from some items to as many results, in the same order; importable by name in a worker (a
                functools.partial of such a function is), items and results picklable.
            items: drawn lazily, in this process.
            lost: the result of an item that has none, from the item and a short reason in the language of messages
                (of an exception only its type: its text may hold data); called in this process.
            count: how many items there are, where that is known: then each worker gets some.
            chunk: items handed over at once, at most.
            seconds: what one item may take alone. A whole chunk may take twice as much, so that one hanging item
                does not hold up its neighbours for long; a chunk of slow items is then run item by item.

        Raises:
            XlKpiError: worker processes cannot start; Dask is not installed, its scheduler does not answer, has no
                workers or workers with another version of xl_kpi, or was lost on the way.
        """
        source = iter(items)
        if self._workers == 0 and not self._scheduler:
            return _here(function, source, lost, self._watch)
        if self._crew is None:
            self._crew = _hired(self._workers, self._scheduler)
        share = chunk if count is None else min(chunk, max(1, -(-count // self._crew.size)))
        return _in_order(self._crew, function, source, lost, share, seconds, self._watch)


def _hired(workers: int | None, scheduler: str) -> Workers:
    """Those who do the work. What it takes to have some is imported only then: a single file is checked without."""
    if scheduler:
        from xl_kpi.bulk.cluster import Cluster

        return Cluster(scheduler)
    from xl_kpi.bulk.processes import Processes, cores

    return Processes(workers or cores())


def _unwatched() -> None:
    """Nobody is there who could end the work."""


def _here(
    function: Callable[[list[Item]], list[Result]],
    source: Iterator[Item],
    lost: Callable[[Item, Fact], Result],
    watch: Callable[[], None],
) -> Iterator[Result]:
    for item in source:
        watch()
        outcome = attempt(function, [item])
        yield lost(item, outcome.why) if isinstance(outcome, Failure) else outcome[0]


@dataclass(eq=False, slots=True)
class _Job(Generic[Item, Result]):
    """A chunk, or one item alone after its chunk failed."""

    items: list[Item]
    alone: bool = False
    started: bool = False
    results: list[Result] | None = None


def _in_order(
    crew: Workers,
    function: Callable[[list[Item]], list[Result]],
    source: Iterator[Item],
    lost: Callable[[Item, Fact], Result],
    chunk: int,
    seconds: float,
    watch: Callable[[], None],
) -> Iterator[Result]:
    window: list[_Job[Item, Result]] = []
    running: dict[Future[Any], _Job[Item, Result]] = {}

    def limit(job: _Job[Item, Result]) -> float:
        return seconds if len(job.items) == 1 else 2 * seconds

    def following() -> _Job[Item, Result] | None:
        """The next job to start, suspects before fresh chunks because they stand before them in the window."""
        job = next((job for job in window if not job.started), None)
        if crew.exclusive and running and (any(other.alone for other in running.values()) or (job and job.alone)):
            return None
        if job is None and sum(len(job.items) for job in window) < _AHEAD * crew.size * chunk:
            drawn = list(islice(source, chunk))
            if drawn:
                job = _Job(drawn)
                window.append(job)
        return job

    def settle(job: _Job[Item, Result], outcome: Outcome) -> None:
        if outcome is None:
            job.started = False
        elif not isinstance(outcome, Failure):
            job.results = outcome
        elif job.alone:
            job.results = [lost(job.items[0], outcome.why)]
        else:
            at = window.index(job)
            window[at : at + 1] = [_Job([item], alone=True) for item in job.items]

    while True:
        ready: list[Result] = []
        while window and window[0].results is not None:
            ready += window.pop(0).results or []
        while len(running) < crew.size and (job := following()) is not None:
            job.started = True
            running[crew.submit(function, job.items, limit(job))] = job
        yield from ready
        if not running:
            return
        done, _ = wait(running, timeout=TICK, return_when=FIRST_COMPLETED)
        crew.look()
        watch()
        for future in done:
            job = running.pop(future)
            settle(job, crew.outcome(future, limit(job)))
