"""Taking up a run that was broken off: what is known of each file is kept, a line a file, as plain JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from xl_kpi.findings import XlKpiError, finding
from xl_kpi.returned.report import Report
from xl_kpi.words import said
from xl_kpi.xlsx.source import Source, name_of


def keys(sources: Sequence[Source], digests: Sequence[str], question: str) -> list[str]:
    """What each file goes by in a journal: the question asked, its name, the digest of its content; "" without one."""
    asked = hashlib.sha256(question.encode()).hexdigest()
    return [
        digest and hashlib.sha256(json.dumps([asked, name_of(source), digest]).encode()).hexdigest()
        for source, digest in zip(sources, digests, strict=True)
    ]


def resumed(
    sources: Sequence[Source],
    keys: Sequence[str],
    journal: Path,
    each: Callable[[Sequence[Source]], Iterator[Report]],
) -> Iterator[Report]:
    """Reports from the journal where it has them, else from `each`, and then into the journal.

    Raises XlKpiError for a file that is no journal, OSError.
    """
    with journal.open("a+b") as file:
        done = _finished(file)
        wanting = [source for source, key in zip(sources, keys, strict=True) if key not in done]
        fresh = each(wanting)
        for key in keys:
            if key in done:
                file.seek(done[key])
                yield Report.from_data(json.loads(file.readline())["report"])
            else:
                report = next(fresh)
                if key and report.code != "unprocessable":  # that may have been the machine's fault
                    file.write(json.dumps({"key": key, "report": report.as_data()}).encode() + b"\n")
                    file.flush()
                yield report


_HEAD = b'{"journal": "xl-kpi check"}\n'


def _finished(file: BinaryIO) -> dict[str, int]:
    """Where each finished file's line begins in a journal; what a broken run left half written is cut off.

    Raises XlKpiError for a file that is no journal, which is left as it is.
    """
    file.seek(0)
    head = file.read(len(_HEAD))
    if not _HEAD.startswith(head):
        why = said("bulk.no-journal")
        raise XlKpiError(finding("nothing-to-do", where=file.name, why=why))
    if head != _HEAD:  # new, or broken off at once
        file.truncate(0)
        file.write(_HEAD)
    found: dict[str, int] = {}
    end = len(_HEAD)
    for line in file:
        if not line.endswith(b"\n"):
            break
        with suppress(ValueError, KeyError, TypeError):  # a line damaged on the disk; its file is done again
            found[json.loads(line)["key"]] = end
        end += len(line)
    file.truncate(end)
    return found
