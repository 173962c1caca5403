"""Memory: seen from outside, limited from inside."""

import os
import subprocess
import sys

import pytest

from workers.memory import held_bytes

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux says in /proc what a process holds"
)

GREEDY = """
from workers.memory import forbid_core_dumps, limit_own
import resource
forbid_core_dumps()
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
limit_own(50_000_000)
small = b"x" * 20_000_000
try:
    large = b"x" * 60_000_000
except MemoryError:
    print("refused")
"""


def test_what_a_process_takes_shows() -> None:
    before = held_bytes(os.getpid())
    taken = b"x" * 30_000_000
    after = held_bytes(os.getpid())

    assert before is not None
    assert after is not None
    assert 25_000_000 < after - before < 60_000_000
    assert len(taken) == 30_000_000


def test_a_process_that_is_gone_holds_nothing_that_is_known() -> None:
    assert held_bytes(2**22 + 1) is None


def test_allocations_over_the_limit_are_refused_and_those_under_it_are_not() -> None:
    done = subprocess.run([sys.executable, "-c", GREEDY], capture_output=True, text=True)

    assert done.stdout == "refused\n", done.stderr
