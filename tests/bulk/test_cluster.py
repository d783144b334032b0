"""The same on a Dask cluster: a scheduler and two workers, real processes on this machine."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from dask_cluster import Cluster, free_port, kill_who_writes
from pool_functions import Item, Result, each, lost, work

from xl_kpi.bulk import cluster as workers
from xl_kpi.findings import XlKpiError

pytestmark = [
    pytest.mark.xdist_group("cluster"),
    pytest.mark.skipif(find_spec("distributed") is None, reason="没有安装 distributed（xl-kpi[cluster]）"),
    pytest.mark.skipif(sys.platform == "win32", reason="信号是 POSIX 的概念"),
]

DIED = "处理进程意外终止"


def test_the_output_is_that_of_one_machine_even_when_a_worker_is_killed(cluster: str, tmp_path: Path) -> None:
    rng = random.Random(2019)
    items: list[Item] = [(number, "sleep", rng.random() / 20) for number in range(100)]
    items[40] = (40, "pid", str(tmp_path / "pid"))
    killer = threading.Thread(target=kill_who_writes, args=(tmp_path / "pid",))
    killer.start()
    distributed = list(each(work, items, lost=lost, scheduler=cluster, chunk=5))
    killer.join()
    (tmp_path / "pid").unlink()  # it was written: a worker was killed
    assert distributed == list(each(work, items, lost=lost, workers=2, chunk=5))
    assert distributed == [(number, "done") for number in range(100)]


def test_a_poisonous_item_costs_only_itself(cluster: str) -> None:
    items: list[Item] = [(number, "ok", None) for number in range(40)]
    items[4] = (4, "raise", "王小明")
    items[9] = (9, "abort", None)
    items[33] = (33, "sleep", 4.0)
    expected: list[Result] = [(number, "done") for number in range(40)]
    expected[4] = (4, "LookupError")
    expected[9] = (9, DIED)
    expected[33] = (33, "超过 0.5 秒没有处理完")
    assert list(each(work, items, lost=lost, scheduler=cluster, chunk=8, seconds=0.5)) == expected


def test_a_consumer_that_stops_half_way_leaves_no_threads_and_no_tasks(cluster: str) -> None:
    from distributed import Client

    before = set(threading.enumerate())
    items: list[Item] = [(number, "sleep", 0.01) for number in range(1000)]
    results = each(work, items, lost=lost, scheduler=cluster, chunk=2)
    assert next(results) == (0, "done")
    results.close()  # type: ignore[attr-defined]
    assert {thread for thread in threading.enumerate() if "IO loop" in thread.name} <= before
    with Client(cluster, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        for _ in range(100):
            tasks = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
            if tasks == 0:
                return
            time.sleep(0.05)
    pytest.fail(f"调度器上还有 {tasks} 个任务")


def test_a_scheduler_that_is_not_there_is_said_so_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_ANSWER", 1.0)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(XlKpiError, match=f"{address}：调度器没有应答"):
        list(each(work, [(0, "ok", None)], lost=lost, scheduler=address))


def test_workers_of_another_version_are_refused(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = workers.__version__
    monkeypatch.setattr(workers, "__version__", "9.9")
    with pytest.raises(XlKpiError, match=rf"xl_kpi 不是 9\.9 版.*xl_kpi {here}"):
        list(each(work, [(0, "ok", None)], lost=lost, scheduler=cluster))


def test_workers_that_import_from_their_current_folder_are_refused(tmp_path: Path) -> None:
    careless = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    exposed = Cluster(tmp_path, env={**careless, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    try:
        exposed.add_worker()
        with pytest.raises(XlKpiError, match="PYTHONSAFEPATH=1"):
            list(each(work, [(0, "ok", None)], lost=lost, scheduler=exposed.address))
    finally:
        exposed.stop()


def test_an_address_that_is_none_is_said_so() -> None:
    with pytest.raises(XlKpiError, match="nowhere://：调度器没有应答"):
        list(each(work, [(0, "ok", None)], lost=lost, scheduler="nowhere://"))


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(XlKpiError, match=r'pip install "xl-kpi\[cluster\]"'):
        list(each(work, [(0, "ok", None)], lost=lost, scheduler="tcp://127.0.0.1:1"))


def test_a_cluster_without_workers_and_one_that_goes_away_are_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Cluster(tmp_path)
    try:
        monkeypatch.setattr(workers, "_ANSWER", 0.5)
        with pytest.raises(XlKpiError, match="没有可用的处理节点"):
            list(each(work, [(0, "ok", None)], lost=lost, scheduler=own.address))
        monkeypatch.setattr(workers, "_ANSWER", 10.0)
        own.add_worker()
        items: list[Item] = [(number, "sleep", 0.1) for number in range(100)]
        results = each(work, items, lost=lost, scheduler=own.address, chunk=1)
        assert next(results) == (0, "done")
        own.stop()
        monkeypatch.setattr(workers, "_ANSWER", 1.0)
        with pytest.raises(XlKpiError, match="与集群的连接中断"):
            list(results)
    finally:
        own.stop()
