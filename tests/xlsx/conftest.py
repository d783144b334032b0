"""What tests of hostile packages share: a watch that nothing leaves the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from small_package import shipped

_watched: list[str] | None = None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _watched is None:
        return
    if event.startswith(("socket.", "subprocess.", "urllib.", "os.mkdir", "os.rename", "tempfile.")):
        _watched.append(event)
    elif event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _watched.append(f"{event} {arguments[0]!r}")


@pytest.fixture(scope="session")
def _watching() -> None:
    sys.addaudithook(_watch)  # cannot be taken away again; without a list to write to it does nothing


@pytest.fixture
def nothing_leaves_the_process(no_network: None, _watching: None) -> Iterator[None]:
    """The test may not open a socket, start a process or write a file."""
    global _watched
    shipped()  # builds a workbook, for which openpyxl writes to disk: before the watch begins
    _watched = seen = []
    yield
    _watched = None
    assert seen == []
