"""Sick networks that no remedy has seen: other data, layers, optimisers and sizes than in the corpus.

They were written down, trained and labelled before any remedy was tried on them: each is sick by its outcome, and its
textbook fix heals it.
"""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.remedies.unseen import (
    attention,
    beginnings,
    bits,
    courses,
    depth,
    games,
    magnitudes,
    memory,
    outputs,
    rates,
)

FAMILIES = (depth, beginnings, outputs, magnitudes, rates, courses, memory, attention, bits, games)


def configurations() -> Iterator[Configuration]:
    """All of them, by family of fault."""
    for family in FAMILIES:
        yield from family.configurations()
