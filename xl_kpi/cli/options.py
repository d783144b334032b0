"""A command's options are the parameters of its function: their types say what they take, `Annotated` what help says.

What stands before the `*` is an argument, what stands after it an option `--name`; one without a default is required. A
bool is a flag, a list takes several, a Literal is a choice; of any other type the function gets what it makes of the text.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from xl_kpi.report.language import worded


@dataclass(frozen=True)
class Help:
    """The code of what help says of a parameter; other choices than its type has; one_of: exactly one with this word is to be given."""

    help: str = ""
    metavar: str | None = None
    choices: Sequence[str] = ()
    one_of: str = ""


# Options that several commands have.
Json = Annotated[bool, Help()]
SchemeFile = Annotated[str, Help("help.scheme-file")]
Paths = Annotated[list[Path], Help(metavar="FILE|DIR")]
Workers = Annotated[int | None, Help("help.workers")]
Scheduler = Annotated[str, Help("help.scheduler", metavar="ADDRESS")]
Ship = Annotated[bool, Help("help.ship")]


def add(parser: argparse.ArgumentParser, function: Callable[..., int]) -> None:
    """Give a command's parser the options of its function."""
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {"": parser}
    for name, parameter in signature(function).parameters.items():
        hint, shown = hints[name], Help()
        if get_origin(hint) is Annotated:
            hint, shown = get_args(hint)
        if shown.one_of not in groups:
            groups[shown.one_of] = parser.add_mutually_exclusive_group(required=True)
        is_option = parameter.kind is Parameter.KEYWORD_ONLY
        asked = _asked(hint, is_option) | {"help": worded(shown.help) if shown.help else None}
        if shown.choices:
            asked["choices"] = shown.choices
        if shown.metavar:
            asked["metavar"] = shown.metavar
        if not is_option:
            parser.add_argument(name, **asked)
            continue
        if parameter.default is Parameter.empty:
            asked["required"] = True
        elif hint is not bool:
            asked["default"] = parameter.default
        groups[shown.one_of].add_argument("--" + name.replace("_", "-"), **asked)


def _asked(hint: Any, is_option: bool) -> dict[str, Any]:
    """How argparse takes a value of a type."""
    if hint is bool:
        return {"action": "store_true"}
    if get_origin(hint) in (Union, UnionType):  # or nothing
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
    if get_origin(hint) is list:
        (each,) = get_args(hint)
        return {"type": each} | ({"action": "append"} if is_option else {"nargs": "+"})
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    return {"type": hint}
