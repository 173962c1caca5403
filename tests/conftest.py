"""What holds for every test: no missing server that CI promised, and no state of the processor left behind."""

import os
import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest

NO_SKIPS = "GRADCLINIC_TEST_NO_SKIPS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With GRADCLINIC_TEST_NO_SKIPS, a test that skips for want of a server fails instead."""
    report = yield
    if report.skipped and item.get_closest_marker("servers") and os.environ.get(NO_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"{NO_SKIPS} is set, and still: {call.excinfo}"
    return report


@pytest.fixture(autouse=True)
def subnormals_are_back() -> Iterator[None]:
    """Flushing subnormal numbers is a state of the thread, and hypothesis refuses to draw floats under it.

    What trains as a child process does sets it; the next test must not inherit that.
    """
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)
