"""The workers on this machine: processes, each a pebble pool of one.

A pool of several shares its pipes and their locks: it hangs when a process is killed while it holds one
(https://github.com/noxdafox/pebble/issues/163), and cannot always say whose death it was. Of a pool of one both are plain.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from pebble import ProcessExpired, ProcessPool

from xl_kpi import isolation
from xl_kpi.bulk.work import GRACE, Failure, Function, Outcome, attempt, died, too_long
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import said

_STARTS = 3  # how often in a row each worker may fail to start
_MEMORY = 640 * 2**20  # bytes a worker may take beyond what it holds at its start


def cores() -> int:
    """How many this process may use."""
    if sys.platform == "linux":  # where a process may be confined to some
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Worker:
    """One process."""

    def __init__(self, function: Function) -> None:
        # A fresh interpreter on every system: a fork of this process would copy locks that other threads hold and
        # the pipes to other workers. A fork server that has imported the function's module would replace a dead
        # worker in 0.02 s instead of 0.8 s, but stays until this process ends and takes another 96 MB.
        context: Any = multiprocessing.get_context("spawn")  # pebble's type of it does not fit Windows
        self._pool = ProcessPool(1, initializer=_prepare, initargs=(function,), context=context)
        self._deadline = 0.0
        self._ready = self._pool.schedule(os.getpid)

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        """Raises RuntimeError when the pool is broken."""
        self._deadline = time.monotonic() + seconds + GRACE
        return self._pool.schedule(attempt, (function, items), timeout=seconds)

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


class Processes:
    """Worker processes of this machine, started as they are needed; one that failed in any way is replaced."""

    exclusive = False

    def __init__(self, count: int) -> None:
        try:
            isolation.isolate_children()  # a fresh interpreter looks for modules in the current folder first
        except RuntimeError:
            raise XlKpiError(finding("executor", where=said("bulk.worker"), why=said("bulk.not-isolated"))) from None
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

    def outcome(self, future: Future[Any], seconds: float) -> Outcome:
        worker = self._busy.pop(future)
        outcome: list[Any] | Failure
        try:
            outcome = future.result()
        except TimeoutError:
            outcome = too_long(seconds)
        except (ProcessExpired, BrokenProcessPool):
            outcome = died()
        except Exception as error:  # items or results that cannot be pickled
            outcome = Failure(type(error).__name__)
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
            why = said("bulk.does-not-start")
            raise XlKpiError(finding("executor", where=said("bulk.worker"), why=why))
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


def _prepare(_function: Function) -> None:
    """Make a worker process ready; that it was handed the function has already imported its module."""
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
