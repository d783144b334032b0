"""Who sits at the desk in the tests, and the screen on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock


@dataclass
class Official:
    """Somebody at the desk: gives these answers, and remembers what was told."""

    answers: dict[str, object] = field(default_factory=dict)
    told: list[tuple[str, bool]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def tell(self, text: str, alarm: bool) -> None:
        self.told.append((text, alarm))

    def confirm(self, text: str) -> bool:
        self.asked.append(text)
        return bool(self.answers.get("confirm"))

    def file(self, title: str, kinds: str) -> Path | None:
        self.asked.append(title)
        return self.answers.get("file")  # type: ignore[return-value]

    def folder(self, title: str) -> Path | None:
        self.asked.append(title)
        return self.answers.get("folder")  # type: ignore[return-value]

    def text(self, title: str, preset: str) -> str | None:
        self.asked.append(title)
        return self.answers.get("text", preset)  # type: ignore[return-value]


XVFB = shutil.which("Xvfb")


@contextmanager
def screen(size: str = "1024x768") -> Iterator[str]:
    """A screen in memory, as DISPLAY while it is there; X chooses a free number. Needs XVFB."""
    assert XVFB is not None
    reading, writing = os.pipe()
    command = [XVFB, "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        try:
            os.close(writing)
            with os.fdopen(reading) as told:
                display = f":{told.readline().strip()}"
            assert display != ":", "Xvfb did not start"
            with mock.patch.dict(os.environ, DISPLAY=display):
                yield display
        finally:
            server.terminate()
