"""`Team.each` by a team that ends with it, and functions for it, by name in every worker: each item says what befalls who works on it.

An item is (number, what, detail); its result is (number, "done") unless the item says otherwise.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from waiting import FOREVER

from xl_kpi.bulk.pool import Team
from xl_kpi.words import Fact, in_words

Item = tuple[int, str, Any]
Result = tuple[int, str]


def each(
    function: Callable[[list[Item]], list[Result]],
    items: Iterable[Item],
    *,
    workers: int | None = None,
    scheduler: str = "",
    **more: Any,
) -> Iterator[Result]:
    """What a team makes of items; it is there for them only."""
    with Team(workers, scheduler) as team:
        yield from team.each(function, items, **more)


def work(items: list[Item]) -> list[Result]:
    """The results of a chunk, one item after the other."""
    return [_one(*item) for item in items]


def _one(number: int, what: str, detail: Any) -> Result:
    if what == "sleep":
        time.sleep(detail)
    elif what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "abort":
        os.abort()
    elif what == "raise":
        raise LookupError(f"the text of {detail}")
    elif what == "exit":
        raise SystemExit(detail)
    elif what == "hog":
        _ = [bytes(64 * 2**20) for _ in range(64)]  # 4 GB
    elif what == "kill once":  # detail: a file that is there from the first time on
        path = Path(detail)
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    elif what == "pid":  # detail: a file to write the process id to, and be killed; done where another was
        with contextlib.suppress(FileExistsError):
            with open(detail, "x") as file:
                file.write(str(os.getpid()))
            time.sleep(FOREVER)
    elif what == "unpicklable":
        return number, lambda: None  # type: ignore[return-value]
    elif what == "numpy":
        import numpy as np

        return number, f"{np.linalg.inv(np.eye(500) * 2).sum():.1f}"
    elif what == "pools":
        return number, multiprocessing.current_process().name
    return number, "done"


def too_few(items: list[Item]) -> list[Result]:
    """Leaves out the results of items that say so."""
    return [(item[0], "done") for item in items if item[1] != "left out"]


def lost(item: Item, why: Fact) -> Result:
    """What an item comes to that has no result."""
    return item[0], in_words(why, "zh")
