"""Whole commands, from their start to their end: how long against importing numpy and pydantic, and a folder against LibreOffice.

    .venv/bin/python tests/bench/start.py [--rounds 5] [--files 400] [--sample 64] [--no-folder]

Every command is a process of its own; they take turns, and the quickest round of each counts. Where the wall's clock and the
processors' differ the machine was busy, and the second is the one to believe (it includes child processes). LibreOffice
converts a sample of the folder's files, in one run of it, and is taken to need as long for each of the others. Compiled modules
are kept, as an installed program has them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bulk import resaved
from engines import Taken, best, filled

from xl_kpi.engines import libreoffice

_PEER = "import numpy, pydantic"
_OURS = (sys.executable, "-m", "xl_kpi")
# What of the peer's time a command may take, and how many times as long as ours LibreOffice is to take.
_PROMISED = {"schemes": "at most 2", "check FILE": "at most 4", "--help": ""}
_FOLDER = "at least 40"


def run(command: Sequence[str], _: object) -> None:
    """A command, from its start to its end; what it prints goes nowhere."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir(), "compiled"))
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=kept)


def commands(file: Path, rounds: int) -> None:
    """Print how long single commands take, and the peer."""
    ours = {"--help": ["--help"], "schemes": ["schemes"], "check FILE": ["check", str(file)]}
    works = {name: partial(run, (*_OURS, *arguments)) for name, arguments in ours.items()}
    works["peer"] = partial(run, (sys.executable, "-c", _PEER))
    taken = _best(works, rounds)
    print(f"best of {rounds}           wall ms   cpu ms    of the peer ({_PEER})")
    for name, each in taken.items():
        of_peer = f"{each.wall / taken['peer'].wall:7.1f}{each.cpu / taken['peer'].cpu:9.1f}"
        print(f"  {name:14}{each.wall * 1e3:12.0f}{each.cpu * 1e3:9.0f}{of_peer}   {_PROMISED.get(name, '')}")


def folder(files: Sequence[Path], sample: int, rounds: int) -> None:
    """Print how long a folder takes, and LibreOffice for it."""
    with tempfile.TemporaryDirectory() as office:
        works = {"xl-kpi check FOLDER": partial(run, (*_OURS, "check", str(files[0].parent)))}
        works["soffice --convert-to"] = partial(_converted, files[:sample], Path(office))
        taken = _best(works, rounds)
    ours, theirs = taken.values()
    times = len(files) / sample
    print(f"{len(files)} files; LibreOffice {sample} of them, times {times:g}")
    print(f"  ours   {ours.wall:8.2f} s wall {ours.cpu:8.2f} s cpu")
    print(f"  theirs {theirs.wall * times:8.2f} s wall {theirs.cpu * times:8.2f} s cpu")
    print(f"  ratio  {theirs.wall * times / ours.wall:8.1f}        {theirs.cpu * times / ours.cpu:8.1f}   {_FOLDER}")


def _converted(files: Sequence[Path], office: Path, _: object) -> None:
    resaved(files, office)


def _best(works: Mapping[str, partial[None]], rounds: int) -> dict[str, Taken]:
    return best({name: ([Path()] * rounds, 1, work) for name, work in works.items()}, rounds)


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how many times the commands take turns")
    parser.add_argument("--files", type=int, default=400, help="how many workbooks the folder holds")
    parser.add_argument("--sample", type=int, default=64, help="how many of them LibreOffice converts")
    parser.add_argument("--no-folder", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        tempfile.tempdir = place
        files = filled(Path(place, "收回"), 1 if options.no_folder else options.files)
        commands(files[0], options.rounds)
        if not options.no_folder and libreoffice.available():
            folder(files, options.sample, max(2, options.rounds // 2))


if __name__ == "__main__":
    main()
