"""Results that are kept because most workbooks of a plan hold the same pieces."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

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
