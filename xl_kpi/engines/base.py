"""What a recalculation engine is, and the two readings every engine needs of a workbook's bytes.

An engine takes whole workbooks as bytes and says what every formula in them comes to, whatever
values the file has cached. No engine here is Excel; where they differ from it is written down in
``tests/engines/test_engines_against_excel.py``, case by case.

The readings (`formula_cells`, `cached_values`) go through ``workbook/package.py``, as everything that opens a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from xl_kpi.words import Fact, SaidError, said, say
from xl_kpi.xlsx.book import sheet_parts
from xl_kpi.xlsx.cells import CellError as CellError
from xl_kpi.xlsx.cells import ReadCell, ReadValue
from xl_kpi.xlsx.package import unpack
from xl_kpi.xlsx.refused import Refused
from xl_kpi.xlsx.strings import shared_strings
from xl_kpi.xlsx.worksheet import read_worksheet

NOT_COMPUTED = CellError("#NOT_COMPUTED!")
"""The engine has no value for this formula: it is circular, or feeds on one that is.

Excel shows 0 there. An assessment must not: the file is not computable.
"""

Value: TypeAlias = ReadValue
"""What a cell holds. Every number is a float, as in Excel; None is a blank cell, "" an empty text."""


class RecalculationError(Exception):
    """An engine could not recalculate a workbook at all.

    Attributes:
        engine: the engine's `Engine.name`.
        index: position of the workbook in the sequence given to `Engine.recalculate`; None when the
            failure is of no one workbook (the program is missing, the time ran out).
        reason: why, as a fact where it is ours; else what the engine said, often in English.
    """

    def __init__(self, engine: str, reason: Fact, index: int | None = None) -> None:
        # All three stay in `args`, so that the error survives the way back from a worker process.
        super().__init__(engine, reason, index)
        self.engine = engine
        self.index = index
        self.reason = reason

    def __str__(self) -> str:
        """In Chinese, as the product speaks where nobody chose: what a traceback shows."""
        which = "" if self.index is None else said("engines.workbook", number=self.index + 1)
        return say(said("engines.gave-up", engine=self.engine, which=which, reason=self.reason), "zh")


class Engine(Protocol):
    """Recalculates workbooks, ignoring the values cached in them."""

    @property
    def name(self) -> str:
        """Short name for messages and the command line, in ASCII."""

    def recalculate(self, workbooks: Sequence[bytes]) -> list[dict[str, Value]]:
        """Recalculate each .xlsx package in `workbooks`.

        Returns:
            For each workbook, in the order given, ``{"sheet!A1": value}`` with one entry for every
            cell that holds a formula. The sheet's name stands plain: no quotes, no dollars.

        Raises:
            RecalculationError: a workbook cannot be recalculated; `index` names it. An engine that
                fails for one workbook returns nothing for the batch: leave that one out and repeat.
        """


def formula_cells(workbook: bytes) -> dict[str, str]:
    """Every cell of an .xlsx package that holds a formula, as ``{"sheet!A1": formula text}``.

    The text has no leading ``=``; a shared formula is written out for each of its cells. Cells come in the order of
    the sheets and of the file.

    Raises:
        ValueError: the bytes are not a readable .xlsx package.
    """
    return {address: cell.formula for address, cell in _cells(workbook) if cell.formula is not None}


def cached_values(workbook: bytes) -> dict[str, Value]:
    """The value stored with every formula cell of an .xlsx package, as ``{"sheet!A1": value}``.

    A formula without a stored value, as openpyxl writes it, is None.

    Raises:
        ValueError: as `formula_cells`.
    """
    return {address: cell.value for address, cell in _cells(workbook) if cell.formula is not None}


def _cells(workbook: bytes) -> Iterator[tuple[str, ReadCell]]:
    """Each cell by its address, in the order of the sheets and of the file."""
    try:
        parts = unpack(workbook)
        strings = shared_strings(parts)
        for sheet, part in sheet_parts(parts).items():
            for name, cell in read_worksheet(parts[part], strings).cells.items():
                yield f"{sheet}!{name}", cell
    except Refused as error:
        raise SaidError(said("engines.no-workbook", why=error.why or error.code)) from error
