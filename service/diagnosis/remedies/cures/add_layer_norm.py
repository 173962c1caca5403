"""A layer normalisation behind each hidden linear layer, convolution and recurrent layer.

What it changes: a LayerNorm between each hidden map and its activation, and behind layers that give a sequence.

When it helps: small or large weights under rectifiers and tanh; small batches and sequences, where a batch norm cannot.

When it does not: deep sigmoids (none of four): it brings each example to scale and leaves them as alike as they were;
faults of loss, data or rate.

Source: Ba, Kiros and Hinton (2016); measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.norms import normalized
from service.diagnosis.remedies.registry import remedy


@remedy(
    "add-layer-norm",
    answers={
        "vanishing-signal": 26, "exploding-signal": 28, "poor-initialization": 30,
        "saturated-activation": 30, "input-scale": 34, "exploding-through-time": 40, "dead-units": 44,
        "exploding-gradient": 44, "not-learning": 46, "underflow": 46, "learning-rate-too-high": 54,
        "vanishing-through-time": 60, "shattered-gradient": 72, "vanishing-gradient": 72,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way: everywhere."""
    yield from case.offer(
        "",
        "A layer normalisation comes between each hidden layer and its activation.",
        lambda table: normalized(table, "LayerNorm"),
        torch="nn.Sequential(nn.Linear(n, n), nn.LayerNorm(n), activation)",
        keras='Dense(n); LayerNormalization(); Activation("...")',
    )
