"""Which files of a folder are workbooks to be looked at, and where results go without taking the place of anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xl_kpi.findings import XlKpiError, either, finding

# .xlsx, and what has to be refused by name, so that no unit's file goes missing without a word.
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods")
_NAMED = 5  # files named in a message, at most


@dataclass(frozen=True)
class Found:
    """A workbook: its path, and what it is called beside the others: below the folder it was found in, or by its name."""

    path: Path
    name: str


def workbooks(paths: Iterable[Path], outside: Path | None = None) -> list[Found]:
    """The files named, and the workbooks in the folders named, however deep; each once, in order.

    Left out are the lock files (~$…) of workbooks that are open, and what lies in `outside`, where results are kept.
    Raises XlKpiError where nothing is left, and for a folder that is not there.
    """
    given = list(paths)
    kept_away = outside.resolve() if outside is not None else None
    found: dict[Path, Found] = {}
    for path in given:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            for file in inside:
                resolved = file.resolve()
                if not file.name.startswith("~$") and (kept_away is None or kept_away not in resolved.parents):
                    found.setdefault(resolved, Found(file, str(file.relative_to(path))))
        else:
            found.setdefault(path.resolve(), Found(path, path.name))
    if not found:
        where = either("、", ", ").join(map(str, given))
        raise XlKpiError(finding("no-workbooks", where=where))
    return list(found.values())


def refuse_clash(names: Sequence[str]) -> None:
    """Raises XlKpiError where two results would get one name, and the first be lost; some systems do not tell A from a."""
    folded = [name.casefold() for name in names]
    clash = next((name for n, name in enumerate(names) if folded[n] in folded[:n]), None)
    if clash:
        why = either(f"两份工作簿会得到同一个文件名 {clash}", f"two workbooks would get the name {clash}")
        raise XlKpiError(finding("units", file="", where="", why=why))


def refuse_existing(targets: Iterable[Path], folder: Path) -> None:
    """Raises XlKpiError where a file stands already where a result is to go: it may hold what somebody filled in."""
    there = [str(target.relative_to(folder)) for target in targets if target.exists()]
    if there:
        names = either("、", ", ").join(there[:_NAMED])
        if len(there) > _NAMED:
            names += either(f" 等 {len(there)} 个", f" and others, {len(there)} in all")
        raise XlKpiError(finding("exists", folder=folder, names=names))
