"""Models inside models: one way to look at them all, one to change some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, cast

from pydantic import BaseModel

Place = tuple[str | int, ...]
T = TypeVar("T")


def walk(value: object, stop: tuple[type[BaseModel], ...] = ()) -> Iterator[BaseModel]:
    """Every model in a value, itself first if it is one, each before what is inside it, in the order of the fields.

    Tuples and dictionaries are looked through. A model to stop at is named, but not entered.
    """
    if isinstance(value, BaseModel):
        yield value
    if not isinstance(value, stop):
        yield from inside(value, stop)


def inside(value: object, stop: tuple[type[BaseModel], ...] = ()) -> Iterator[BaseModel]:
    """The same without the value itself, which is entered whatever it is."""
    held: Iterable[Any]
    if isinstance(value, BaseModel):
        held = vars(value).values()
    else:
        held = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
    for one in held:
        if isinstance(one, _HOLDING):  # most are texts and numbers
            yield from walk(one, stop)


_HOLDING = (BaseModel, tuple, list, dict)


def transform(value: T, change: Callable[[Any, Place], Any], place: Place = ()) -> T:
    """A value with everything in it as `change` (given the value and its place) has it, from the outside in.

    What does not change stays the same object; a model that does is copied, and not validated again.
    """
    new = change(value, place)
    if isinstance(new, BaseModel):
        changes = _changes(vars(new).items(), change, place)
        return cast(T, new.model_copy(update=changes) if changes else new)
    if isinstance(new, dict):
        changes = _changes(new.items(), change, place)
        return cast(T, new | changes if changes else new)
    if isinstance(new, tuple | list):
        changes = _changes(enumerate(new), change, place)
        return cast(T, type(new)(changes.get(n, item) for n, item in enumerate(new)) if changes else new)
    return cast(T, new)


def _changes(held: Iterable[tuple[Any, Any]], change: Callable[[Any, Place], Any], place: Place) -> dict[Any, Any]:
    made = ((name, old, transform(old, change, (*place, name))) for name, old in held)
    return {name: new for name, old, new in made if new is not old}
