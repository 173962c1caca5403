"""Training what is not on disk yet: one process at a time by default, resumable, cheap to interrupt."""

import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.traces import CACHE, digest, is_kept, trace


def submissions(configurations: Iterable[Configuration]) -> list[Submission]:
    """Every submission and every fix, each once."""
    every = (one for item in configurations for one in (item.submission, item.fix))
    return list({digest(one): one for one in every}.values())


def gather(configurations: Sequence[Configuration], jobs: int = 1, cache: Path = CACHE) -> None:
    """See to it that all traces are on disk."""
    missing = [one for one in submissions(configurations) if not is_kept(one, cache)]
    began = time.monotonic()
    if jobs > 1:
        with ProcessPoolExecutor(jobs) as pool:
            for done, _ in enumerate(pool.map(_seen, missing, [cache] * len(missing)), start=1):
                _tell(done, len(missing), began)
        return
    for done, one in enumerate(missing, start=1):
        trace(one, cache)
        _tell(done, len(missing), began)


def _seen(submission: Submission, cache: Path) -> None:
    """Without the trace itself, which need not travel between processes."""
    trace(submission, cache)


def _tell(done: int, of: int, began: float) -> None:
    if done % 20 == 0 or done == of:
        left = (time.monotonic() - began) / done * (of - done)
        print(
            f"{done} of {of} submissions trained, about {left / 60:.0f} min left", file=sys.stderr, flush=True
        )
