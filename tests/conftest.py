"""What holds for every test: a server that CI promised may not be missing."""

import os
from collections.abc import Generator
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
