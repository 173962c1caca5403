"""Programs that no rule has seen: other data, layers, optimisers, widths and depths than in the rest of the corpus.

They were written down, trained and labelled before any rule was asked about them (`split.json` says which they are).
"""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.unseen import (
    begun,
    bits,
    deep,
    endings,
    everyday,
    games,
    memory,
    sizes,
    steps,
)

FAMILIES = (deep, begun, memory, endings, sizes, steps, bits, games, everyday)


def configurations() -> Iterator[Configuration]:
    """All of them, by family of fault."""
    for family in FAMILIES:
        yield from family.configurations()
