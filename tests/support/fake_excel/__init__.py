"""A stand-in for Excel on Windows: xlwings' own Windows engine runs on it, without Windows and without Excel.

    our code -> xlwings -> xlwings._xlwindows -> pywin32 (`pywin32.py`) -> COM (`com.py`) -> pyOpenVBA's Excel in memory

What is real here is xlwings. What answers is pyOpenVBA, whose behaviour was measured on Excel, and where it lacks
something the little that stands in `lacking.py`. So a test on this double shows that our code and xlwings fit together,
how many COM calls that takes, and what happens to values on the way; it does not show what Excel itself would do.

Dialogs are answered by a person (`person.py`).

Not modelled, so not to be concluded from a test here: windows, printing, undo, events, threaded comments,
conditional formats, what a renamed sheet does to formulas (pyOpenVBA leaves them as they were), Visible once saved
(it is not), that Goto fails on a hidden sheet, full-width digits and other typing that hangs on the locale, precision
as displayed, the time a COM call takes.

Use the fixture `excel` of `tests/addin/conftest.py`; everything put in place is taken away when the test ends.
"""

from fake_excel.com import CALL_REJECTED, CELL_EDITING, CELL_EDITING_BARE, RETRY_LATER, WPS, Desktop
from fake_excel.person import Box, Person
from fake_excel.pywin32 import called_from, installed

__all__ = [
    "CALL_REJECTED",
    "CELL_EDITING",
    "CELL_EDITING_BARE",
    "RETRY_LATER",
    "WPS",
    "Box",
    "Desktop",
    "Person",
    "called_from",
    "installed",
]
