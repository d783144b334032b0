"""Results that are kept because most workbooks of a plan hold the same pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any, Generic, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


def kept(count: int, longest: int) -> Callable[[Function], Function]:
    """Keep what a function makes of so many texts or bytes (its first argument), but of none over a length.

    What hostile files can fill is bounded by that.
    """

    def keeping(function: Function) -> Function:
        remembered = lru_cache(maxsize=count)(function)

        @wraps(function)
        def asked(piece: str | bytes, *more: Any) -> Any:
            return (remembered if len(piece) <= longest else function)(piece, *more)

        return cast(Function, asked)

    return keeping


Key = TypeVar("Key")
Made = TypeVar("Made")


class Memory(Generic[Key, Made]):
    """What was made of pieces of files, for when they come again: of those asked for last, up to a size in all.

    Two generations: what is asked for is young again, and when the young take half of the room the old are forgotten.
    """

    def __init__(self, room: int, largest: int, size: Callable[[Key, Made], int]) -> None:
        """Nothing over the size `largest` is kept."""
        self._half = room // 2
        self._largest = largest
        self._size = size
        self._young: dict[Key, Made] = {}
        self._old: dict[Key, Made] = {}
        self._taken = 0  # of the room, by the young

    def all_of(self, keys: Sequence[Key]) -> list[Made | None]:
        """What is remembered of each, None where nothing is."""
        found = list(map(self._young.get, keys))
        if not all(found):
            for at, key in enumerate(keys):
                if found[at] is None and key in self._old:
                    found[at] = made = self._old[key]
                    self.keep(key, made)
        return found

    def keep(self, key: Key, made: Made) -> None:
        """Remember what was made of a piece."""
        size = self._size(key, made)
        if size <= self._largest:
            self._young[key] = made
            self._taken += size
        if self._taken > self._half:
            self._old, self._young, self._taken = self._young, {}, 0
