"""One function over many items, on the cores of this machine or on a Dask cluster.

What `Team.each` promises, wherever it runs:

- Results come in the order of the items, each as soon as it and all before it are there. The output is the
  same for any number of workers and for a cluster.
- An item that kills its process, hangs, takes too much memory or raises costs only itself. What failed as a
  chunk is run again item by item; only an item that fails alone is given up.
- Memory is flat: items are drawn as they are needed, a few chunks for each worker ahead of the consumer.
- Nothing is left behind: no process, semaphore or task, however the consumer stops.

Locally each worker is a pebble pool of one process. A pool of several shares its pipes and their locks: it
hangs when a process is killed while it holds one (https://github.com/noxdafox/pebble/issues/163), and cannot
always say whose death it was. Of a pool of one both are plain.

On a cluster the same function runs as Dask tasks. A task whose worker dies moves to another worker; one that
has seen as many workers die as the scheduler allows (`distributed.scheduler.allowed-failures`) fails. Workers
need a nanny to come back. Dask cannot interrupt a task: one that takes too long is given up and its worker goes
on to the next, but its thread and memory are free only when it ends or the worker is restarted; one that holds
the interpreter's lock is noticed when the scheduler misses its worker (`distributed.scheduler.worker-ttl`).
Workers' memory is bounded by `dask worker --memory-limit`.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from xl_kpi import __version__, isolation
from xl_kpi.findings import Language, XlKpiError, either, finding, speak

Item = TypeVar("Item")
Result = TypeVar("Result")
Function = Callable[[list[Any]], list[Any]]

_AHEAD = 4  # chunks for each worker at work or waiting for an earlier one
_STARTS = 3  # how often in a row each worker may fail to start
_GRACE = 60.0  # seconds beyond its limit after which a worker that says nothing is stuck, or a cluster lost
_TICK = 1.0  # seconds between looks at workers that say nothing
_ANSWER = 15.0  # seconds a scheduler and the first worker are given to answer
_MEMORY = 640 * 2**20  # bytes a worker may take beyond what it holds at its start


@dataclass(frozen=True)
class _Failure:
    """Why items have no results, and whether the process that tried is still fit for others."""

    why: str
    fit: bool = False


_Outcome = list[Any] | _Failure | None  # None: nobody got to work at it; again


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
        self._crew: _Crew | None = None

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
        lost: Callable[[Item, str], Result],
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
            self._crew = _Cluster(self._scheduler) if self._scheduler else _Processes(self._workers or _cores())
        share = chunk if count is None else min(chunk, max(1, -(-count // self._crew.size)))
        return _in_order(self._crew, function, source, lost, share, seconds, self._watch)


def _unwatched() -> None:
    """Nobody is there who could end the work."""


def _here(
    function: Callable[[list[Item]], list[Result]],
    source: Iterator[Item],
    lost: Callable[[Item, str], Result],
    watch: Callable[[], None],
) -> Iterator[Result]:
    for item in source:
        watch()
        outcome = _attempt(function, [item])
        yield lost(item, outcome.why) if isinstance(outcome, _Failure) else outcome[0]


class _Crew(Protocol):
    """Those who do the work, local or distributed."""

    exclusive: bool  # whether a suspect must be alone at work, lest others die of it and be blamed

    @property
    def size(self) -> int:
        """How many tasks to hand over at once."""

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        """Start a task."""

    def outcome(self, future: Future[Any], seconds: float) -> _Outcome:
        """What a task that is done came to."""

    def look(self) -> None:
        """End the tasks of workers that are stuck. Raises XlKpiError where nobody is left to work."""

    def close(self) -> None:
        """Stop all work and leave nothing behind."""


@dataclass(eq=False, slots=True)
class _Job(Generic[Item, Result]):
    """A chunk, or one item alone after its chunk failed."""

    items: list[Item]
    alone: bool = False
    started: bool = False
    results: list[Result] | None = None


def _in_order(
    crew: _Crew,
    function: Callable[[list[Item]], list[Result]],
    source: Iterator[Item],
    lost: Callable[[Item, str], Result],
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

    def settle(job: _Job[Item, Result], outcome: _Outcome) -> None:
        if outcome is None:
            job.started = False
        elif not isinstance(outcome, _Failure):
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
        done, _ = wait(running, timeout=_TICK, return_when=FIRST_COMPLETED)
        crew.look()
        watch()
        for future in done:
            job = running.pop(future)
            settle(job, crew.outcome(future, limit(job)))


def _cores() -> int:
    if sys.platform == "linux":  # where a process may be confined to some
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _died() -> _Failure:
    return _Failure(either("处理进程意外终止", "the worker process died"))


def _too_long(seconds: float) -> _Failure:
    return _Failure(either(f"超过 {seconds:g} 秒没有处理完", f"not done within {seconds:g} seconds"))


def _attempt(function: Function, items: list[Any]) -> list[Any] | _Failure:
    """The results of some items; what the function raises does not leave here: its text may hold data."""
    try:
        results = function(items)
        if len(results) != len(items):
            raise ValueError(f"{len(results)} results of {len(items)} items")
    except MemoryError:
        return _Failure(either("占用内存超过上限", "it takes more memory than allowed"))
    except (Exception, SystemExit) as error:
        return _Failure(type(error).__name__, fit=True)
    return results


# --- on this machine ---------------------------------------------------------------------------------------------


class _Worker:
    """One process."""

    def __init__(self, function: Function) -> None:
        # A fresh interpreter on every system: a fork of this process would copy locks that other threads hold and
        # the pipes to other workers. A fork server that has imported the function's module would replace a dead
        # worker in 0.02 s instead of 0.8 s, but stays until this process ends and takes another 96 MB.
        context: Any = multiprocessing.get_context("spawn")  # pebble's type of it does not fit Windows
        language: Language = either("zh", "en")  # type: ignore[assignment]
        self._pool = ProcessPool(1, initializer=_prepare, initargs=(language, function), context=context)
        self._deadline = 0.0
        self._ready = self._pool.schedule(os.getpid)

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        """Raises RuntimeError when the pool is broken."""
        self._deadline = time.monotonic() + seconds + _GRACE
        return self._pool.schedule(_attempt, (function, items), timeout=seconds)

    @property
    def started(self) -> bool:
        """Whether the process ever worked: if it did not, nothing that was handed to it is at fault."""
        return self._ready.done() and self._ready.exception() is None

    @property
    def stuck(self) -> bool:
        return not self._pool.active or time.monotonic() > self._deadline

    def stop(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble types only a part of itself
        self._pool.join()


class _Processes:
    """Worker processes of this machine, started as they are needed; one that failed in any way is replaced."""

    exclusive = False

    def __init__(self, count: int) -> None:
        try:
            isolation.isolate_children()  # a fresh interpreter looks for modules in the current folder first
        except RuntimeError as error:
            raise XlKpiError(
                finding("executor", where=either("处理进程", "worker process"), why=str(error))
            ) from None
        self.size = count
        self._idle: list[_Worker] = []
        self._busy: dict[Future[Any], _Worker] = {}
        self._not_started = 0

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        future = None
        while self._idle and future is None:
            worker = self._idle.pop()
            try:
                future = worker.submit(function, items, seconds)
            except RuntimeError:  # it was killed while it had nothing to do
                worker.stop()
        if future is None:
            worker = _Worker(function)
            future = worker.submit(function, items, seconds)
        self._busy[future] = worker
        return future

    def outcome(self, future: Future[Any], seconds: float) -> _Outcome:
        worker = self._busy.pop(future)
        outcome: list[Any] | _Failure
        try:
            outcome = future.result()
        except TimeoutError:
            outcome = _too_long(seconds)
        except (ProcessExpired, BrokenProcessPool):
            outcome = _died()
        except Exception as error:  # items or results that cannot be pickled
            outcome = _Failure(type(error).__name__)
        if isinstance(outcome, list) or outcome.fit:
            self._idle.append(worker)
            self._not_started = 0
            return outcome
        worker.stop()
        if worker.started:
            self._not_started = 0
            return outcome
        self._not_started += 1
        if self._not_started >= _STARTS * self.size:
            why = either("无法启动，可能内存不足", "it does not start; there may be too little memory")
            raise XlKpiError(finding("executor", where=either("处理进程", "worker process"), why=why))
        return None

    def look(self) -> None:
        for future, worker in self._busy.items():
            if not future.done() and worker.stuck:
                worker.stop()
                if not future.done():
                    future.set_exception(BrokenProcessPool())

    def close(self) -> None:
        workers = [*self._idle, *self._busy.values()]
        if workers:  # at once, since one that does not listen is given three seconds before it is killed
            with ThreadPoolExecutor(len(workers)) as together:
                list(together.map(_Worker.stop, workers))


def _prepare(language: Language, _function: Function) -> None:
    """Make a worker process ready; that it was handed the function has already imported its module."""
    speak(language)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()
    if sys.platform != "win32":
        import resource  # POSIX only

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if sys.platform == "linux":
            # Not the address space, much of which is reserved and never used, the more the more cores there are.
            # Elsewhere the system does not keep to it.
            with open("/proc/self/statm") as pages:
                data = int(pages.read().split()[5]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_DATA, (data + _MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def _end_with(parent_ended: Callable[[], None]) -> None:
    """End this process when its parent is gone, were it killed itself."""
    parent_ended()
    os._exit(1)


# --- on a cluster ------------------------------------------------------------------------------------------------


class _Cluster:
    """The workers of a Dask scheduler."""

    exclusive = True

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            distributed: Any = import_module("distributed")  # an extra: neither we nor the type checker need it else
        except ImportError:
            raise self._error(
                '没有安装 Dask，请运行 pip install "xl-kpi[cluster]"', 'install Dask: pip install "xl-kpi[cluster]"'
            ) from None
        self._killed: type[Exception] = distributed.KilledWorker
        self._client: Any = None
        with suppress(Exception):  # of any type, according to what is wrong with the address
            self._client = distributed.Client(address, timeout=_ANSWER, set_as_default=False)
        if self._client is None:
            gc.collect()  # the client that came to nothing, which would wait and complain when the program ends
            raise self._error("调度器没有应答", "the scheduler does not answer")
        try:
            self._executor = self._client.get_executor(pure=False)  # or what failed would not be run again
            self._seen = self._looked = time.monotonic()
            self._client.wait_for_workers(1, timeout=_ANSWER)
            self._refuse_exposed()
            versions = set(self._client.run(_version).values())
            if versions != {__version__}:
                raise ValueError(f"xl_kpi {', '.join(sorted(versions))}")
            self._threads: int = sum(self._client.nthreads().values())
        except XlKpiError:
            self._client.close()
            raise
        except Exception as error:
            self._client.close()
            raise self._error(
                f"没有可用的处理节点，或其中的 xl_kpi 不是 {__version__} 版（{error!r}）",
                f"no workers, or none with xl_kpi {__version__} ({error!r})",
            ) from error

    def _error(self, zh: str, en: str) -> XlKpiError:
        return XlKpiError(finding("executor", where=self._address, why=either(zh, en)))

    def _refuse_exposed(self) -> None:
        """Raises XlKpiError where a worker imports from its current folder, before anything is imported there for us."""
        exposed = [worker for worker, is_so in self._client.run(eval, _EXPOSED).items() if is_so]
        if exposed:
            raise self._error(
                f"处理节点 {'、'.join(exposed)} 会运行它当前文件夹里的程序。请设环境变量 PYTHONSAFEPATH=1 后重新启动（dask worker）",
                f"the workers {', '.join(exposed)} import from their current folder: start them with PYTHONSAFEPATH=1",
            )

    @property
    def size(self) -> int:
        """Twice the threads there are, so that none waits for the next task."""
        return 2 * max(1, self._threads)

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        future: Future[Any] = self._executor.submit(_attempt_within, function, items, seconds, either("zh", "en"))
        return future

    def outcome(self, future: Future[Any], seconds: float) -> _Outcome:
        try:
            outcome: _Outcome = future.result()
        except self._killed:
            return _died()
        except CancelledError:
            raise self._gone() from None
        except Exception as error:  # items or results that cannot be pickled
            return _Failure(type(error).__name__)
        return outcome

    def look(self) -> None:
        """Count the threads anew, since clusters grow and shrink."""
        now = time.monotonic()
        if now < self._looked + _TICK:
            return
        self._looked = now
        try:
            self._threads = sum(self._client.nthreads().values())
        except (OSError, ValueError) as error:
            raise self._gone() from error
        if self._threads:
            self._seen = now
        elif now > self._seen + _GRACE:
            raise self._gone()

    def _gone(self) -> XlKpiError:
        return self._error("与集群的连接中断，或处理节点都已退出", "the cluster was lost, or all its workers")

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()


# Whether the current folder of a worker is on its import path; in words of Python's own, which need nothing imported.
_EXPOSED = "__import__('os').path.realpath('') in map(__import__('os').path.realpath, __import__('sys').path)"


def _version() -> str:
    return __version__


def _attempt_within(function: Function, items: list[Any], seconds: float, language: Language) -> _Outcome:
    """As `_attempt`, in a thread that is left to itself when it takes too long: a thread cannot be ended."""
    speak(language)
    outcome: list[_Outcome] = []
    attempt = threading.Thread(target=lambda: outcome.append(_attempt(function, items)), daemon=True)
    attempt.start()
    attempt.join(seconds)
    return outcome[0] if outcome else _too_long(seconds)
