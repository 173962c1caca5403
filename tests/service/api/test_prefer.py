"""RFC 7240, as far as `wait` goes."""

import pytest

from service.api import prefer


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=10", 10),
        ("respond-async, wait=10", 10),
        ('Wait="7"', 7),
        ("wait = 5; why=not", 5),
        ("handling=lenient; wait=3, wait=4", 4),
        ("wait=2, wait=9", 2),
        ('return="wait=50", wait=4', 4),
        ("wait=0", 0),
    ],
)
def test_the_wait_is_found_among_other_preferences(header: str, seconds: int) -> None:
    assert prefer.wait(header) == seconds


@pytest.mark.parametrize(
    "header", ["", "respond-async", "wait", "wait=", "wait=soon", "wait=-1", "wait=1.5", "wait=٣", ",,;="]
)
def test_what_cannot_be_read_is_ignored(header: str) -> None:
    assert prefer.wait(header) is None


@pytest.mark.parametrize("header", ["wait=61", "wait=99999999999999999999999"])
def test_nobody_waits_longer_than_the_published_maximum(header: str) -> None:
    assert prefer.wait(header) == prefer.WAIT_SECONDS
