"""Regression targets with mean 0 and variance 1.

What it changes: data.target_preprocess: standardize; predictions are scaled back where they are used. Losses are then
in other units, so trial and control are compared by their skill against the best constant prediction.

When it helps: prices, scores, counts: targets far from the 0 ± 1 that a fresh network answers.

When it does not: classes, which have no scale; targets that are in proportion.

Source: LeCun et al. (1998), "Efficient BackProp"; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.mismatches.base import NUMBERS
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "scale-targets",
    answers={
        "target-scale": 8, "not-learning": 22, "diverging-training": 26, "attenuated-loss-gradient": 30,
        "gradient-spikes": 36, "learning-rate-too-high": 40, "loss-reduction-scale": 40,
        "output-loss-mismatch": 40, "dead-units": 42, "learning-rate-too-low": 44, "oscillating-loss": 44,
        "exploding-signal": 52,
    },
    pairs=("use-adaptive-optimizer",),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way, for real targets."""
    yield from case.offer(
        "",
        "The targets get mean 0 and variance 1.",
        _scaled,
        torch="y = (y - y_train.mean(0)) / y_train.std(0)",
        keras="y = (y - y_train.mean(0)) / y_train.std(0)",
    )


def _scaled(table: Table) -> Table:
    target = table.structure.target
    if target is None or target.kind != "real" or table.submission.training.loss.type not in NUMBERS:
        raise Impossible("the targets have no scale")
    if table.submission.data is not None and table.submission.data.target_preprocess != "none":
        raise Impossible("they are scaled already")
    if table.submission.data is None:
        return table.set("data", source="synthetic", target_preprocess="standardize")
    return table.set("data", target_preprocess="standardize")
