"""Shortcuts around hidden layers, so that gradients have a way past them.

What it changes: each hidden layer's input is added to what it gives: with a normalisation at the start of each branch;
plainly; or before the activation with a batch norm whose gain begins at zero, so that the network begins as a shallow
one (zero-gamma). Where shapes differ a projection without bias stands in for the identity.

When it helps: depth itself: deep sigmoids (five of five), plain stacks whose gradients are noise, batch norm in depth.

When it does not: a plain sum over dozens of rectifiers without norm or zero-gamma, which doubles the signal at every
layer; faults of loss, data and rate; shallow networks.

Source: He et al. (2016); Goyal et al. (2017) for zero-gamma; Balduzzi et al. (2017); measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.anatomy import dominant, maps
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.items import SATURATING
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.shortcuts import Style, bridged
from service.diagnosis.remedies.table import Table

DEEP = 14
"""Maps from which on sound weights alone are seldom enough."""
TORCH = {
    "norm": "x = x + activation(layer(norm(x)))",
    "plain": "x = x + activation(layer(x))",
    "zero-gamma": "x = relu(x + bn(layer(x))), with nn.init.zeros_(bn.weight)",
}
KERAS = {
    "norm": "x = Add()([x, Dense(n, activation)(LayerNormalization()(x))])",
    "plain": "x = Add()([x, Dense(n, activation)(x)])",
    "zero-gamma": 'x = ReLU()(Add()([x, BatchNormalization(gamma_initializer="zeros")(Dense(n)(x))]))',
}


@remedy(
    "add-residual",
    answers={
        "exploding-gradient": 10, "shattered-gradient": 10, "vanishing-gradient": 10,
        "vanishing-signal": 14, "poor-initialization": 32, "no-gradient": 38, "dead-units": 40,
        "exploding-signal": 40, "saturated-activation": 40, "underflow": 42, "not-learning": 48,
        "learning-rate-too-high": 56, "symmetric-units": 74, "learning-rate-too-low": 77,
    },
    pairs=("reinitialize", "use-adaptive-optimizer", "lower-learning-rate"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """With a norm in each branch, plainly, and with branches that begin at zero."""
    if len(maps(case.table)) < 4:
        return
    kind = dominant(case.table)
    sooner = -14 if case.finding.rule == "poor-initialization" and len(maps(case.table)) > DEEP else 0
    yield from case.offer(
        "zero-gamma",
        "Each hidden layer's input is added before its activation, beside a batch norm whose gain begins at zero.",
        _gated,
        torch=TORCH["zero-gamma"],
        keras=KERAS["zero-gamma"],
        later=sooner + (0 if kind not in SATURATING else 40),
    )
    yield from case.offer(
        "norm",
        "Each hidden layer's input is added to its output, with a normalisation at the start of the branch.",
        lambda table: bridged(table, Style(norm="LayerNorm")),
        torch=TORCH["norm"],
        keras=KERAS["norm"],
        later=sooner + 1,
    )
    yield from case.offer(
        "plain",
        "Each hidden layer's input is added to its output.",
        lambda table: bridged(table, Style()),
        torch=TORCH["plain"],
        keras=KERAS["plain"],
        later=sooner + (2 if kind in SATURATING else 6),
    )


def _gated(table: Table) -> Table:
    """Sums before the activation; the batch norm at the end of each branch begins at zero."""
    before = {layer.name for layer in table.layers}
    found = bridged(table, Style(where="before-activation", gated=True))
    ends = [
        found.everything[depth]
        for layer in found.layers
        if layer.type == "add" and layer.name not in before
        for depth in layer.inputs
        if depth >= 0 and found.everything[depth].type.startswith("BatchNorm")
    ]
    if not ends:
        raise Impossible("no branch ends in a batch norm")
    names = {_pattern(layer.name) for layer in ends}
    kinds = sorted({layer.type for layer in ends})
    return found.with_init(*({"match": name, "layer": kinds, "weight": "zeros"} for name in sorted(names)))


def _pattern(name: str) -> str:
    """One glob for all times of a repeat."""
    return ".".join("*" if part.isdigit() else part for part in name.split("."))
