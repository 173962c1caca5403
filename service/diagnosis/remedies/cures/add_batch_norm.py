"""A batch normalisation behind each hidden linear layer and convolution.

What it changes: a BatchNorm of the layer's own rank between each hidden map and its activation, unless one is there.

When it helps: signals that shrink or grow from layer to layer, whatever made them so: small weights, deep sigmoids,
inputs out of scale.

When it does not: very deep stacks without shortcuts, where its own gradient grows by about 1.2 for each layer; tiny
batches; recurrent layers and sequences (a layer normalisation is for these); any fault of loss or rate.

Source: Ioffe and Szegedy (2015); Yang et al. (2019) for its explosion in depth; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.anatomy import hidden
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.norms import normalized
from service.diagnosis.remedies.registry import remedy


@remedy(
    "add-batch-norm",
    answers={
        "vanishing-signal": 12, "vanishing-gradient": 14, "saturated-activation": 22,
        "exploding-signal": 24, "poor-initialization": 26, "input-scale": 30, "dead-units": 36,
        "no-gradient": 36, "not-learning": 36, "underflow": 44, "exploding-gradient": 46,
        "learning-rate-too-high": 50, "symmetric-units": 50, "shattered-gradient": 60, "target-scale": 75,
        "learning-rate-too-low": 76, "output-loss-mismatch": 76,
    },
    pairs=("reinitialize",),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way: everywhere; sooner in convolutional networks, which new weights alone seldom bring far."""
    images = any(layer.family == "convolution" for layer in hidden(case.table))
    yield from case.offer(
        "",
        "A batch normalisation comes between each hidden layer and its activation.",
        lambda table: normalized(table, "BatchNorm"),
        torch="nn.Sequential(nn.Linear(n, n), nn.BatchNorm1d(n), activation)",
        keras='Dense(n, use_bias=False); BatchNormalization(); Activation("...")',
        later=-14 if images and case.finding.rule == "poor-initialization" else 0,
    )
