"""The members of Excel that xlwings or the add-in asks for and pyOpenVBA does not have; each does the least."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import mock

from pyopenvba.apps.excel import Worksheet, _engine_book, _io
from pyopenvba.apps.excel._calc import Calculator
from pyopenvba.apps.excel._io import load_workbook, save_workbook
from pyopenvba.formula import _prefixes
from pyopenvba.interpreter._values import EMPTY, NOTHING, error
from pyopenvba.powerquery import _opc

from fake_excel.person import ProtectedViewWindows, dialogs

if TYPE_CHECKING:
    from fake_excel.com import Instance

_MANUAL = -4135
_AUTOMATIC = -4105
_VISIBLE = {"visible": -1, "hidden": 0, "veryHidden": 2}
_FORMATS = {51: ".xlsx", 52: ".xlsm"}

# What pyOpenVBA makes of a formula's text hangs on the text alone; our workbooks repeat a thousand of them, and reading
# them anew took most of the time of opening, editing and saving one.
_tokens = cache(_prefixes.tokenize)
_READ_ONCE: dict[ModuleType, dict[str, Callable[[str], Any]]] = {
    _prefixes: {
        "in_file": cache(_prefixes.in_file),
        "from_file": cache(_prefixes.from_file),
        "tokenize": lambda formula: list(_tokens(formula)),
    },
    _engine_book: {"parse": cache(_engine_book.parse)},
}


def _reading(self: Calculator, name: str, row: int, column: int) -> set[Any]:
    """As pyOpenVBA does it, but looking at numbers before names."""
    found = set(self._readers.get((name, row, column), ()))
    for key, blocks in self._blocks.items():
        for area in blocks:
            if area.top <= row <= area.bottom and area.left <= column <= area.right and area.sheet.lower() == name:
                found.add(key)
                break
    return found


@contextmanager
def quick() -> Iterator[None]:
    """pyOpenVBA reads each formula once, and finds sooner what reads a cell."""
    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(Calculator, "_reading", _reading))
        for module, functions in _READ_ONCE.items():
            patches.enter_context(mock.patch.multiple(module, **functions))
        yield


def _interactive(instance: Instance, value: Any) -> None:
    instance.interactive = bool(value)


def _before_save(instance: Instance, value: Any) -> None:
    instance.calculate_before_save = bool(value)


def _quit(instance: Instance, application: Any) -> Any:
    instance.desktop.instances.remove(instance)
    return application.vba_get("Quit")


def _calculate(_instance: Instance, application: Any) -> Any:
    """As pyOpenVBA does it, but each sheet's used range is found once: finding it took most of the time, and calculating
    moves nothing. And as if calculation were automatic: under manual calculation pyOpenVBA leaves a formula's stale
    precedents as they are."""
    bounds: dict[int, Any] = {}
    found = Worksheet.used_bounds

    def used_bounds(sheet: Worksheet) -> Any:
        if id(sheet) not in bounds:
            bounds[id(sheet)] = found(sheet)
        return bounds[id(sheet)]

    with (
        mock.patch.object(Worksheet, "used_bounds", used_bounds),
        mock.patch.object(application, "calculation", _AUTOMATIC),
    ):
        return application.vba_get("Calculate")


def _calculation(instance: Instance, value: Any) -> None:
    """pyOpenVBA works out a formula when it is read; what Excel had worked out before it stopped must not be lost."""
    if instance.application.calculation != _MANUAL:
        _calculate(instance, instance.application)
    instance.application.vba_set("Calculation", value)


def _calculate_full(instance: Instance, application: Any) -> Any:
    """Every formula anew, where Calculate works out only what an edit made stale."""
    for book in application.workbooks_.books:
        _make_stale(book)
    return _calculate(instance, application)


def _make_stale(book: Any) -> None:
    for sheet in book.sheets_:
        for cell in sheet.cells_.values():
            cell.stale = bool(cell.formula)


def _elements(book: Any, tag: str) -> list[dict[str, str]]:
    """The attributes of the elements of a name in the workbook part as it was opened; none of a book never saved."""
    if book.package is None:
        return []
    found = re.findall(rf"<(?:\w+:)?{tag}\b([^>]*)>", book.package.read("xl/workbook.xml").decode())
    return [dict(re.findall(r'([\w:]+)="([^"]*)"', attributes)) for attributes in found]


def _calculation_settings(book: Any) -> dict[str, str]:
    """calcPr, which pyOpenVBA does not look at."""
    return next(iter(_elements(book, "calcPr")), {})


def _open(instance: Instance, books: Any, filename: Any, *_settings: Any) -> Any:
    """As pyOpenVBA opens it, with what it does not look at: which sheets are hidden (it saves them as they were, though,
    whatever is done to Visible), the calculation mode that the first book opened brings, and fullCalcOnLoad (here
    only under automatic calculation: what Excel does with both was not measured)."""
    before = len(books.books)
    with _without_guides():
        book = books.vba_get("Open", [filename])
    if len(books.books) == before:
        return book  # it was open
    _hide_sheets(book)
    settings = _calculation_settings(book)
    if not before:
        instance.application.calculation = _MANUAL if settings.get("calcMode") == "manual" else _AUTOMATIC
    if settings.get("fullCalcOnLoad") == "1" and instance.application.calculation != _MANUAL:
        _make_stale(book)
        _calculate(instance, instance.application)
    return book


def _without_guides() -> Any:
    """A text's phonetic guide is no part of it; pyOpenVBA reads it as if it were."""
    return mock.patch.object(_io, "_TEXT", re.compile(r"<t(?=[ >])[^>]*>([^<]*)</t>(?!</rPh>)"))


def _hide_sheets(book: Any) -> None:
    for sheet, attributes in zip(book.sheets_, _elements(book, "sheet"), strict=True):
        sheet.visible = _VISIBLE[attributes.get("state", "visible")]


def _add(instance: Instance, books: Any, template: Any = EMPTY) -> Any:
    """A new book; with a path, an unsaved copy of that file."""
    if template is EMPTY:
        return books.vba_get("Add")
    path = Path(template)
    with _without_guides():
        book = load_workbook(instance.application, path)
    book.name, book.path = f"{path.stem}1", ""
    _hide_sheets(book)
    books.books.append(book)
    instance.application.activate_book(book)
    return book


def _folder(path: Path) -> Path:
    """Excel makes no folders when it saves; pyOpenVBA would."""
    if not path.parent.is_dir():
        raise error(1004, f"Microsoft Excel cannot access the file '{path}'.")
    return path


@contextmanager
def _saving(instance: Instance, book: Any) -> Iterator[None]:
    """With zlib in place of pyOpenVBA's own deflate in Python, which takes most of the time of a save. Excel calculates
    first where it is told to, which matters under manual calculation only, and writes every sheet; pyOpenVBA leaves one
    that nobody wrote to as it was, whatever its formulas now come to."""
    for sheet in book.sheets_:
        part = sheet.part_name
        if not part or not book.package or not book.package.has(part) or b"sheetData" in book.package.read(part):
            sheet.dirty = True  # a sheet without cells (a chart's) cannot be written
    manual = instance.application.calculation == _MANUAL
    if instance.calculate_before_save and manual:
        _calculate(instance, instance.application)
    with (
        mock.patch.object(_opc, "raw_compress", lambda data: zlib.compress(data)[2:-4]),
        mock.patch.object(_io, "_formula_value", _last_value if manual else _io._formula_value),
    ):
        yield


def _last_value(cell: Any, value: Callable[[Any], tuple[str, str]] = _io._formula_value) -> tuple[str, str]:
    """Under manual calculation Excel saves a stale cell with the value it shows; pyOpenVBA saves it without any."""
    stale, cell.stale = cell.stale, False
    try:
        return value(cell)
    finally:
        cell.stale = stale


def _save(instance: Instance, book: Any) -> Any:
    with _saving(instance, book):
        return book.vba_get("Save")


def _save_as(instance: Instance, book: Any, Filename: Any, FileFormat: Any = 51) -> Any:
    if _FORMATS.get(FileFormat) != Path(Filename).suffix.lower():
        raise error(1004, "This extension can not be used with the selected file type.")
    with _saving(instance, book):
        return book.vba_get("SaveAs", [str(_folder(Path(Filename)))])


def _save_copy_as(instance: Instance, book: Any, Filename: Any) -> Any:
    with _saving(instance, book):
        save_workbook(book, _folder(Path(Filename)))
    return EMPTY


GETS: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("Application", "ActiveWorkbook"): lambda instance, application: (
        NOTHING if instance.protected_view else application.vba_get("ActiveWorkbook")
    ),
    ("Application", "ActiveProtectedViewWindow"): lambda instance, application: (
        application if instance.protected_view else NOTHING  # only whether there is one is looked at
    ),
    ("Application", "ProtectedViewWindows"): lambda instance, _: ProtectedViewWindows(instance),
    ("Application", "StartupPath"): lambda *_: r"C:\Users\甲\AppData\Roaming\Microsoft\Excel\XLSTART",
    ("Application", "Hwnd"): lambda instance, _: instance.hwnd,
    ("Application", "CalculateBeforeSave"): lambda instance, _: instance.calculate_before_save,
    ("Application", "Interactive"): lambda instance, _: instance.interactive,
    # Read from the file as opened; the double itself always calculates with full precision.
    ("Workbook", "PrecisionAsDisplayed"): lambda _, book: _calculation_settings(book).get("fullPrecision") == "0",
    ("Workbook", "HasPassword"): lambda *_: False,  # it opens none that has one
    ("Workbook", "FileFormat"): lambda _, book: 52 if book.name.lower().endswith(".xlsm") else 51,
}
SETS: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("Application", "Calculation"): _calculation,
    ("Application", "CalculateBeforeSave"): _before_save,
    ("Application", "Interactive"): _interactive,
}


def _send_keys(instance: Instance, _application: Any, keys: Any) -> Any:
    assert keys == "{F2}", "only what begins to edit a cell"
    instance.desktop.edit()
    return EMPTY


CALLS: dict[tuple[str, str], Callable[..., Any]] = {
    ("Application", "SendKeys"): _send_keys,
    **dialogs(lambda instance: instance.desktop.person),
    ("Application", "Calculate"): _calculate,
    ("Application", "CalculateFull"): _calculate_full,
    ("Application", "CalculateFullRebuild"): _calculate_full,
    ("Application", "Quit"): _quit,
    ("Workbooks", "Add"): _add,
    ("Workbooks", "Open"): _open,
    ("Workbook", "Save"): _save,
    ("Workbook", "SaveAs"): _save_as,
    ("Workbook", "SaveCopyAs"): _save_copy_as,
}
