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


@dataclass(frozen=True)
class Said:
    """What help says of a parameter; other choices than its type has; one_of: exactly one with this word is to be given."""

    help: str = ""
    metavar: str | None = None
    choices: Sequence[str] = ()
    one_of: str = ""


# Options that several commands have.
Json = Annotated[bool, Said()]
SchemeFile = Annotated[str, Said("自定义方案的 .yaml 文件")]
Paths = Annotated[list[Path], Said(metavar="FILE|DIR")]
Workers = Annotated[int | None, Said("同时工作的进程数，默认为处理器核数；0 表示不另开进程")]
Scheduler = Annotated[str, Said("Dask 调度器地址，如 tcp://10.0.0.1:8786", metavar="ADDRESS")]
Ship = Annotated[bool, Said("把文件内容发给计算节点，用于没有共享文件夹的集群")]


def add(parser: argparse.ArgumentParser, function: Callable[..., int]) -> None:
    """Give a command's parser the options of its function."""
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {"": parser}
    for name, parameter in signature(function).parameters.items():
        hint, said = hints[name], Said()
        if get_origin(hint) is Annotated:
            hint, said = get_args(hint)
        if said.one_of not in groups:
            groups[said.one_of] = parser.add_mutually_exclusive_group(required=True)
        is_option = parameter.kind is Parameter.KEYWORD_ONLY
        asked = _asked(hint, is_option) | {"help": said.help or None}
        if said.choices:
            asked["choices"] = said.choices
        if said.metavar:
            asked["metavar"] = said.metavar
        if not is_option:
            parser.add_argument(name, **asked)
            continue
        if parameter.default is Parameter.empty:
            asked["required"] = True
        elif hint is not bool:
            asked["default"] = parameter.default
        groups[said.one_of].add_argument("--" + name.replace("_", "-"), **asked)


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
