"""The corpus: every configuration, by family of fault."""

from functools import cache

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus import (
    adversaries,
    depth,
    images,
    initialization,
    outputs,
    precisions,
    rare,
    rates,
    scales,
    sequences,
    unseen,
)

SEEN = (depth, initialization, images, sequences, outputs, scales, rates, precisions, adversaries, rare)
FAMILIES = (*SEEN, unseen)


@cache
def corpus() -> tuple[Configuration, ...]:
    """All configurations; names are unique."""
    found = tuple(configuration for family in FAMILIES for configuration in family.configurations())
    names = [configuration.name for configuration in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"configurations with the same name: {', '.join(sorted(twice))}")
    return found
