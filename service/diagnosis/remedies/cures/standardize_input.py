"""Inputs with mean 0 and variance 1, each feature by the training data's own statistics.

What it changes: data.preprocess: standardize.

When it helps: raw pixels, features in thousands or thousandths, columns of very different size (five of five).

When it does not: data that are in proportion already; faults of weights, loss and rate. Tokens have no scale.

Source: LeCun et al. (1998), "Efficient BackProp"; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.inputs import prepared
from service.diagnosis.remedies.registry import remedy


@remedy(
    "standardize-input",
    answers={
        "input-scale": 8, "not-learning": 26, "diverging-training": 30, "dead-units": 34,
        "gradient-spikes": 34, "saturated-activation": 34, "missing-bias": 40, "oscillating-loss": 40,
        "overflow": 40, "non-finite-origin": 42, "learning-rate-too-high": 46, "exploding-signal": 48,
        "learning-rate-too-low": 60, "vanishing-signal": 60, "poor-initialization": 62,
        "vanishing-gradient": 78, "symmetric-units": 84,
    },
    pairs=("lower-learning-rate", "use-adaptive-optimizer", "reinitialize"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "Every input feature gets mean 0 and variance 1.",
        lambda table: prepared(table, "standardize"),
        torch="x = (x - x_train.mean(0)) / x_train.std(0)",
        keras="norm = keras.layers.Normalization(); norm.adapt(x_train)",
    )
