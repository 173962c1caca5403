"""Inputs between 0 and 1.

What it changes: data.preprocess: minmax, each feature by the training data's own smallest and largest value.

When it helps: raw pixels; features in thousands.

When it does not: features with outliers, which squeeze all others together; where the mean matters (standardise then);
faults of weights, loss and rate.

Source: common practice; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.inputs import prepared
from service.diagnosis.remedies.registry import remedy


@remedy(
    "rescale-input",
    answers={"input-scale": 20, "diverging-training": 46, "saturated-activation": 46, "not-learning": 56},
)
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "Every input feature is moved to the range from 0 to 1.",
        lambda table: prepared(table, "minmax"),
        torch="x = (x - x_train.amin(0)) / (x_train.amax(0) - x_train.amin(0))",
        keras="keras.layers.Rescaling(1 / 255)",
    )
