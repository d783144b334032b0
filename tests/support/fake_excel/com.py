"""COM as pywin32 shows it: dispatch objects, values on their way in and out, errors, and a count of the calls."""

from __future__ import annotations

import datetime
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.exceptions import PyOpenVBAError, VBARuntimeError, VBAUnsupportedError
from pyopenvba.interpreter._objects import VBAObject
from pyopenvba.interpreter._values import EMPTY, MISSING, NOTHING, NULL, VBAArray, VBACurrency, VBADate, VBAErrorValue

from fake_excel import lacking
from fake_excel.person import Person

_DISP_E_EXCEPTION = -2147352567
_DISP_E_UNKNOWNNAME = -2147352570
_DISP_E_BADINDEX = -2147352565
_XL_SCODE = -2146828288  # 0x800A0000; an Excel error's scode, and a cell error's integer, is this plus its number

# What a call gets while a cell is being edited: 0x800AC472 as Excel's own exception, or bare; and what it gets while
# Excel is busy with a dialog, on which xlwings retries for ever (so does a set on the first).
CELL_EDITING = (_DISP_E_EXCEPTION, "Exception occurred.", (0, None, None, None, 0, -2146777998), None)
CELL_EDITING_BARE = (-2146777998, "OLE error 0x800ac472", None, None)
CALL_REJECTED = (-2147418111, "Call was rejected by callee.", None, None)
RETRY_LATER = (-2147417846, "The message filter indicated that the application is busy.", None, None)

# Properties that cannot be read without arguments; pywin32 makes methods of them. Of a property whose arguments may be
# left out it makes a plain attribute and, beside it, a method: Address and GetAddress(...).
_WITH_ARGUMENTS = {"Range", "Item"}
_GETTERS = {"GetAddress", "GetOffset", "GetResize"}


class ComError(Exception):
    """`pywintypes.com_error`."""

    def __init__(self, hresult: int, strerror: str, excepinfo: Any = None, argerror: Any = None) -> None:
        super().__init__(hresult, strerror, excepinfo, argerror)
        self.hresult, self.strerror, self.excepinfo, self.argerror = hresult, strerror, excepinfo, argerror


class Time(datetime.datetime):
    """`pywintypes.TimeType`: how a date comes out of COM, with a time zone that means nothing."""


EXCEL = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"
WPS = r"C:\Users\甲\AppData\Local\Kingsoft\WPS Office\12.1.0\office6\et.exe"


@dataclass
class Instance:
    """One running Excel, or a program with windows like it: `image` is its path ("": it may not be asked for).

    With `protected_view` a file in Protected View is in front of its workbooks.
    """

    desktop: Desktop
    hwnd: int
    image: str = EXCEL
    protected_view: bool = False
    excel: ExcelApplication = field(default_factory=ExcelApplication)
    interactive: bool = True
    calculate_before_save: bool = True

    @property
    def application(self) -> Any:
        return self.excel.application

    @property
    def dispatch(self) -> CDispatch:
        return CDispatch(self, self.application)


@dataclass
class Desktop:
    """The Excels that run, the foremost first, and what was asked of them.

    `calls` holds one line for each COM call, such as "get Range.Value"; `person` answers the dialogs; `waited` is for
    whoever would wait for it: so many seconds each time.
    """

    instances: list[Instance] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    person: Person = field(default_factory=Person)
    waited: list[float] = field(default_factory=list)
    gen_path: str = ""  # where pywin32 keeps the modules it made
    dispatching: Callable[[], object] = lambda: None  # called as pywin32 wraps an object
    _refusal: Callable[[str], None] | None = None

    def of(self, hwnd: int) -> Instance:
        """The Excel of a window."""
        return next(one for one in self.instances if one.hwnd == hwnd)

    def start(self, image: str = EXCEL) -> Instance:
        """A new Excel, before the others, without a book."""
        instance = Instance(self, hwnd=1000 + max((one.hwnd for one in self.instances), default=0), image=image)
        self.instances.insert(0, instance)
        return instance

    def edit(self, error: tuple[Any, ...] = CELL_EDITING) -> None:
        """Somebody begins to edit a cell; Esc ends it."""

        def refuse(_call: str) -> None:
            raise ComError(*error)

        self._refusal = refuse

    def escape(self) -> None:
        """Esc is pressed."""
        self._refusal = None

    def called(self, call: str) -> None:
        """Note a COM call; raises what Excel answers while it takes none."""
        self.calls.append(call)
        if self._refusal is not None:
            self._refusal(call)

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The COM calls made inside the block, in a list that is filled when the block ends.

        A call is one round trip with early binding, as xlwings has it once gen_py has been made: reading or setting a
        property, calling a method, fetching the next item of a collection.
        """
        before, made = len(self.calls), list[str]()
        try:
            yield made
        finally:
            made += self.calls[before:]

    @contextmanager
    def refusing(
        self,
        error: tuple[Any, ...] = CELL_EDITING,
        at_most: int = 1000,
        only: str = "",
        after: int = 0,
        lasting: int | None = None,
    ) -> Iterator[list[str]]:
        """Inside the block COM calls fail with `error`, as while the user edits a cell; gives the refused calls.

        Of those with `only` in their line the first so many (`after`) get through, then so many (`lasting`) are refused;
        all of them unless told. Excel lets a few properties through; this does not. After `at_most` refusals the test
        fails, past any `except Exception`: whoever asks so often, asks for ever.
        """
        refused: list[str] = []
        seen = 0

        def refuse(call: str) -> None:
            nonlocal seen
            if only not in call:
                return
            seen += 1
            if seen <= after or (lasting is not None and seen > after + lasting):
                return
            refused.append(call)
            if len(refused) > at_most:
                pytest.fail(f"Excel refused {at_most} calls and was asked again: {call}")
            raise ComError(*error)

        self._refusal = refuse
        try:
            yield refused
        finally:
            self._refusal = None


@dataclass
class OleObject:
    """`PyIDispatch`, as far as xlwings looks at it: whether a name is known, which it asks once a name was not."""

    target: VBAObject

    def GetIDsOfNames(self, _lcid: int, name: str) -> int:
        raise ComError(_DISP_E_UNKNOWNNAME, f"Unknown name: {name}")


class CDispatch:
    """`win32com.client.CDispatch`: attributes, calls and iteration go to an object of pyOpenVBA."""

    def __init__(self, instance: Instance, target: VBAObject) -> None:
        self.__dict__.update(_instance=instance, _oleobj_=OleObject(target), _type=target.vba_type_name)

    def __repr__(self) -> str:
        return f"<COMObject {self._type}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _GETTERS:
            return self._method(name.removeprefix("Get"))
        if (self._type, name) in lacking.GETS:
            return self._invoke(
                "get", name, lambda: lacking.GETS[self._type, name](self._instance, self._oleobj_.target)
            )
        if (self._type, name) in lacking.CALLS:
            return self._method(name)
        if self._known(name).kind == "method" or name in _WITH_ARGUMENTS:
            return self._method(name)
        return self._invoke("get", name, lambda: self._oleobj_.target.vba_get(name))

    def __setattr__(self, name: str, value: Any) -> None:
        if (self._type, name) in lacking.SETS:
            self._invoke("set", name, lambda: lacking.SETS[self._type, name](self._instance, value))
            return
        try:
            self._known(name)
        except AttributeError:
            # pywin32 raises it, and xlwings then tries again for ever.
            pytest.fail(f"{self._type} has no {name} to set")
        self._invoke("set", name, lambda: self._oleobj_.target.vba_set(name, _inward(value, EMPTY)))

    def __call__(self, *args: Any, **named: Any) -> Any:
        # The default member. A Range's is Item with arguments and Value without, as VBA has it.
        if self._type == "Range":
            return self._method("Item" if args else "Value")(*args, **named)
        return self._method(self._oleobj_.target.vba_default_member().name)(*args, **named)

    def __iter__(self) -> Iterator[Any]:
        for item in self._invoke("call", "_NewEnum", lambda: list(self._oleobj_.target.vba_iterate())):
            self._instance.desktop.called(f"next {self._type}")
            yield _outward(self._instance, item, numbers_as_float=False)

    def _known(self, name: str) -> Any:
        """What pyOpenVBA has under a name. Raises AttributeError where Excel has nothing of that name either."""
        target = self._oleobj_.target
        spec = target.vba_member(name)
        if spec is not None and spec.name == name:
            return spec
        missing = target.vba_no_member(name)
        if isinstance(missing, VBAUnsupportedError):
            raise missing
        raise AttributeError(f"{self._type}.{name}")

    def _method(self, name: str) -> types.MethodType:
        extra = lacking.CALLS.get((self._type, name))

        def method(self: CDispatch, *args: Any, **named: Any) -> Any:
            # None in an argument that may be left out leaves it out, as Excel takes the VT_NULL pywin32 makes of it.
            values = [_inward(value, MISSING) for value in args]
            while values and values[-1] is MISSING:
                values.pop()
            given = {key: _inward(value, MISSING) for key, value in named.items() if value is not None}
            target = self._oleobj_.target
            if extra is not None:
                return self._invoke("call", name, lambda: extra(self._instance, target, *values, **given))
            return self._invoke("call", name, lambda: target.vba_get(name, values, given))

        return types.MethodType(method, self)

    def _invoke(self, kind: str, name: str, act: Callable[[], Any]) -> Any:
        self._instance.desktop.called(f"{kind} {self._type}.{name}")
        try:
            value = act()
        except VBAUnsupportedError:
            raise  # a gap in the double, not an answer of Excel's
        except VBARuntimeError as error:
            raise _com_error(error.number, error.description) from error
        except (PyOpenVBAError, OSError) as error:
            raise _com_error(1004, str(error)) from error
        except AttributeError as error:
            raise RuntimeError(f"{self._type}.{name}") from error  # or xlwings would try again for ever
        return _outward(self._instance, value, numbers_as_float=name in ("Value", "Value2"))


def _com_error(number: int, description: str) -> ComError:
    """What pywin32 raises for an error that VBA knows by its number."""
    if number == 9:  # Subscript out of range
        return ComError(_DISP_E_EXCEPTION, "Exception occurred.", (0, None, None, None, 0, _DISP_E_BADINDEX))
    # 1004 comes as 0x800A03EC
    info = (0, "Microsoft Excel", description, "xlmain11.chm", 0, _XL_SCODE + number)
    return ComError(_DISP_E_EXCEPTION, "Exception occurred.", info)


def _outward(instance: Instance, value: Any, numbers_as_float: bool) -> Any:
    """A value of pyOpenVBA's as pywin32 hands it out: blocks as tuples of rows, errors as integers, blank as None."""
    if isinstance(value, VBAObject):
        return CDispatch(instance, value)
    if value in (EMPTY, MISSING, NOTHING, NULL):
        return None
    if isinstance(value, VBAErrorValue):
        return _XL_SCODE + value.number
    if isinstance(value, VBADate):
        moment = value.to_datetime()
        return Time(*moment.timetuple()[:6], moment.microsecond, tzinfo=datetime.UTC)
    if isinstance(value, VBAArray):
        (top, bottom), (left, right) = value.bounds
        return tuple(
            tuple(_outward(instance, value.get([row, column]), numbers_as_float) for column in range(left, right + 1))
            for row in range(top, bottom + 1)
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value) if numbers_as_float else int(value)  # a cell holds no integers
    return value


def _inward(value: Any, none: Any) -> Any:
    """A Python value as pyOpenVBA takes it; `none` for None. Raises TypeError for what pywin32 cannot send."""
    if hasattr(value, "_oleobj_"):
        return value._oleobj_.target
    if value is None:
        return none
    if isinstance(value, datetime.datetime):
        return VBADate.from_datetime(value.replace(tzinfo=None))
    if isinstance(value, Decimal):
        return VBACurrency(value)
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        if not value or not isinstance(value[0], list | tuple):
            return VBAArray([(1, len(value))], items=[_inward(item, none) for item in value])
        columns = zip(*value, strict=True)  # VBA lays a block out column by column
        items = [_inward(item, none) for column in columns for item in column]
        return VBAArray([(1, len(value)), (1, len(value[0]))], items=items)
    raise TypeError(f"Objects of type '{type(value).__name__}' can not be converted to a COM VARIANT")
