"""A file from outside before it is opened: where it is, its name, its bytes."""

from __future__ import annotations

from pathlib import Path

from xl_kpi.findings import WorkbookError, finding
from xl_kpi.words import said
from xl_kpi.xlsx.limits import MAX_FILE_BYTES

LOCK_FILES = ("~$", ".~")  # how Excel, and WPS, begin the name of the file that says a workbook is open

Source = Path | tuple[str, bytes]
"""A file from outside: where it is, or its name and content."""


def name_of(source: Source) -> str:
    """What a file is called in its report."""
    return source.name if isinstance(source, Path) else source[0]


def name_and_content(source: Source) -> tuple[str, bytes]:
    """A source's name and bytes. Raises WorkbookError for a lock file, one that is not there, and one over the budget."""
    if isinstance(source, tuple):
        name, content = source
    else:
        name, content = source.name, b""
    if name.startswith(LOCK_FILES):
        raise WorkbookError(finding("lock-file", file=name))
    if isinstance(source, Path):
        try:
            if source.stat().st_size > MAX_FILE_BYTES:
                why = said("xlsx.file-over-mb", most=MAX_FILE_BYTES >> 20)
                raise WorkbookError(finding("too-large", file=name, why=why))
            content = source.read_bytes()
        except OSError:
            raise WorkbookError(finding("not-found", file=name)) from None
    return name, content
