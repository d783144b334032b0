"""What tests of every part share: the recalculation engines by name, LibreOffice as somebody's program, no network."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from xl_kpi import engines
from xl_kpi.engines import libreoffice
from xl_kpi.engines.base import Engine


@pytest.fixture(scope="session")
def engine_named() -> Callable[[str], Engine]:
    """The engine of a name, imported only now; skips for LibreOffice where there is none, but fails in CI."""

    def engine(name: str) -> Engine:
        if name == "libreoffice" and not libreoffice.available():
            if os.environ.get("CI"):
                pytest.fail("CI 环境中必须安装 LibreOffice（soffice）")
            pytest.skip("没有安装 LibreOffice（soffice），跳过用它重算的测试")
        return engines.named(name)

    return engine


@pytest.fixture(scope="session")
def saved_by_libreoffice(
    engine_named: Callable[[str], Engine],
) -> Callable[[Mapping[str, bytes]], dict[str, bytes]]:
    """Workbooks by name, as LibreOffice saves them once it has opened and recalculated them; it must open each."""
    engine_named("libreoffice")

    def save(workbooks: Mapping[str, bytes]) -> dict[str, bytes]:
        saved = libreoffice.LibreOfficeEngine().saved(list(workbooks.values()))
        found = {name: content for name, content in zip(workbooks, saved, strict=True) if content is not None}
        assert workbooks.keys() - found.keys() == set(), "LibreOffice does not open them"
        return found

    return save


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


_SAID = {
    "workbooks against the scorer": ("workbooks compared", "values compared", "disagreements"),
    "hostile files": ("hostile kinds", "missed", "false flags"),
    "questions about percentages": ("percentages in cases", "false alarms"),
    "page and check": ("odd workbooks",),
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the tests that count have counted, over all processes."""
    totals: Counter[str] = Counter()
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        totals.update({name: int(value) for name, value in report.user_properties if str(value).isdigit()})
    for what, names in _SAID.items():
        if any(name in totals for name in names):
            said = ", ".join(f"{totals[name]:,} {name}" for name in names)
            terminalreporter.write_line(f"{what}: {said}")


# --- the quick lane: `pytest -m quick`

_QUICK = (
    *("expr/", "layout/", "program/", "rules/", "scheme/", "units/", "xlsx/", "words/test_words.py"),
    *("test_api.py", "test_imports.py", "test_outward.py"),
)
_TAKE_LONG = (  # whole workbooks, every character there is, archives of 100,000 entries
    *("rules/test_examples.py", "rules/test_answers.py", "program/test_answers_as_text.py"),
    *("xlsx/test_archive.py", "xlsx/test_save.py", "xlsx/test_package_order.py", "scheme/test_questions.py"),
)
_OTHER_PROGRAMS = {"engine_named", "saved_by_libreoffice", "recalculated", "libreoffice_installed"}


def _is_quick(path: Path, config: pytest.Config) -> bool:
    """Whether a file is of the quick lane: it starts no program and no process, and says in a second what is wrong."""
    tests = config.rootpath / "tests"
    within = path.relative_to(tests).as_posix() if path.is_relative_to(tests) else ""
    return within.startswith(_QUICK) and within not in _TAKE_LONG


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Importing the other tests takes longer than running the quick ones."""
    lane = config.option.markexpr == "quick"
    return True if lane and collection_path.suffix == ".py" and not _is_quick(collection_path, config) else None


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Mark the tests of the quick lane."""
    for item in items:
        if _is_quick(item.path, config) and not _OTHER_PROGRAMS & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.quick)
