"""What commands that work on workbooks share: which files, who does the work, what is told of a change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xl_kpi import api
from xl_kpi.cli.screen import say
from xl_kpi.findings import XlKpiError, finding
from xl_kpi.report.language import worded
from xl_kpi.words import said


def workbooks(paths: Sequence[Path], outside: Path | None = None) -> Sequence[api.Found]:
    """The workbooks to look at; what was passed over is told."""
    found = api.listing(paths, outside)
    if told := found.told():
        folders = [str(path) for path in paths if path.is_dir()]
        say(worded("cli.passed-over", folders=folders, told=told))
    return found.files


def crew(files: int, workers: int | None, scheduler: str, ship: bool) -> api.Crew:
    """A single file is worked on in this process; several get processes of their own."""
    if workers is not None and workers < 0:
        raise XlKpiError(finding("nothing-to-do", where="--workers", why=said("cli.no-negative-workers")))
    return api.Crew(0 if files == 1 and workers is None else workers, scheduler, ship)


def tell_void(path: Path, written: bytes) -> None:
    """A change makes a digital signature void: whoever relies on it has to know."""
    if api.is_signed(written):
        say(worded("cli.signature-void", path=str(path)))
