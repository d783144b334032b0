"""LibreOffice as a process: found or missed, one for a batch, and gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xl_kpi.engines import libreoffice
from xl_kpi.engines.base import RecalculationError
from xl_kpi.engines.libreoffice import LibreOfficeEngine, LibreOfficeMissing

Build = Callable[..., bytes]  # see conftest.py


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that a test has started."""
    processes: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[call-overload]
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return processes


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, this test's own; it must be as empty after as before."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def members(group: int) -> list[str]:
    """The living processes of a process group; a zombie that PID 1 is slow to collect is not living."""
    rows = subprocess.run(["ps", "-eo", "pgid,stat,comm"], capture_output=True, text=True, check=True).stdout
    table = [row.split() for row in rows.splitlines()[1:]]
    return [comm for pgid, stat, comm, *_ in table if pgid == str(group) and not stat.startswith("Z")]


def pipes() -> set[Path]:
    return set(Path("/tmp").glob("OSL_PIPE_*"))


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="进程组是 POSIX 的概念")


@posix_only
@pytest.mark.usefixtures("libreoffice_installed", "scratch")
def test_a_batch_takes_one_process_which_ends(
    build: Build, started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    books = [build({"表": {"A1": number, "B1": "=A1*2"}}) for number in (1, 2, 3)]
    assert LibreOfficeEngine().recalculate(books) == [{"表!B1": 2.0}, {"表!B1": 4.0}, {"表!B1": 6.0}]
    (process,) = started
    assert members(process.pid) == []


@posix_only
@pytest.mark.usefixtures("libreoffice_installed", "scratch")
def test_when_time_runs_out_nothing_is_left(build: Build, started: list[subprocess.Popen[bytes]]) -> None:
    impatient = LibreOfficeEngine(start_timeout=0.4, timeout_per_workbook=0.0)
    with pytest.raises(RecalculationError, match=r"超过 0\.4 秒没有算完，已终止") as caught:
        impatient.recalculate([build({"表": {"A1": "=1+1"}})])
    assert caught.value.index is None
    (process,) = started
    assert members(process.pid) == []
    assert not [pipe for pipe in pipes() if pipe.name.endswith(_pipe_name(process))]


def _pipe_name(process: subprocess.Popen[bytes]) -> str:
    """The name LibreOffice gives its socket, computed here a second time from the command line."""
    import hashlib

    assert isinstance(process.args, list)
    url = next(str(a) for a in process.args if str(a).startswith("-env:UserInstallation=")).partition("=")[2]
    return "".join(f"{byte:x}" for byte in hashlib.md5(url.encode("utf-16-le")).digest())


def test_long_batches_are_cut_and_keep_their_numbers(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def saved(self: object, workbooks: list[bytes]) -> list[bytes | None]:
        sizes.append(len(workbooks))
        return [None if book == b"bad" else book for book in workbooks]

    monkeypatch.setattr(libreoffice, "BATCH", 2)
    monkeypatch.setattr(LibreOfficeEngine, "saved", saved)
    good = build({"表": {"A1": 1}})
    assert LibreOfficeEngine().recalculate([good] * 5) == [{}] * 5
    assert sizes == [2, 2, 1]
    with pytest.raises(RecalculationError, match="第 4 个工作簿"):
        LibreOfficeEngine().recalculate([good, good, good, b"bad", good])


def test_says_what_to_do_when_it_is_missing(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libreoffice, "_USUAL_PLACES", ())
    monkeypatch.setenv("PATH", os.devnull)
    assert not libreoffice.available()
    with pytest.raises(LibreOfficeMissing, match="请安装 LibreOffice") as caught:
        LibreOfficeEngine().recalculate([build({"表": {"A1": "=1"}})])
    assert "formualizer" in str(caught.value)
