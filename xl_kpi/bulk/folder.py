"""Which files of a folder are workbooks to be looked at, and where results go without taking the place of anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xl_kpi.findings import XlKpiError, finding
from xl_kpi.words import Fact, Said, said
from xl_kpi.xlsx.source import LOCK_FILES

# .xlsx, and what has to be refused by name, so that no unit's file goes missing without a word.
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods")
_NAMED = 5  # files named in a message, at most


@dataclass(frozen=True)
class Found:
    """A workbook: its path, and what it is called beside the others: below the folder it was found in, or by its name."""

    path: Path
    name: str


@dataclass(frozen=True)
class Listing:
    """The workbooks of some files and folders, each once, in order; and how many files of which kind were passed over."""

    files: tuple[Found, ...]
    passed: Mapping[str, int]

    def told(self) -> Said | None:
        """What was passed over, in a sentence; None for nothing."""
        kinds = [said(f"bulk.passed.{kind}", count=count) for kind, count in self.passed.items()]
        return said("bulk.passed-over", kinds=kinds) if kinds else None


_PASSED = ("archive", "csv", "link", "lock", "leftover")
_BY_SUFFIX = dict.fromkeys((".zip", ".rar", ".7z", ".gz", ".tar"), "archive") | {
    ".csv": "csv",
    ".lnk": "link",
    ".url": "link",
}


def listing(paths: Iterable[Path], outside: Path | None = None) -> Listing:
    """The files named, and the workbooks in the folders named, however deep.

    Passed over and counted is what may be a unit's workbook and is not looked into: archives, CSV, links to folders and
    to nothing, shortcuts; and what programs leave beside workbooks. A link to a file is that file. What lies in
    `outside`, where results are kept, is left out. Raises XlKpiError where no workbook is left.
    """
    given = list(paths)
    kept_away = outside.resolve() if outside is not None else None
    found: dict[Path, Found] = {}
    passed: Counter[str] = Counter()
    for path in given:
        if not path.is_dir():
            found.setdefault(path.resolve(), Found(path, path.name))
            continue
        for file in sorted(path.rglob("*")):
            kind = _kind(file)
            if not kind or (kept_away is not None and kept_away in file.resolve().parents):
                continue
            if kind == "workbook":
                found.setdefault(file.resolve(), Found(file, str(file.relative_to(path))))
            else:
                passed[kind] += 1
    if not found:
        raise XlKpiError(finding("no-workbooks", where=[str(path) for path in given]))
    return Listing(tuple(found.values()), {kind: passed[kind] for kind in _PASSED if passed[kind]})


def _kind(file: Path) -> str:
    """What a file of a folder is taken for; "" for what is nobody's business."""
    suffix = file.suffix.lower()
    if file.is_symlink() and (file.is_dir() or not file.exists()):
        return "link"
    if not file.is_file():
        return ""
    if file.name.startswith(LOCK_FILES):
        return "lock" if suffix.removesuffix("#") in SUFFIXES else ""
    if file.name.startswith("._"):
        return "leftover" if suffix in SUFFIXES else ""
    return "workbook" if suffix in SUFFIXES else _BY_SUFFIX.get(suffix, "")


def refuse_clash(names: Sequence[str]) -> None:
    """Raises XlKpiError where two results would get one name, and the first be lost; some systems do not tell A from a."""
    counts = Counter(name.casefold() for name in names)
    clash = next((name for name in names if counts[name.casefold()] > 1), None)
    if clash:
        why = said("bulk.one-name-twice", clash=clash)
        raise XlKpiError(finding("units", file="", where="", why=why))


def refuse_existing(targets: Iterable[Path], folder: Path) -> None:
    """Raises XlKpiError where a file stands already where a result is to go: it may hold what somebody filled in."""
    there = [str(target.relative_to(folder)) for target in targets if target.exists()]
    if there:
        names: Fact = there
        if len(there) > _NAMED:
            names = said("bulk.names-and-others", names=there[:_NAMED], count=len(there))
        raise XlKpiError(finding("exists", folder=str(folder), names=names))
