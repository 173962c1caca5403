"""The process that children are forked from, started once for all tests."""

import pytest

from workers.process import Nursery


@pytest.fixture(scope="session")
def warm() -> int:
    """Number of GPUs, as the first child says."""
    return Nursery().open()
