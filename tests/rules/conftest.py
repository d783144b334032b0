"""What the tests of the rules share: the workbook of all their examples."""

from __future__ import annotations

import pytest
from example_book import TASKS, ExampleBook, book_of


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> ExampleBook:
    """The blank workbook in which every example of every rule is a task."""
    return book_of(TASKS, tmp_path_factory.mktemp("examples"))
