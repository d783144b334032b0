"""Checking and recalculating in bulk: how fast against other programs on the same files, and in how much memory.

    .venv/bin/python tests/bench/bulk.py [--files 2000] [--rounds 3] [--no-speed | --no-memory]
    .venv/bin/python tests/bench/bulk.py --no-speed --files 10000

Speed is measured in this process and in one run, the peers taking turns, the best round of each counting; where the wall's
clock and the processors' differ the machine was busy, and the second is the one to believe (it includes child processes).
Memory is the resident memory of `xl-kpi check DIR --workers 2` and all its processes, added up; it has to be flat.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from engines import CHUNK, Taken, Work, best, filled, read_values

from xl_kpi import engines
from xl_kpi.engines import libreoffice
from xl_kpi.returned import check as checking

_OFFICE = 64  # files in a batch of LibreOffice's
_MB = 2**20
_POINTS = 10  # at which memory is told
_PAGE = os.sysconf("SC_PAGE_SIZE")


def resaved(paths: Sequence[Path], folder: Path) -> list[Path]:
    """The files as LibreOffice saves them, a batch in each run of it, with a profile of its own."""
    for first in range(0, len(paths), _OFFICE):
        command = [
            str(libreoffice.program()),
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--norestore", "--convert-to", "xlsx", "--outdir", str(folder / "out")),
            *map(str, paths[first : first + _OFFICE]),
        ]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"HOME": str(folder)})
    made = [folder / "out" / path.name for path in paths]
    assert all(path.exists() for path in made), "LibreOffice left files out"
    return made


def speed(folder: Path, ours: Sequence[Path], rounds: int) -> None:
    """Print the milliseconds of each way, and the ratios to the measures of the issue."""
    stale = filled(folder / "stale", CHUNK * max(2, rounds), calculated=False)
    assert all(report.verdict != "reject" for report in checking.checked(ours[:CHUNK])), "what is timed is refused"
    peers: dict[str, tuple[Sequence[Path], int, Work]] = {
        "calamine reads": (ours, CHUNK, read_values),
        "checked": (ours, CHUNK, checking.checked),
        "recalculated": (stale, CHUNK, checking.recalculated),
        "formulas, fresh": (ours, 1, lambda one: engines.named("formulas").recalculate([one[0].read_bytes()])),
        "xl-kpi check, 1 worker": (ours, len(ours), lambda paths: command(paths, 1)),
        "xl-kpi check, 2 workers": (ours, len(ours), lambda paths: command(paths, 2)),
    }
    if libreoffice.available():
        saved = resaved(ours[: 2 * _OFFICE], folder / "office")
        peers |= {
            "calamine reads LibreOffice's": (saved, _OFFICE, read_values),
            "checked LibreOffice's": (saved, _OFFICE, checking.checked),
            "soffice --convert-to": (ours, _OFFICE, lambda paths: resaved(paths, folder / "office")),
        }
    taken = best(peers, rounds)
    print(f"{CHUNK} workbooks at a time, best of {rounds}     wall ms   cpu ms")
    for name, each in taken.items():
        print(f"  {name:28}{each.wall * 1e3:12.2f}{each.cpu * 1e3:9.2f}")
    print("ratios                              wall      cpu   promised")
    for over, under, promised in _PROMISES:
        if {over, under} <= taken.keys():
            _ratio(taken[over], taken[under], f"{over} : {under}", promised)


def command(paths: Sequence[Path], workers: int) -> None:
    """The whole command, from its start to its end, a process of its own."""
    subprocess.run(_check([str(path) for path in paths], workers), check=False, capture_output=True)


def _check(what: Sequence[str], workers: int) -> list[str]:
    return [sys.executable, "-m", "xl_kpi", "check", *what, "--workers", str(workers), "--json"]


_PROMISES = (
    ("checked", "calamine reads", "at most 4"),
    ("checked LibreOffice's", "calamine reads LibreOffice's", "at most 4"),
    ("recalculated", "calamine reads", "at most 8"),
    ("soffice --convert-to", "xl-kpi check, 2 workers", "at least 60"),
    ("soffice --convert-to", "xl-kpi check, 1 worker", "(one core, as soffice)"),
    ("soffice --convert-to", "checked", "(in one process)"),
    ("formulas, fresh", "checked", "at least 300"),
)


def _ratio(over: Taken, under: Taken, name: str, promised: str) -> None:
    print(f"  {name:55}{over.wall / under.wall:7.1f}{over.cpu / under.cpu:9.1f}   {promised}")


def memory(folder: Path, files: int) -> None:
    """Print the peak memory up to several points of one run of the command over a folder."""
    begun = time.perf_counter()
    running = subprocess.Popen(_check([str(folder)], 2), stdout=subprocess.PIPE)
    peak = [0]
    sampler = threading.Thread(target=_sample, args=(running, peak))
    sampler.start()
    print(f"xl-kpi check of {files} workbooks with 2 workers: resident memory of all processes")
    assert running.stdout is not None
    done = refused = 0
    for done, line in enumerate(running.stdout, start=1):
        refused += json.loads(line)["verdict"] == "reject"
        if done * _POINTS // files > (done - 1) * _POINTS // files:
            print(f"  after {done:6} files: {_resident(running.pid) / _MB:4.0f} MB, peak {peak[0] / _MB:4.0f} MB")
    running.wait()
    taken = time.perf_counter() - begun
    sampler.join()
    assert (done, refused) == (files, 0), f"{done} verdicts, {refused} files refused"
    print(f"  {taken:.0f} seconds, {taken / files * 1e3:.2f} ms a file")
    print(f"  peak of all: {peak[0] / _MB:.0f} MB (promised: under 400)")


def _sample(running: subprocess.Popen[bytes], peak: list[int]) -> None:
    while running.poll() is None:
        peak[0] = max(peak[0], _resident(running.pid))
        threading.Event().wait(0.05)


def _resident(root: int) -> int:
    """Bytes that a process and all below it hold, pages they share counted for each."""
    parents, held = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                held[int(folder.name)] = int((folder / "statm").read_text().split()[1]) * _PAGE
            except (OSError, IndexError):
                continue  # it has ended
            parents[int(folder.name)] = parent
    inside, grown = {root}, True
    while grown:
        below = {process for process, parent in parents.items() if parent in inside} - inside
        grown = bool(below)
        inside |= below
    return sum(held.get(process, 0) for process in inside)


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=2000, help="how many workbooks, at least 128 for each round")
    parser.add_argument("--rounds", type=int, default=3, help="how many times the peers take turns")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--no-memory", action="store_true", help="memory is read from /proc: Linux only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ours = filled(Path(folder, "ours"), options.files)
        if not options.no_speed:
            speed(Path(folder), ours, options.rounds)
        if not options.no_memory:
            memory(Path(folder, "ours"), options.files)


if __name__ == "__main__":
    main()
