"""What commands that work on workbooks share: which files, who does the work, what is told of a change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xl_kpi import api
from xl_kpi.cli.screen import say
from xl_kpi.findings import XlKpiError, either, finding
from xl_kpi.report.language import spoken


def workbooks(paths: Sequence[Path], outside: Path | None = None) -> Sequence[api.Found]:
    """The workbooks to look at; what was passed over is told."""
    found = api.listing(paths, outside)
    if told := found.told():
        folders = "、".join(str(path) for path in paths if path.is_dir())
        say(f"{folders}：{spoken(told)}")
    return found.files


def crew(files: int, workers: int | None, scheduler: str, ship: bool) -> api.Crew:
    """A single file is worked on in this process; several get processes of their own."""
    if workers is not None and workers < 0:
        raise XlKpiError(finding("nothing-to-do", where="--workers", why="进程数不能是负数"))
    return api.Crew(0 if files == 1 and workers is None else workers, scheduler, ship)


def tell_void(path: Path, written: bytes) -> None:
    """A change makes a digital signature void: whoever relies on it has to know."""
    if api.is_signed(written):
        say(
            either(
                f"{path}：工作簿带有数字签名，改动后签名已失效。请核对后重新签名",
                f"{path}: the workbook was signed; the change makes the signature void. Sign it again",
            )
        )
