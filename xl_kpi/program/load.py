"""Loading schemes, from those shipped or a file of one's own: every problem is collected, and names file, place, value
and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from xl_kpi.findings import Finding, SchemeError, finding
from xl_kpi.program.inputs import Inputs
from xl_kpi.program.references import check_references
from xl_kpi.scheme.load import Draft, id_problems, nowhere, total_problems
from xl_kpi.scheme.model import Scheme
from xl_kpi.scheme.resolve import resolve
from xl_kpi.scheme.yaml_text import read_yaml
from xl_kpi.shipped import TEMPLATES, names


def load(scheme: str, anew: bool = False) -> Scheme:
    """A scheme by name or by the path of its .yaml, its level not settled.

    That one of those shipped holds together, however it is read and at every level, is known and looked at only `anew`:
    it would be most of the time that a file takes. Raises SchemeError with every problem found: unreadable, a wrong value,
    totals that do not tie, ids that clash, references to nothing.
    """
    path = Path(scheme) if scheme.endswith((".yaml", ".yml")) else TEMPLATES / f"{scheme}.yaml"
    if not path.is_file():
        raise SchemeError(finding("scheme-unknown", name=scheme, known=names()))
    return _loaded(path, path.stat().st_mtime_ns, not anew and path.parent == TEMPLATES)


@lru_cache(maxsize=32)
def _loaded(path: Path, changed: int, known: bool) -> Scheme:
    """The scheme in a file as of its time of change: a batch asks for the same one again and again."""
    document = read_yaml(path)
    return parse(document.data, path.name, document.line, known)


def parse(
    data: Any, file: str, line_of: Callable[[Sequence[str | int]], int] = nowhere, known: bool = False
) -> Scheme:
    """A scheme from plain data. Raises SchemeError with every problem found.

    `file` is named in messages; `line_of` says on which of its lines a place of the data stands (0 for none);
    what is `known` to hold together is not tried.
    """
    draft = Draft(data, file, line_of)
    scheme = draft.scheme()
    twice = list(id_problems(scheme))
    problems = [*total_problems(scheme), *twice]
    if twice:  # which of two things an id names cannot be told, nor then what refers to it
        raise SchemeError(*problems)
    for reading in () if known else scheme.choices():  # each option that is not chosen, tried by itself
        for option in reading.alternatives:
            if option != reading.chosen:
                problems += _wrong(partial(draft.scheme, {reading.id: option}))
    problems += () if known else _wrong(lambda: scheme)
    if problems:
        raise SchemeError(*problems)
    return scheme.reading_of(draft.written())


def _wrong(read: Callable[[], Scheme]) -> Iterator[Finding]:
    """What is wrong with a scheme as it is read, or at its first level of which something is: others say most of it again."""
    try:
        scheme = read()
        for level in scheme.levels or (None,):
            settled = resolve(scheme, level)
            check_references(settled, Inputs.of(settled))
    except SchemeError as error:
        yield from error.findings
