"""The engine ``formulas``: pure Python, slow to load, quick to ask again with other inputs.

It is the independent judge of the workbook's formulas in tests: `FormulasModel` loads a blank workbook
once and is then asked what it would show for hundreds of sets of answers. Its differences from Excel
are put right in `formulas_corrections`.

Files it reads must have passed the pre-flight of ``workbook/package.py``. It opens no other file: what
an external reference points at is #REF!.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

import formulas
import numpy as np
import schedula
from formulas.excel import BOOK
from formulas.excel.xlreader import load_workbook
from formulas.ranges import Ranges

from xl_kpi.engines import formulas_corrections
from xl_kpi.engines.base import NOT_COMPUTED, CellError, RecalculationError, Value, formula_cells
from xl_kpi.words import SaidError, reason_of, said

_NAME = "formulas"
_BOOK = "book.xlsx"  # what the workbook is called inside the model; there is no such file
_ADDRESS = re.compile(r"(?P<sheet>.+)!(?P<cell>[A-Z]{1,3}[1-9][0-9]*)", re.DOTALL)
_UNSPEAKABLE = re.compile(r"['!\[\]]")
_ERRORS = {
    str(error): error
    for error in (
        formulas.NULL,
        formulas.DIV,
        formulas.VALUE,
        formulas.REF,
        formulas.NAME,
        formulas.NUM,
        formulas.NA,
    )
}


class FormulasModel:
    """One workbook, compiled, to be calculated with any number of sets of inputs."""

    def __init__(self, model: Any, sheets: Sequence[str], formulas_at: Sequence[str]) -> None:
        """Use `load`."""
        self._model = model
        self._sheets = frozenset(sheets)
        self._formulas_at = {address: _node(address) for address in formulas_at}

    @classmethod
    def load(cls, workbook: bytes) -> Self:
        """Compile an .xlsx package; about 2 s for 400 formulas.

        Raises:
            RecalculationError: the package cannot be read, or a sheet's name has one of ``'![]``, which
                the package ``formulas`` reads wrongly.
        """
        formulas_corrections.apply()
        try:
            cells = formula_cells(workbook)
            book = load_workbook(io.BytesIO(workbook))
            for sheet in book.sheetnames:
                if _UNSPEAKABLE.search(sheet):
                    raise SaidError(said("engines.sheet-name", name=sheet))
            return cls(_compiled(book), book.sheetnames, list(cells))
        except Exception as error:
            # Whatever a parser and a compiler of foreign files can raise; the cause stays attached.
            raise RecalculationError(_NAME, reason_of(error)) from error

    def calculate(self, inputs: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """What every formula comes to when the input cells hold `inputs`.

        Args:
            inputs: ``{"sheet!A1": value}``; None makes the cell blank, "" an empty text. A cell that is
                not named keeps what the workbook holds. Nothing is remembered from call to call.

        Returns:
            As `xl_kpi.engines.base.Engine.recalculate`, for this workbook.

        Raises:
            ValueError: an input names no cell of the workbook, or a cell that holds a formula.
            RecalculationError: ``formulas`` gave up on a formula.
        """
        given = {}
        for address, value in (inputs or {}).items():
            node = self._input_node(address)
            # A cell that no formula reads has no node, and no influence.
            if node in self._model.dsp.data_nodes:
                given[node] = _to_formulas(value)
        try:
            solution = self._model.calculate(given)
        except Exception as error:
            raise RecalculationError(_NAME, reason_of(error)) from error
        return {
            address: _from_formulas(solution[node]) if node in solution else NOT_COMPUTED
            for address, node in self._formulas_at.items()
        }

    def _input_node(self, address: str) -> str:
        if address in self._formulas_at:
            raise SaidError(said("engines.input-is-formula", address=address))
        match = _ADDRESS.fullmatch(address)
        if match is None or match["sheet"] not in self._sheets:
            raise SaidError(said("engines.no-such-cell", address=address))
        return _node(address)


class FormulasEngine:
    """`xl_kpi.engines.base.Engine` on the package ``formulas``: about 2 s for a workbook of 400 formulas."""

    name = _NAME

    def recalculate(self, workbooks: Sequence[bytes]) -> list[dict[str, Value]]:
        results = []
        for index, workbook in enumerate(workbooks):
            try:
                results.append(FormulasModel.load(workbook).calculate())
            except RecalculationError as error:
                raise RecalculationError(_NAME, error.reason, index=index) from error
        return results


def _compiled(book: Any) -> Any:
    """The `formulas.ExcelModel` of an openpyxl workbook, ready to calculate.

    `ExcelModel.loads(...).finish()` would do, but it takes a path, opens the files that external
    references name, and draws a progress bar.
    """
    model = formulas.ExcelModel()
    model.basedir = ""
    model.books[_BOOK.upper()] = {BOOK: book}
    _, context = model.add_book(_BOOK)
    model.pushes(*book.worksheets, context=context)
    _refuse_foreign_references(model, book)
    # Without a limit every blank cell inside a range gets a node of its own, as a blank cell that is
    # referenced singly has. So any cell that a formula reads can be given as an input.
    model.assemble(compact=sys.maxsize)
    return model


def _refuse_foreign_references(model: Any, book: Any) -> None:
    """Make #REF! of every reference to another workbook or to a sheet that is not there.

    ``formulas`` would otherwise read such cells as blank, and so as 0.
    """
    known = {_node(f"{sheet}!A1").partition("!")[0] for sheet in book.sheetnames}
    for node in list(model.dsp.data_nodes):
        if isinstance(node, schedula.Token) or node in model.references:
            continue
        sheet, found, _ = node.rpartition("!")
        if found and sheet not in known:
            model.dsp.set_default_value(node, np.asarray([[formulas.REF]], object))


def _node(address: str) -> str:
    """The name of a cell's node in the model: ``'[book.xlsx]SHEET'!A1``."""
    sheet, _, cell = address.rpartition("!")
    name: str = Ranges.get_range(f"'[{_BOOK}]{sheet}'!{cell}")["name"]
    return name


def _to_formulas(value: Value) -> Any:
    if value is None:
        return [[schedula.EMPTY]]
    return [[_ERRORS[value.code] if isinstance(value, CellError) else value]]


def _from_formulas(result: Any) -> Value:
    value = result.value[0, 0]
    if isinstance(value, formulas.XlError):
        return CellError(str(value))
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float, np.number)):
        return float(value)
    return str(value)
