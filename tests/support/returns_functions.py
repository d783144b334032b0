"""Crews to whose workers something happens, by name in every worker."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from python_calamine import CalamineWorkbook
from waiting import FOREVER

from xl_kpi.api import NATIVE, Crew, Source
from xl_kpi.xlsx.source import name_and_content, name_of

Kind = Literal["kill", "abort", "raise", "pid"]


def befallen(
    sources: list[Source], function: Callable[[list[Source]], list[Any]], victims: Mapping[str, Kind], detail: str
) -> list[Any]:
    """What a function makes of files, in a process to which something happens when it comes to a victim."""
    for source in sources:
        what = victims.get(name_of(source))
        if what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif what == "abort" and _named(function) == "checked":  # in a native library, not before the second pass
            content = io.BytesIO(name_and_content(source)[1])
            CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()
        elif what == "raise":
            raise LookupError("张三丰")
        elif what == "pid":  # tells who works on it, once, and waits to be killed
            with suppress(FileExistsError):
                with open(detail, "x") as file:
                    file.write(str(os.getpid()))
                time.sleep(FOREVER)
    return function(sources)


def _named(function: Any) -> str:
    name: str = getattr(function, "func", function).__name__
    return name


@dataclass(frozen=True)
class Befallen(Crew):
    """A crew to whose workers something happens when they come to a file of one of these names."""

    victims: Mapping[str, Kind] = field(default_factory=dict)
    detail: str = ""

    def each(self, function: Any, sources: Iterable[Source], lost: Any, engine: str = NATIVE) -> Iterator[Any]:
        """As without it."""
        work = partial(befallen, function=function, victims=self.victims, detail=self.detail)
        return super().each(work, sources, lost, engine)


@dataclass(frozen=True)
class Watched(Crew):
    """A crew that notes which files it was handed for which of its functions, as it draws them."""

    drawn: list[tuple[str, str]] = field(default_factory=list)

    def each(self, function: Any, sources: Iterable[Source], lost: Any, engine: str = NATIVE) -> Iterator[Any]:
        """As without it."""
        name = _named(function)

        def noted() -> Iterator[Source]:
            for source in sources:
                self.drawn.append((name, name_of(source)))
                yield source

        return super().each(function, noted(), lost, engine)

    def checked(self) -> list[str]:
        """The files whose verdict was worked out, in the order in which they were drawn."""
        return [file for function, file in self.drawn if function == "checked"]
