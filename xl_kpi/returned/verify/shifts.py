"""Which rows or columns of a sheet were inserted, deleted or moved, worked out from the texts that stand in them.

Only what can be told apart is told: rows are aligned by the constants of the plan, where a label that stands once says
much and a unit that stands in every other row says little. Nothing is read by what comes out here; it is the repair
that an official is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from xl_kpi.words import Fact, Said, said
from xl_kpi.xlsx.addresses import address, column_letter
from xl_kpi.xlsx.cells import ReadCell, ReadValue

Axis = Literal["row", "column"]
_Line = dict[int, ReadValue]  # the constants of a row by column, or of a column by row

_ENOUGH = 0.6  # of what the texts of a sheet say must be found again
_MOST = 400_000  # pairs of lines that are compared
_TOLD = 6  # lines that are named


@dataclass
class Shifts:
    """Lines of one axis: those inserted (as they are numbered now), deleted (as they were), moved (was, is)."""

    axis: Axis
    inserted: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)  # of lines as they were
    found: float = 0.0  # how much of what the texts say was found again

    @property
    def first(self) -> int:
        """The first line concerned, as it is numbered now."""
        return min([*self.inserted, *self.deleted, *(now for _, now in self.moved)])

    def told(self) -> Said:
        """What was done, and the exact repair."""
        done: list[Said] = []
        if self.inserted:
            done.append(said("shifts.inserted", lines=self._named(self.inserted)))
        for was, now in self.moved[:_TOLD]:
            places = {"was": self._named([was]), "now": self._named([now])}
            done.append(said("shifts.moved", label=self.labels[was], **places))
        if self.deleted:
            lines: Fact = [
                said("shifts.line", line=self._named([line]), label=self.labels[line])
                for line in self.deleted[:_TOLD]
            ]
            if len(self.deleted) > _TOLD:
                lines = said("shifts.and-others", lines=lines)
            done.append(said("shifts.deleted", lines=lines))
        what = reduce(lambda first, then: said("also", first=first, then=then), done)
        return said("shifts.told", what=what, repair=self._repair())

    def _repair(self) -> Said:
        if self.deleted:
            return said("shifts.carry-what-is-left")
        if self.moved:
            return said("shifts.move-back")
        return said(f"shifts.delete-{self.axis}s", lines=self._named(self.inserted))

    def _named(self, lines: Sequence[int]) -> Said:
        """Lines by their numbers or letters, runs of them as one."""
        runs: list[list[int]] = []
        for line in lines:
            if runs and line == runs[-1][-1] + 1:
                runs[-1].append(line)
            else:
                runs.append([line])
        names = [self._run(run[0], run[-1]) for run in runs[:_TOLD]]
        return said("shifts.many" if len(runs) > _TOLD else "shifts.lines", lines=names)

    def _run(self, first: int, last: int) -> Said:
        name = str if self.axis == "row" else column_letter
        lines = name(first) if first == last else f"{name(first)}～{name(last)}"
        return said(f"shifts.{self.axis}s", lines=lines)


def shifts(
    constants: Mapping[str, ReadCell], cells: Mapping[str, ReadCell], referred: Mapping[tuple[int, int], int]
) -> Shifts | None:
    """How a sheet that holds `cells` comes from one that held `constants`; None where that cannot be told.

    `referred` are the cells that names and formulas refer to now, how often: of two lines that say the same, the one
    that is referred to less is the copy.
    """
    axes: tuple[Axis, Axis] = ("row", "column")
    every = [_along(axis, constants, cells, referred) for axis in axes]
    told = [one for one in every if one is not None and (one.inserted or one.deleted or one.moved)]
    best = max(told, key=lambda one: one.found, default=None)
    return best if best is not None and best.found >= _ENOUGH else None


def _along(
    axis: Axis,
    constants: Mapping[str, ReadCell],
    cells: Mapping[str, ReadCell],
    referred: Mapping[tuple[int, int], int],
) -> Shifts | None:
    was = _lines(axis, constants)
    known = {(across, value) for line in was.values() for across, value in line.items()}
    now = {
        line: texts
        for line, held in _lines(axis, cells).items()
        if (texts := {across: value for across, value in held.items() if (across, value) in known})
    }
    often = Counter((across, value) for line in was.values() for across, value in line.items())
    pairs = _aligned(was, now, often)
    if pairs is None:
        return None
    result = Shifts(axis, labels={line: _label(texts, often) for line, texts in was.items()})
    matched = sum(_alike(was[line], now[other], often) for line, other in pairs)
    whole = sum(1 / often[item] for line in was.values() for item in line.items())
    result.found = matched / whole if whole else 0.0
    position = 0 if axis == "row" else 1
    present = {address(name)[position] for name in cells}
    _moves(result, pairs, was, now, often)
    _gaps(result, pairs, was, now)
    result.deleted += [line for line in was if line > (pairs[-1][0] if pairs else 0) and line not in present]
    gone = {line for line, _ in result.moved}
    result.deleted = sorted(line for line in result.deleted if line not in gone)
    targets = Counter(dict.fromkeys(present, 0))
    for cell, times in referred.items():
        targets[cell[position]] += times
    result.inserted = sorted({_copy(line, now, targets) for line in result.inserted})
    return result


def _lines(axis: Axis, cells: Mapping[str, ReadCell]) -> dict[int, _Line]:
    lines: dict[int, _Line] = {}
    for name, cell in cells.items():
        if cell.formula is None and cell.value not in (None, ""):
            row, column = address(name)
            line, across = (row, column) if axis == "row" else (column, row)
            lines.setdefault(line, {})[across] = cell.value
    return dict(sorted(lines.items()))


def _alike(one: _Line, other: _Line, often: Mapping[tuple[int, ReadValue], int]) -> float:
    """How much two lines have in common; a text that stands in one place only counts 1."""
    return sum(1 / often[item] for item in one.items() & other.items())


def _aligned(
    was: dict[int, _Line], now: dict[int, _Line], often: Mapping[tuple[int, ReadValue], int]
) -> list[tuple[int, int]] | None:
    """Lines that belong together, in order; None where there are too many to compare."""
    old, new = list(was), list(now)
    pairs = []
    while old and new and old[0] == new[0] and was[old[0]] == now[new[0]]:
        pairs.append((old.pop(0), new.pop(0)))
    behind = []
    while old and new and was[old[-1]] == now[new[-1]]:
        behind.append((old.pop(), new.pop()))
    if len(old) * len(new) > _MOST:
        return None
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, line in reversed(list(enumerate(old))):
        for j, other in reversed(list(enumerate(new))):
            together = _alike(was[line], now[other], often)
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + together if together else 0.0)
    i = j = 0
    while i < len(old) and j < len(new):
        together = _alike(was[old[i]], now[new[j]], often)
        if together and best[i][j] == best[i + 1][j + 1] + together:
            pairs.append((old[i], new[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs + behind[::-1]


def _moves(
    result: Shifts,
    pairs: Sequence[tuple[int, int]],
    was: dict[int, _Line],
    now: dict[int, _Line],
    often: Mapping[tuple[int, ReadValue], int],
) -> None:
    """Lines that are missing where they were and stand in another place: a sort, or cut and paste."""
    free = [other for other in now if other not in {other for _, other in pairs}]
    for line in was.keys() - {line for line, _ in pairs}:
        best = max(free, key=lambda other: _alike(was[line], now[other], often), default=None)
        if best is not None and _alike(was[line], now[best], often) >= 0.5:
            result.moved.append((line, best))
            free.remove(best)
    result.moved.sort()


def _gaps(result: Shifts, pairs: Sequence[tuple[int, int]], was: dict[int, _Line], now: dict[int, _Line]) -> None:
    """What was inserted and deleted between lines that belong together."""
    left, come = ({pair[side] for pair in result.moved} for side in (0, 1))
    old, new = 0, 0
    for line, other in pairs:
        before = [n for n in range(old + 1, line) if n not in left]
        after = [n for n in range(new + 1, other) if n not in come]
        more = len(after) - len(before)
        if more > 0:  # of those that could have been there, the ones that say least
            result.inserted += sorted(after, key=lambda n: len(now.get(n, ())))[:more]
        elif more < 0:
            result.deleted += sorted(before, key=lambda n: -len(was.get(n, ())))[:-more]
        old, new = line, other
    for line in result.deleted:
        result.labels.setdefault(line, "")


def _copy(line: int, now: dict[int, _Line], referred: Mapping[int, int]) -> int:
    """Of equal lines next to one another the one that least refers to: it is the copy."""
    equal = [line]
    for step in (-1, 1):
        other = line + step
        while line in now and now.get(other) == now[line]:
            equal.append(other)
            other += step
    return min(equal, key=lambda one: (referred.get(one, 0), one != line))


def _label(line: _Line, often: Mapping[tuple[int, ReadValue], int]) -> str:
    """What an official knows a line by: a text that stands in it alone, else the longest."""
    texts = [
        (often[across, value] == 1, len(value), value) for across, value in line.items() if isinstance(value, str)
    ]
    text = max(texts, default=(False, 0, ""))[2].replace("\n", " ")
    return text if len(text) <= 30 else text[:30] + "…"
