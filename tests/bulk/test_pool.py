"""Many items on the processes of this machine: order, isolation, limits, and nothing left behind."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pool_functions
import pytest
from pool_functions import Item, Result, each, lost, too_few, work
from waiting import FOREVER, until, written

from xl_kpi.bulk.pool import Team
from xl_kpi.words import LANGUAGES, in_words

DIED = "处理进程意外终止"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="内存上限与 /proc 只在 Linux 上有")
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="信号是 POSIX 的概念")


def plain(count: int) -> list[Item]:
    return [(number, "ok", None) for number in range(count)]


def done(count: int) -> list[Result]:
    return [(number, "done") for number in range(count)]


def children() -> set[str]:
    """The living processes started by this one or by those, but for the standard library's resource tracker and a cluster
    that other tests keep."""
    if sys.platform == "win32":
        return {str(process.pid) for process in multiprocessing.active_children()}
    found: set[str] = set()
    parents = {str(os.getpid())}
    rows = subprocess.run(["ps", "-ewwo", "pid,ppid,stat,args"], capture_output=True, text=True, check=True).stdout
    for row in sorted(rows.splitlines()[1:], key=lambda row: int(row.split()[0])):
        pid, parent, state, command = row.split(None, 3)
        kept = "resource_tracker" in command or " dask " in command or command.startswith("ps ")
        if parent in parents and not kept and not state.startswith("Z"):
            parents.add(pid)
            found.add(f"{pid} {command}")
    return found


def semaphores() -> set[str]:
    """The named semaphores that this process has open."""
    maps = Path("/proc/self/maps")
    return {line.split()[-1] for line in maps.read_text().splitlines() if "sem." in line} if maps.exists() else set()


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """After the test there are no more processes, semaphores and threads than before."""
    before = children(), semaphores(), set(threading.enumerate())
    yield
    assert (children(), semaphores(), set(threading.enumerate())) == before


@pytest.mark.usefixtures("nothing_left")
def test_results_come_in_the_order_of_the_items_whatever_the_number_of_workers() -> None:
    rng = random.Random(20220930)
    items: list[Item] = [(number, "sleep", rng.random() ** 4 / 20) for number in range(60)]
    for workers in (0, 1, 2, 3):
        assert list(each(work, items, lost=lost, workers=workers, chunk=4)) == done(60), workers


def test_no_items_give_no_results() -> None:
    assert list(each(work, [], lost=lost, workers=2)) == []


def test_one_worker_is_a_process_of_its_own() -> None:
    (here,) = each(work, [(0, "pools", None)], lost=lost, workers=0)
    (there,) = each(work, [(0, "pools", None)], lost=lost, workers=1)
    assert here[1] != there[1]


@posix_only
@pytest.mark.usefixtures("nothing_left")
def test_a_poisonous_item_costs_only_itself() -> None:
    items = plain(60)
    items[3] = (3, "kill", None)
    items[20] = (20, "abort", None)
    items[21] = (21, "raise", "王小明")
    items[37] = (37, "exit", 3)
    items[59] = (59, "kill", None)
    expected = done(60)
    expected[3] = (3, DIED)
    expected[20] = (20, DIED)
    expected[21] = (21, "LookupError")
    expected[37] = (37, "SystemExit")
    expected[59] = (59, DIED)
    for workers in (1, 2):
        assert list(each(work, items, lost=lost, workers=workers, chunk=8)) == expected, workers


@posix_only
@pytest.mark.usefixtures("nothing_left")
def test_nothing_but_poison_is_all_lost() -> None:
    items: list[Item] = [(number, "abort", None) for number in range(6)]
    assert list(each(work, items, lost=lost, workers=2, chunk=3)) == [(number, DIED) for number in range(6)]


@pytest.mark.usefixtures("nothing_left")
def test_a_hanging_item_is_ended_and_costs_only_itself() -> None:
    items = plain(20)
    items[5] = (5, "sleep", FOREVER)
    expected = done(20)
    expected[5] = (5, "超过 2 秒没有处理完")
    assert list(each(work, items, lost=lost, workers=2, chunk=8, seconds=2)) == expected


def test_slow_items_in_one_chunk_are_not_too_slow_alone() -> None:
    items: list[Item] = [(number, "sleep", 1.0) for number in range(4)]
    assert list(each(work, items, lost=lost, workers=2, chunk=4, seconds=3.0)) == done(4)


@linux_only
@pytest.mark.usefixtures("nothing_left")
def test_an_item_that_takes_gigabytes_costs_only_itself() -> None:
    items = plain(20)
    items[5] = (5, "hog", None)
    expected = done(20)
    expected[5] = (5, "占用内存超过上限")
    assert list(each(work, items, lost=lost, workers=1, chunk=8)) == expected


def test_numpy_works_below_the_limit_of_memory() -> None:
    # The inverse of twice the unit matrix of 500 rows: 500 times one half.
    assert list(each(work, [(0, "numpy", None)], lost=lost, workers=1)) == [(0, "250.0")]


@posix_only
def test_an_item_that_kills_its_process_only_once_keeps_its_result(tmp_path: Path) -> None:
    items = plain(12)
    items[4] = (4, "kill once", str(tmp_path / "seen"))
    assert list(each(work, items, lost=lost, workers=2, chunk=4)) == done(12)


@posix_only
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_killed_from_outside_costs_nothing(tmp_path: Path, workers: int) -> None:
    items = plain(40)
    items[9] = (9, "pid", str(tmp_path / "pid"))
    running = threading.Thread(target=_kill_who_writes, args=(tmp_path / "pid",))
    running.start()
    assert list(each(work, items, lost=lost, workers=workers, chunk=4)) == done(40)
    running.join()


def _kill_who_writes(file: Path) -> None:
    os.kill(int(written(file)), signal.SIGKILL)


@linux_only
@pytest.mark.usefixtures("nothing_left")
def test_workers_killed_at_any_moment_cost_nothing() -> None:
    rng = random.Random(7)
    items: list[Item] = [(number, "sleep", 0.02) for number in range(120)]
    seen: list[Result] = []
    for result in each(work, items, lost=lost, workers=2, chunk=5):
        seen.append(result)
        if len(seen) % 20 == 0:  # while it works, waits, or starts
            time.sleep(rng.random() / 10)
            workers = [row.split()[0] for row in children() if "spawn_main" in row]
            with contextlib.suppress(ProcessLookupError, IndexError):
                os.kill(int(rng.choice(workers)), signal.SIGKILL)
    assert seen == done(120)


def test_results_stream_and_items_are_drawn_only_a_little_ahead() -> None:
    drawn = 0

    def counted() -> Iterator[Item]:
        nonlocal drawn
        for item in plain(2000):
            drawn += 1
            yield item

    for seen, _ in enumerate(each(work, counted(), lost=lost, workers=2, chunk=4), 1):
        # For each of two workers four chunks of four that wait to be yielded, and one at work meanwhile.
        assert drawn <= seen + 2 * (4 + 1) * 4
    assert seen == drawn == 2000


def test_one_slow_item_holds_back_a_bounded_number_of_others() -> None:
    drawn = 0

    def counted() -> Iterator[Item]:
        nonlocal drawn
        yield 0, "sleep", 1.0
        for item in plain(2000)[1:]:
            drawn += 1
            yield item

    results = each(work, counted(), lost=lost, workers=2, chunk=4)
    assert next(results) == (0, "done")
    assert drawn < 2 * 4 * 2 * 4
    results.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("nothing_left")
def test_a_consumer_that_stops_half_way_leaves_nothing_behind() -> None:
    items = [(0, "ok", None), *((number, "sleep", FOREVER) for number in range(1, 40))]
    results = each(work, items, lost=lost, workers=2, chunk=1)
    assert next(results) == (0, "done")
    assert children()
    results.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_an_exception_out_of_lost_comes_through_and_leaves_nothing_behind(error: type[BaseException]) -> None:
    def stop(item: Item, why: str) -> Result:
        raise error

    items: list[Item] = [(0, "raise", ""), (1, "sleep", FOREVER), (2, "sleep", FOREVER)]
    with pytest.raises(error):
        list(each(work, items, lost=stop, workers=3, chunk=1))


@posix_only
@pytest.mark.usefixtures("nothing_left")
def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    # A background job begins with Ctrl+C ignored, and so does whatever it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    items: list[Item] = [(0, "pid", str(tmp_path / "pid")), *((number, "sleep", FOREVER) for number in range(1, 4))]
    pressed = threading.Thread(target=_press_ctrl_c_once_written, args=(tmp_path / "pid",))
    pressed.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            list(each(work, items, lost=lost, workers=2, chunk=1))
    finally:
        pressed.join()
        signal.signal(signal.SIGINT, before)


def _press_ctrl_c_once_written(file: Path) -> None:
    written(file)
    os.kill(os.getpid(), signal.SIGINT)


@linux_only
def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "from pool_functions import each, lost, work\n"
        "if __name__ == '__main__':\n"
        f"    list(each(work, [(0, 'pid', {str(tmp_path / 'pid')!r}), (1, 'sleep', 60)], lost=lost, workers=1))\n"
    )
    path = os.pathsep.join([str(Path(pool_functions.__file__).parent), *sys.path])
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": path})
    worker = int(written(tmp_path / "pid"))
    parent.kill()
    parent.wait()
    if not until(lambda: _gone(worker)):
        os.kill(worker, signal.SIGKILL)
        pytest.fail("父进程被终止后，处理进程仍在运行")


def _gone(pid: int) -> bool:
    """Whether a process has ended; a zombie that PID 1 is slow to collect has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.usefixtures("nothing_left")
def test_a_result_too_few_is_lost_and_none_is_taken_for_anothers() -> None:
    items = plain(12)
    items[4] = (4, "left out", None)
    expected = done(12)
    expected[4] = (4, "ValueError")
    for workers in (0, 1):
        assert list(each(too_few, items, lost=lost, workers=workers, chunk=6)) == expected, workers


def test_a_result_that_cannot_be_sent_is_lost() -> None:
    items = [*plain(3), (3, "unpicklable", None)]
    assert list(each(work, items, lost=lost, workers=1)) == [*done(3), (3, DIED)]


def test_without_workers_an_exception_still_costs_only_its_item() -> None:
    items = [(0, "ok", None), (1, "raise", "王小明"), (2, "ok", None)]
    assert list(each(work, items, lost=lost, workers=0)) == [(0, "done"), (1, "LookupError"), (2, "done")]


@posix_only
def test_reasons_are_facts_and_need_no_language() -> None:
    (why,) = each(work, [(1, "kill", None)], lost=lambda _, why: why, workers=1)
    assert [in_words(why, language) for language in LANGUAGES] == ["处理进程意外终止", "the worker process died"]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.usefixtures("nothing_left")
def test_whoever_watches_can_end_the_work(workers: int) -> None:
    """Also while a worker is at something long; nothing of it stays."""

    class Enough(Exception):
        pass

    def watch() -> None:
        raise Enough

    with Team(workers, watch=watch) as team, pytest.raises(Enough):
        list(team.each(work, [(0, "ok", None), (1, "sleep", 60 if workers else 0)], lost=lost))
