"""Waiting for something to come true, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

FOREVER = 3600.0  # seconds: longer than any test; what sleeps so long is ended, or the test fails
_LIMIT = 120.0  # seconds, after which it is taken for never


def until(true: Callable[[], object]) -> bool:
    """Whether something comes true, asked again and again; False where it never does."""
    limit = time.monotonic() + _LIMIT
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def written(file: Path) -> str:
    """What is written to a file, as soon as it is."""
    until(lambda: file.exists() and file.read_text())
    return file.read_text()
