"""Settings of Excel that are otherwise for a moment, and always come back.

Excel can turn busy before any call: somebody begins to edit a cell, a dialog opens. What cannot be put back for seconds
is noted in a file, because the process behind a button of the ribbon ends with it, and is put back once the message has
been read, or by the next action.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xl_kpi.addin import trouble

if TYPE_CHECKING:
    from xl_kpi.addin.excel import xw

_WAITS = (0.1, 0.2, 0.4, 0.8, 1.5, 2.0, 3.0)  # seconds between attempts: eight in all
_OURS = ("ScreenUpdating", "EnableEvents", "CalculateBeforeSave", "StatusBar")  # nothing else is ever put back

_sleep = time.sleep
_within = 0  # how many are at work, one in another
_unwritten: dict[int, dict[str, bool]] = {}  # what there was no place for, by the process of the Excel


@contextmanager
def changed(app: xw.App, **values: bool | str) -> Iterator[None]:
    """Settings of Excel for a while; each is put back whatever happens. The status bar is Excel's again afterwards."""
    global _within
    done = False
    _within += 1
    try:
        for name, value in values.items():
            done = _change(app, name, value) or done
        yield
    finally:
        _within -= 1
        if done:
            restore(app, waiting=not _within)  # whoever called waits for all of it at once


def _change(app: xw.App, name: str, value: bool | str) -> bool:
    """Make a setting what it is to be; whether it was anything else."""
    before = False if name == "StatusBar" else getattr(app.api, name)
    if before == value:
        return False
    left = _left(app)
    _note(app, {name: before} | left)  # first: the process may end at any point
    try:
        setattr(app.api, name, value)
    except Exception:
        _note(app, left)  # what Excel rejects it has not done
        raise
    return True


def restore(app: xw.App | None, waiting: bool = True) -> bool:
    """Put back what is noted for this Excel, waiting for seconds while it is busy; whether all of it is. Never raises."""
    if app is None:
        return True
    left = _left(app)
    for wait in (*(_WAITS if waiting else ()), None):
        busy = False
        for name, value in list(left.items()):
            try:
                setattr(app.api, name, value)
            except Exception as error:  # whatever it is, the others are to come back
                busy = busy or trouble.is_busy(error)
            else:
                del left[name]
        if not left or not busy or wait is None:
            break
        _sleep(wait)
    _note(app, left)
    return not left


def _path(app: xw.App) -> Path:
    return Path(tempfile.gettempdir()) / f"xl-kpi-excel-{app.pid}.json"


def _left(app: xw.App) -> dict[str, bool]:
    """What is still to be put back, by name. Another's file of this name says nothing."""
    try:
        noted = json.loads(_path(app).read_bytes())
    except FileNotFoundError:
        return dict(_unwritten.get(app.pid, {}))
    except (OSError, ValueError):
        return {}
    if not isinstance(noted, dict):
        return {}
    return {name: noted[name] for name in _OURS if isinstance(noted.get(name), bool)}


def _note(app: xw.App, left: dict[str, bool]) -> None:
    _unwritten.pop(app.pid, None)
    try:
        if left:
            _path(app).write_text(json.dumps(left), encoding="ascii")
        else:
            _path(app).unlink(missing_ok=True)
    except OSError:
        _unwritten[app.pid] = left  # as long as this process lasts
