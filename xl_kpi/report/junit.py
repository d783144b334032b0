"""Checks as JUnit XML, for CI."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from typing import IO, Any
from xml.etree import ElementTree

from xl_kpi.outward import plain


def write(reports: Iterable[Mapping[str, Any]], stream: IO[bytes]) -> None:
    """Reports of checks, as `xl-kpi check --json` has them, a test case for each file.

    A rejected file is an error, a flagged one a failure with every finding; remarks on an accepted one stand in its
    output. The counts come before the cases, so the cases wait in a temporary file: no report is kept in memory.
    """
    cases = errors = failures = 0
    with tempfile.TemporaryFile() as waiting:
        for report in reports:
            cases += 1
            errors += report["verdict"] == "reject"
            failures += report["verdict"] == "flag"
            waiting.write(ElementTree.tostring(_case(report), encoding="unicode").encode() + b"\n")
        counts = f'tests="{cases}" failures="{failures}" errors="{errors}" skipped="0"'
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n<testsuite name="xl-kpi" {counts}>\n'
        stream.write(head.encode())
        waiting.seek(0)
        shutil.copyfileobj(waiting, stream)
        stream.write(b"</testsuite>\n</testsuites>\n")


_OUTCOMES = {"reject": "error", "flag": "failure"}


def _case(report: Mapping[str, Any]) -> ElementTree.Element:
    # Readers want a class name; a file that is none of ours is of no scheme.
    scheme = plain(report["scheme"]) or "xl-kpi"
    case = ElementTree.Element("testcase", name=plain(report["file"] or report["unit"]), classname=scheme)
    findings = report["findings"]
    said = "\n".join(map(_finding_line, findings))
    outcome = _OUTCOMES.get(report["verdict"])
    if outcome is not None:
        grave = next((f["message"] for f in findings if f["code"] == report["code"]), "")
        ElementTree.SubElement(case, outcome, type=plain(report["code"]), message=plain(grave)).text = said
    elif said:
        ElementTree.SubElement(case, "system-out").text = said
    return case


def _finding_line(finding: Mapping[str, str]) -> str:
    place = "!".join(part for part in (finding["sheet"], finding["cell"]) if part)
    return plain(" ".join(part for part in (finding["severity"], place, finding["message"]) if part))
