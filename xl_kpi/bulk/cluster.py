"""The workers of a Dask cluster, which somebody else has started.

The function runs as Dask tasks. A task whose worker dies moves to another worker; one that has seen as many workers die as
the scheduler allows (`distributed.scheduler.allowed-failures`) fails. Workers need a nanny to come back. Dask cannot
interrupt a task: one that takes too long is given up and its worker goes on to the next, but its thread and memory are
free only when it ends or the worker is restarted; one that holds the interpreter's lock is noticed when the scheduler
misses its worker (`distributed.scheduler.worker-ttl`). Workers' memory is bounded by `dask worker --memory-limit`.
"""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from importlib import import_module
from typing import Any

from xl_kpi import __version__
from xl_kpi.bulk.work import GRACE, TICK, Failure, Function, Outcome, attempt, died, too_long
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import Said, said

_ANSWER = 15.0  # seconds a scheduler and the first worker are given to answer


class Cluster:
    """The workers of a Dask scheduler."""

    exclusive = True

    def __init__(self, address: str) -> None:
        self._address = address
        try:
            distributed: Any = import_module("distributed")  # an extra: neither we nor the type checker need it else
        except ImportError:
            raise self._error(said("cluster.no-dask")) from None
        self._killed: type[Exception] = distributed.KilledWorker
        self._client: Any = None
        with suppress(Exception):  # of any type, according to what is wrong with the address
            self._client = distributed.Client(address, timeout=_ANSWER, set_as_default=False)
        if self._client is None:
            gc.collect()  # the client that came to nothing, which would wait and complain when the program ends
            raise self._error(said("cluster.no-answer"))
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
            raise self._error(said("cluster.no-workers", version=__version__, error=repr(error))) from error

    def _error(self, why: Said) -> XlKpiError:
        return XlKpiError(finding("executor", where=self._address, why=why))

    def _refuse_exposed(self) -> None:
        """Raises XlKpiError where a worker imports from its current folder, before anything is imported there for us."""
        exposed = [worker for worker, is_so in self._client.run(eval, _EXPOSED).items() if is_so]
        if exposed:
            raise self._error(said("cluster.exposed", workers=exposed))

    @property
    def size(self) -> int:
        """Twice the threads there are, so that none waits for the next task."""
        return 2 * max(1, self._threads)

    def submit(self, function: Function, items: list[Any], seconds: float) -> Future[Any]:
        future: Future[Any] = self._executor.submit(_attempt_within, function, items, seconds)
        return future

    def outcome(self, future: Future[Any], seconds: float) -> Outcome:
        try:
            outcome: Outcome = future.result()
        except self._killed:
            return died()
        except CancelledError:
            raise self._gone() from None
        except Exception as error:  # items or results that cannot be pickled
            return Failure(type(error).__name__)
        return outcome

    def look(self) -> None:
        """Count the threads anew, since clusters grow and shrink."""
        now = time.monotonic()
        if now < self._looked + TICK:
            return
        self._looked = now
        try:
            self._threads = sum(self._client.nthreads().values())
        except (OSError, ValueError) as error:
            raise self._gone() from error
        if self._threads:
            self._seen = now
        elif now > self._seen + GRACE:
            raise self._gone()

    def _gone(self) -> XlKpiError:
        return self._error(said("cluster.lost"))

    def close(self) -> None:
        self._executor.shutdown(wait=False)
        self._client.close()


# Whether the current folder of a worker is on its import path; in words of Python's own, which need nothing imported.
_EXPOSED = "__import__('os').path.realpath('') in map(__import__('os').path.realpath, __import__('sys').path)"


def _version() -> str:
    return __version__


def _attempt_within(function: Function, items: list[Any], seconds: float) -> Outcome:
    """As `attempt`, in a thread that is left to itself when it takes too long: a thread cannot be ended."""
    outcome: list[Outcome] = []
    at_work = threading.Thread(target=lambda: outcome.append(attempt(function, items)), daemon=True)
    at_work.start()
    at_work.join(seconds)
    return outcome[0] if outcome else too_long(seconds)
