"""Files checked in a process of their own, so that a crash, a hang and the memory taken can be seen from outside.

    python hostile_child.py FOLDER < paths

Reads a path a line; a path `member@archive.tar` is a file within an archive, which is put into FOLDER for as long as it
takes. Says on standard output which file is next, then what it came to as a line of JSON; at the end the peak of memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS, MEMORY = 30.0, 1 << 30  # what one file may take, and all of them


@dataclass(frozen=True)
class Checked:
    """What `check` said of some files, by path, and the peak of memory in bytes."""

    reports: Mapping[str, Mapping[str, Any]]
    memory: int


def checked(paths: Sequence[str], folder: Path) -> Checked:
    """Check files in a child process; fails, naming the file, if it crashes, hangs, or takes too long or too much."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, __file__, str(folder)]
    log = folder / "reports.jsonl"
    with log.open("w", encoding="utf-8") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE, encoding="utf-8"
        )
        try:
            _, errors = child.communicate("\n".join(paths), timeout=60 + 2 * SECONDS + len(paths))
        except subprocess.TimeoutExpired:
            child.kill()
            _, errors = child.communicate()
            errors += "hangs"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    last = next((line["next"] for line in reversed(lines) if "next" in line), "the beginning")
    assert child.returncode == 0, f"the process ended at {last}: {errors[-2000:]}"
    reports = {line["path"]: line for line in lines if "path" in line}
    assert list(reports) == list(paths)
    slow = {path: report["seconds"] for path, report in reports.items() if report["seconds"] > SECONDS}
    assert slow == {}
    memory = int(lines[-1]["memory"])
    assert memory < MEMORY, f"{memory / 1e6:.0f} MB"
    return Checked(reports, memory)


def peak() -> int:
    """The most memory this process has held, in bytes.

    Not getrusage: on Linux a process started by a large one is told that one's peak as its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _main(folder: Path, paths: Iterable[str]) -> None:
    from xl_kpi import api

    archives: dict[str, tarfile.TarFile] = {}
    for line in paths:
        path = line.rstrip("\n")
        _say(next=path)
        member, _, archive = path.partition("@")
        file = Path(member)
        if archive:
            if archive not in archives:
                archives[archive] = tarfile.open(archive)  # noqa: SIM115  # open as long as the process
            content = archives[archive].extractfile(member)
            assert content is not None
            file = folder / file.name
            file.write_bytes(content.read())
        start = time.perf_counter()
        try:
            report = api.check(file).as_json("zh")
        except Exception as error:  # what must not happen, told as the file's report
            report = {"verdict": "exception", "code": f"{type(error).__name__}: {error}", "findings": []}
        _say(path=path, seconds=time.perf_counter() - start, **report)
        if archive:
            file.unlink()
    _say(memory=peak())


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.stdin)
