"""Which rules speak of vanishing and which of exploding, so that tools with other names can be compared."""

from typing import Literal

Family = Literal["vanishing", "exploding"]

VANISHING = frozenset(
    {
        "vanishing-gradient", "vanishing-signal", "vanishing-through-time", "dead-units", "symmetric-units",
        "update-below-precision", "underflow", "no-gradient", "shattered-gradient",
    }
)  # fmt: skip
EXPLODING = frozenset(
    {
        "exploding-gradient", "exploding-signal", "exploding-through-time", "diverging-training", "gradient-spikes",
        "unbounded-objective", "non-finite-origin", "non-finite-gradient", "overflow", "learning-rate-too-high",
        "loss-reduction-scale",
    }
)  # fmt: skip
EITHER = frozenset({"saturated-activation"})
"""Weights or rates that are too large cause it, gradients that vanish follow from it: right in both families."""


def families_of(rules: frozenset[str]) -> frozenset[Family]:
    """The families that a set of rules speaks of."""
    vanishing = bool(rules & (VANISHING | EITHER))
    exploding = bool(rules & (EXPLODING | EITHER))
    names: tuple[tuple[Family, bool], ...] = (("vanishing", vanishing), ("exploding", exploding))
    return frozenset(name for name, there in names if there)
