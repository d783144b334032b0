"""Work in a thread of its own, so that the window never hangs. Tk is called by its own thread only, which looks here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from xl_kpi.addin.files import Progress, Stopped, Watch

Result = TypeVar("Result")
Work = Callable[[Progress, Watch], Result]


class Job(Generic[Result]):
    """Some work from its start to its end: how far it is, its result or what it failed with (neither where stopped)."""

    def __init__(self, work: Work[Result]) -> None:
        self.progress = (0, 0)  # which of how many; of none as long as that is not known
        self.result: Result | None = None
        self.error: Exception | None = None
        self.stopping = False
        self._work = work
        self._thread = threading.Thread(target=self._run, name="xl-kpi panel")
        self._thread.start()

    def stop(self) -> None:
        """Have it end soon, its processes with it."""
        self.stopping = True

    @property
    def running(self) -> bool:
        """Whether it is still at work, or ending its processes."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.result = self._work(self._at, self._watch)
        except Stopped:
            pass
        except Exception as error:  # told by whoever looks
            self.error = error

    def _at(self, number: int, count: int) -> None:
        self.progress = (number, count)

    def _watch(self) -> None:
        if self.stopping:
            raise Stopped
