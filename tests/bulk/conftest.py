"""What the tests of this folder share: one Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dask_cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers; for tests of the group "cluster", which run in one process."""
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        started.add_worker()
        started.add_worker()
        yield started.address
    finally:
        started.stop()
