"""Who sits before the stand-in: what they press, choose and type when a dialog comes, and what they were shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from queue import Queue
from typing import Any

from pyopenvba.interpreter._objects import VBAObject, member, method, setter
from pyopenvba.interpreter._values import VBAInt

_OK, _CANCEL, _YES, _NO = 1, 2, 6, 7
_BUTTONS = {0: (_OK,), 1: (_OK, _CANCEL), 3: (_YES, _NO, _CANCEL), 4: (_YES, _NO)}  # MB_OK, MB_OKCANCEL, ...
ICONS = {0x10: "error", 0x20: "question", 0x30: "warning", 0x40: "information"}
LEAVES = object()  # to a line of text: takes what stands there already


@dataclass(frozen=True)
class Box:
    """A message box that was shown, and which of its buttons was pressed."""

    title: str
    text: str
    icon: str
    pressed: int
    owner: int = 0

    @property
    def question(self) -> bool:
        """Whether it had buttons to choose from."""
        return self.pressed != _OK


@dataclass
class Person:
    """What they do: `yes` to questions or not, which file and folder they choose (None: cancel), what they type.

    `before` is called as a box comes up, for what happens while it stands there. One who is `absent` presses nothing: the
    box stands until a program presses a button of it (`post`).
    """

    yes: bool = False
    file: str | PathLike[str] | None = None
    folder: str | PathLike[str] | None = None
    typed: object = LEAVES
    boxes: list[Box] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)  # which dialog, its title
    before: Callable[[], object] = lambda: None
    absent: bool = False
    showing: str = ""  # the title of the box that stands there
    _posted: Queue[int] = field(default_factory=Queue, repr=False)

    def message_box(self, owner: int, text: str, title: str, style: int) -> int:
        """`MessageBox` of Windows."""
        self.before()
        buttons = _BUTTONS[style & 0xF]
        pressed = buttons[0 if self.yes or len(buttons) == 1 else 1]
        if self.absent:
            self.showing = title
            while (pressed := self._posted.get(timeout=30)) not in buttons:
                pass
            self.showing = ""
        self.boxes.append(Box(title, text, ICONS[style & 0xF0] if style & 0xF0 else "", pressed, owner))
        return pressed

    def post(self, button: int) -> None:
        """A button pressed by a program."""
        self._posted.put(button)

    @property
    def told(self) -> list[str]:
        """The texts of the messages, without the questions."""
        return [box.text for box in self.boxes if not box.question]

    def open_filename(self, kinds: str, title: str) -> object:
        """`Application.GetOpenFilename`: the path, or False. Its filter is pairs of a name and patterns."""
        assert len(kinds.split(",")) % 2 == 0, kinds
        self.asked.append(("file", title))
        return False if self.file is None else str(self.file)

    def input_box(self, prompt: str, default: object) -> object:
        """`Application.InputBox`: the text, or False."""
        assert len(prompt) <= 255, "Excel takes no more"
        self.asked.append(("text", prompt))
        if self.typed is LEAVES:
            return default
        return False if self.typed is None else self.typed


class FileDialog(VBAObject):
    """`Application.FileDialog(msoFileDialogFolderPicker)`."""

    vba_type_name = "FileDialog"

    def __init__(self, person: Person) -> None:
        self._person = person
        self._title = ""
        self._shown = False

    @member
    def Title(self) -> object:
        return self._title

    @setter("Title")
    def _set_title(self, value: object) -> None:
        self._title = str(value)

    @method
    def Show(self) -> object:
        self._person.asked.append(("folder", self._title))
        self._shown = self._person.folder is not None
        return VBAInt(-1 if self._shown else 0, "Long")

    @method
    def SelectedItems(self, Index: object) -> object:
        assert self._shown
        assert int(Index) == 1  # type: ignore[call-overload]
        return str(self._person.folder)


class ProtectedViewWindows(VBAObject):
    """`Application.ProtectedViewWindows`: opening a file in Protected View brings it to the front."""

    vba_type_name = "ProtectedViewWindows"

    def __init__(self, instance: Any) -> None:
        self._instance = instance

    @method
    def Open(self, Filename: object) -> object:
        self._instance.protected_view = True
        return VBAInt(0, "Long")


def dialogs(person_of: Callable[[Any], Person]) -> dict[tuple[str, str], Callable[..., Any]]:
    """The calls of Excel that open a dialog."""

    def file_dialog(instance: Any, _application: Any, kind: Any) -> Any:
        assert int(kind) == 4, "only the one that picks a folder"
        return FileDialog(person_of(instance))

    def open_filename(instance: Any, _application: Any, kinds: Any, _index: Any, title: Any) -> Any:
        return person_of(instance).open_filename(kinds, title)

    def input_box(instance: Any, _application: Any, prompt: Any, _title: Any, default: Any) -> Any:
        return person_of(instance).input_box(prompt, default)

    return {
        ("Application", "FileDialog"): file_dialog,
        ("Application", "GetOpenFilename"): open_filename,
        ("Application", "InputBox"): input_box,
    }
