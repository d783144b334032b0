"""The list of findings on 核对 of an open workbook: found, written, read. Where it stands says `api.listed`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from xl_kpi.addin import settings
from xl_kpi.api import listed
from xl_kpi.findings import Finding, XlKpiError, finding
from xl_kpi.report.language import spoken, worded
from xl_kpi.words import said

if TYPE_CHECKING:
    from xl_kpi.addin.excel import xw

_LEVELS = {"error": said("addin.error"), "warning": said("addin.warning"), "info": said("addin.note")}


def find(book: xw.Book) -> xw.Range | None:
    """Where findings are listed; None without its headings (another's sheet of this name is left alone), or locked."""
    if listed.SHEET not in book.sheet_names:
        return None
    sheet = book.sheets[listed.SHEET]
    block = sheet.range(listed.BLOCK)
    locked = sheet.api.ProtectContents and block.api.Locked is not False  # None where some cells are
    return None if locked or sheet.range(listed.HEADING).raw_value != (listed.TITLES,) else block


def own(book: xw.Book) -> xw.Range:
    """The same. Raises XlKpiError for a workbook that has no place for findings."""
    block = find(book)
    if block is None:
        why = said("addin.no-place", sheet=listed.SHEET)
        raise XlKpiError(finding("not-ours", file=book.name, why=why))
    return block


def write(app: xw.App, block: xw.Range, findings: Iterable[Finding]) -> None:
    """Write findings into their block, in one go: only meanwhile Excel shows and does nothing about it."""
    told = list(findings)
    lines = [_line(found) for found in told[: listed.ROWS]]
    if len(told) > listed.ROWS:
        rest = len(told) - listed.ROWS + 1
        lines[-1] = ["", "", "", None, worded("addin.more-not-listed", rest=rest)]
    lines += [[None] * listed.COLUMNS] * (listed.ROWS - len(lines))
    with settings.changed(app, ScreenUpdating=False, EnableEvents=False):
        block.raw_value = lines


def _line(found: Finding) -> list[str | float | None]:
    """What the block says of a finding. The number of its row makes 数据填报 show a mark."""
    return [level(found), listed.link(found), found.code, listed.marked_row(found), dead(spoken(found))]


def level(found: Finding) -> str:
    """How grave a finding is, in a word."""
    return spoken(_LEVELS[found.severity])


def dead(value: Any) -> Any:
    """A text as Excel takes it for nothing but text; numbers as they are."""
    return (
        f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@'＝＋－＠0123456789") and value else value
    )


def entries(book: xw.Book) -> list[tuple[tuple[str, str], str]]:
    """Place and message of every finding in the block that has a place, in its order."""
    block: Any = own(book).formula
    found: list[tuple[tuple[str, str], str]] = []
    for _, link, _, _, message in block:
        if place := listed.place_of(str(link)):
            found.append((place, str(message)))
    return found
