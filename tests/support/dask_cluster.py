"""A Dask cluster for the tests: a scheduler and workers, real processes on this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import until, written


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _listens(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


class Cluster:
    """A scheduler and its workers, each under a nanny that brings it back, as officials' IT would start them.

    They work in a folder of their own, and import what this process can import.
    """

    def __init__(self, folder: Path, at: Path | None = None, env: dict[str, str] | None = None) -> None:
        """In a folder, where its log goes; its processes stand `at` another and have another environment if told."""
        self._folder = folder
        self._at = at or folder
        self._env = env
        self._processes: list[subprocess.Popen[bytes]] = []
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self.start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        if not until(lambda: _listens(port)):
            self.stop()
            pytest.fail((folder / "log").read_text())

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `dask` with these arguments."""
        here = Path(__file__).resolve().parent
        settings = {
            "PYTHONSAFEPATH": "1",
            "PYTHONPATH": os.pathsep.join([str(here), *filter(None, sys.path)]),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # so that poison is found out sooner
            "DASK_TEMPORARY_DIRECTORY": str(self._folder),
        }
        if self._env is not None:
            settings = {**self._env, "DASK_TEMPORARY_DIRECTORY": str(self._folder)}
        command = [sys.executable, "-m", "dask", *arguments]
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self._at,
                env=settings if self._env is not None else {**os.environ, **settings},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of one thread."""
        return self.start("worker", self.address, "--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard")

    def stop(self) -> None:
        """End all of them and what they have started."""
        while self._processes:
            process = self._processes.pop()
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its group holds the processes it has started
            process.wait()


def kill_who_writes(file: Path) -> None:
    """Kill the process whose id comes to stand in a file, as soon as it does."""
    os.kill(int(written(file)), signal.SIGKILL)
