"""Whether the examples of a batch pull a layer the same way: gradients that decorrelate with depth are noise.

After Balduzzi et al. (2017), "The Shattered Gradients Problem": with g the gradient of one example,
coherence = |mean g|² / mean |g|², which is 1 where all agree and 1/batch where they are unrelated.
"""

from functools import partial

from workers.probes.probe import Probe, ProbedStep, probe
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values


@probe
class Coherence(Probe):
    """At fully watched layers; the loss scale is a factor of both parts and falls out."""

    statistics = ("output_gradient_coherence",)

    def output_gradient(self, step: ProbedStep, site: Site, values: Values) -> None:
        """Note the square of the batch's mean and the squares around it."""
        if site.full:
            moments = values.batch_moments
            step.sheet.note(
                site.depth,
                "coherence",
                partial(_read, moments.examples),
                moments.squares_of_means,
                moments.squared_deviations,
            )


def _read(examples: int, squares_of_means: float, squared_deviations: float) -> Statistics:
    common = examples * squares_of_means
    total = common + squared_deviations
    return {"output_gradient_coherence": common / total if total else None}
