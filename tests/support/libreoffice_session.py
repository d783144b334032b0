"""LibreOffice with somebody at its keyboard; run by the Python that has LibreOffice's own module `uno`.

    /usr/bin/python3 libreoffice_session.py PIPE

Connects to a LibreOffice that was started with `--accept=pipe,name=PIPE;urp;`. Each line on standard input is a
request, a JSON list of a public method of `Session` and its arguments; each line on standard output is its answer,
{"answer": value} or {"error": text}. The session ends, and LibreOffice with it, when standard input does.

Typing goes through the program's own interface for UI tests: key by key into the window, so that what a person meets
(protection, validation, autocompletion, the reading of "98" in a percent cell) is met here. What is not: without a
display the message box about a refused value is dismissed before it is seen, and the one about a protected cell stays
open behind the window; both refusals hold.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.table.CellContentType import EMPTY, FORMULA, TEXT, VALUE

START = 60.0  # seconds LibreOffice may take to start
LIST = 5.0  # seconds a dropdown may take to open
STRING_RESULT = 2  # com.sun.star.sheet.FormulaResult.STRING, which pyuno does not import by name


def properties(**values: Any) -> tuple[PropertyValue, ...]:
    """Named arguments as UNO takes them."""
    found = []
    for name, value in values.items():
        item = PropertyValue()
        item.Name, item.Value = name, value
        found.append(item)
    return tuple(found)


class Session:
    """One LibreOffice and the one workbook open in it."""

    def __init__(self, pipe: str) -> None:
        """Wait until LibreOffice has started and answers."""
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        latest = time.monotonic() + START
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except NoConnectException:
                if time.monotonic() > latest:
                    raise
                time.sleep(0.1)
        services = context.ServiceManager
        self._desktop = services.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        self._screen = services.createInstanceWithContext("org.libreoffice.uitest.UITest", context)

    def open(self, path: str) -> None:
        """Open a workbook as by a double click."""
        url = uno.systemPathToFileUrl(path)
        self._book = self._desktop.loadComponentFromURL(url, "_blank", 0, ())
        # Nobody is looking: without this LibreOffice 7.4 now and then crashes on painting conditional formats headless.
        self._book.lockControllers()
        self._grid = self._screen.getTopFocusWindow().getChild("grid_window")

    def automatic(self) -> bool:
        """Whether formulas are calculated at once."""
        return bool(self._book.isAutomaticCalculationEnabled())

    def type(self, sheet: str, cell: str, text: str) -> None:
        """Go to a cell, type a text and press Enter."""
        self._go(sheet, cell)
        self._grid.executeAction("TYPE", properties(TEXT=text))
        self._press("RETURN")

    def delete(self, sheet: str, cell: str) -> None:
        """Go to a cell and press Delete."""
        self._go(sheet, cell)
        self._press("DELETE")

    def dropdown(self, sheet: str, cell: str) -> list[str]:
        """Every entry that a cell's dropdown offers after Alt+Down; closed again without a choice."""
        self._go(sheet, cell)
        self._press("ALT+DOWN")
        entries = self._list()
        offered = [_state(entries.getChild(number))["Text"] for number in entries.getChildren()]
        # Enter would take an entry, but the interface for UI tests then releases the key on a list that is gone.
        entries.executeAction("TYPE", properties(KEYCODE="ESC"))
        return offered

    def read(self, cells: list[tuple[str, str]]) -> list[float | str | None]:
        """What cells show, given as sheet and name: a number, a text, or None for an empty one."""
        return [self._shown(self._cell(sheet, name)) for sheet, name in cells]

    def formula(self, sheet: str, cell: str) -> str:
        """What stands in a cell, as the input line shows it."""
        return str(self._cell(sheet, cell).Formula)

    def locked(self, sheet: str, cells: list[str]) -> list[bool]:
        """Whether each cell is locked on a protected sheet."""
        protected = self._sheet(sheet).isProtected()
        return [protected and self._cell(sheet, cell).CellProtection.IsLocked for cell in cells]

    def validations(self, sheet: str, cells: list[str]) -> list[dict[str, Any]]:
        """Each cell's validation: what it allows, what it says before and after, and whether it refuses."""
        return [self._validation(self._cell(sheet, cell).Validation) for cell in cells]

    def save(self, path: str) -> None:
        """Save a copy as .xlsx."""
        url = uno.systemPathToFileUrl(path)
        self._book.storeToURL(url, properties(FilterName="Calc MS Excel 2007 XML"))

    def end(self) -> None:
        """Close the workbook without saving, and LibreOffice."""
        self._book.close(True)
        self._desktop.terminate()

    def _sheet(self, name: str) -> Any:
        return self._book.Sheets.getByName(name)

    def _cell(self, sheet: str, name: str) -> Any:
        return self._sheet(sheet).getCellRangeByName(name)

    def _go(self, sheet: str, cell: str) -> None:
        self._book.CurrentController.select(self._cell(sheet, cell))

    def _press(self, key: str) -> None:
        self._grid.executeAction("TYPE", properties(KEYCODE=key))

    def _validation(self, rule: Any) -> dict[str, Any]:
        return {
            "type": rule.Type.value,
            "operator": rule.getOperator().value,
            "low": rule.getFormula1(),
            "high": rule.getFormula2(),
            "refuses": rule.ErrorAlertStyle.value == "STOP" and rule.ShowErrorMessage,
            "title": rule.ErrorTitle,
            "error": rule.ErrorMessage,
            "prompts": rule.ShowInputMessage,
            "prompt_title": rule.InputTitle,
            "prompt": rule.InputMessage,
            "dropdown": rule.ShowList != 0,
        }

    def _list(self) -> Any:
        latest = time.monotonic() + LIST
        while True:
            try:
                return self._screen.getFloatWindow().getChild("list")
            except uno.RuntimeException:
                if time.monotonic() > latest:
                    raise
                time.sleep(0.05)

    def _shown(self, cell: Any) -> float | str | None:
        if cell.getError():
            return f"Err:{cell.getError()}"
        if cell.Type == EMPTY:
            return None
        if cell.Type == TEXT or (cell.Type == FORMULA and cell.FormulaResultType2 == STRING_RESULT):
            return str(cell.String)
        assert cell.Type in (VALUE, FORMULA)
        return float(cell.Value)


def _state(element: Any) -> dict[str, str]:
    """What UI tests are told of an element."""
    return {item.Name: item.Value for item in element.getState()}


def main(pipe: str) -> None:
    """Answer requests until there are no more."""
    session = Session(pipe)
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        try:
            reply = {"answer": getattr(session, method)(*arguments)}
        except Exception as error:  # whatever UNO raises: the test shows it
            reply = {"error": f"{method}{arguments}: {type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
