"""Attention that always sees something.

What it changes: a mask that leaves a step nothing to look at (all, strict_causal) becomes causal, or is taken away: a
softmax over nothing is NaN.

When it helps: NaN from the first step in attention, with finite inputs and weights.

When it does not: NaN that large numbers make; other layers.

Source: the definition of softmax; torch issue reports on fully masked rows.
"""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table

BLIND = ("all", "strict_causal")


@remedy(
    "mask-safely",
    answers={"non-finite-gradient": 6, "non-finite-origin": 6, "no-gradient": 10, "not-learning": 12},
)
def propose(case: Case) -> Iterator[Proposal]:
    """Causal, as most masks are, then without any."""
    masks = {_mask(case.table, layer.depth) for layer in case.table.layers if layer.family == "attention"}
    for place, mask in enumerate(("causal", "none") if masks & set(BLIND) else ()):
        yield from case.offer(
            mask,
            "Every step of attention sees at least itself."
            if mask == "causal"
            else "Attention is not masked.",
            partial(_seeing, mask=mask),
            torch="mask = torch.triu(torch.ones(t, t, dtype=torch.bool), diagonal=1)  # True is hidden",
            keras="MultiHeadAttention(...)(x, x, use_causal_mask=True)",
            later=place,
        )


def _seeing(table: Table, mask: str) -> Table:
    found = [
        layer for layer in table.layers if layer.family == "attention" and _mask(table, layer.depth) in BLIND
    ]
    if not found:
        raise Impossible("no step is blind")
    return table.argued(found, mask=mask)


def _mask(table: Table, depth: int) -> object:
    layer = table.everything[depth]
    return table.structure.argument(layer, "mask", default="none")
