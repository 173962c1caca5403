"""A penalty on the critic's slope in the place of clamped weights, or of nothing.

What it changes: a gradient_penalty and no weight_clip in the Wasserstein loss: 10, or 1 first where examples are a few
numbers. Rates meant for clamped weights are slow for it, so it is tried with Adam too.

When it helps: a critic without any constraint, whose scores grow for ever; one whose weights are clamped so small that
nothing passes through them.

When it does not: other losses; a critic that is sound under its clipping.

Source: Gulrajani et al. (2017), "Improved Training of Wasserstein GANs": 10 for images, less for points in a plane.
"""

from collections.abc import Iterator
from functools import partial
from math import prod

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table

FEW = 64
"""Numbers up to which an example is a point rather than a picture."""


@remedy(
    "use-gradient-penalty",
    answers={
        "vanishing-gradient": 4, "dead-units": 6, "diverging-training": 6, "exploding-gradient": 6,
        "exploding-signal": 6, "gradient-spikes": 6, "no-gradient": 6, "poor-initialization": 6,
        "saturated-activation": 6, "shattered-gradient": 6, "underflow": 6, "vanishing-signal": 6,
        "learning-rate-too-high": 7, "learning-rate-too-low": 7, "not-learning": 8,
        "unbounded-objective": 8,
    },
    pairs=("use-adaptive-optimizer", "raise-learning-rate"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """The usual weight, and a smaller one; that first where examples are a few numbers."""
    critic = (case.submission.networks or {}).get("critic")
    few = critic is not None and prod(critic.input.shape) <= FEW
    for place, weight in enumerate((1.0, 10.0) if few else (10.0, 1.0)):
        yield from case.offer(
            f"{weight:g}",
            f"A gradient penalty of weight {weight:g} holds the critic's slope near one, and nothing is clamped.",
            partial(_penalised, weight=weight),
            torch=f"loss = loss + {weight:g} * ((gradient.norm(2, dim=1) - 1) ** 2).mean()",
            keras="a GradientTape over real and made examples in train_step",
            later=2 * place,
        )


def _penalised(table: Table, weight: float) -> Table:
    if table.submission.training.loss.type != "Wasserstein":
        raise Impossible("there is no critic")
    return table.set("training.loss", gradient_penalty=weight, weight_clip=None)
