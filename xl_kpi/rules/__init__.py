"""One file per scoring rule; the file's name is the rule's `type` in a scheme.

The registry is plain discovery: every module here but those of `_COMMON` holds exactly one rule of its own name.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import reduce
from operator import or_
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from xl_kpi.rules.base import Rule
from xl_kpi.rules.parts import Model

_COMMON = ("base", "parts", "tree")  # what rules are made of


def _discover() -> dict[str, ModuleType]:
    names = (info.name for info in pkgutil.iter_modules(__path__) if info.name not in _COMMON)
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


def the_rule_in(module: ModuleType) -> type[Rule]:
    """The one rule a module defines, named like the module. Raises TypeError where it is not exactly one."""
    name = module.__name__
    own = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Rule) and item.__module__ == name
    ]
    if len(own) != 1:
        raise TypeError(f"{name} must hold exactly one rule, it holds {len(own)}")
    type_name = own[0].model_fields["type"].default
    if type_name != name.rpartition(".")[2]:
        raise TypeError(f"{name}: its rule calls itself {type_name!r}")
    return own[0]


_modules = _discover()
REGISTRY: dict[str, type[Rule]] = {name: the_rule_in(module) for name, module in _modules.items()}

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[reduce(or_, REGISTRY.values()), Field(discriminator="type")]

# Rules nest, so their fields could not name the union before every module was read: name it now, then build.
for _module in _modules.values():
    vars(_module)["AnyRule"] = AnyRule
for _module in _modules.values():
    for _model in vars(_module).values():
        if isinstance(_model, type) and issubclass(_model, Model) and _model.__module__ == _module.__name__:
            _model.model_rebuild(force=True)
