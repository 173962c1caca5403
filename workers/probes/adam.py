"""How much of an Adam-like optimiser's step is ruled by its eps instead of the gradient's own size."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, Update, probe
from workers.probes.sheet import Statistics
from workers.probes.values import Values

Moments = tuple[Mapping[str, Tensor], Mapping[str, Any]]
"""An optimiser's state of one parameter, and the options of the parameter's group."""


@probe
class AdamEpsilon(Probe):
    """Adam, AdamW, NAdam and RAdam: √v̂ < eps is v < eps² (1 - β₂ᵗ), without a root or a division."""

    statistics = ("adam_epsilon_share",)

    def after_update(self, step: ProbedStep, update: Update) -> None:
        """Note the count of small second moments of each layer that has any."""
        del update
        moments = self._moments()
        for site in self.scene.sites:
            found = [(weight, moments[weight]) for weight in site.weights if weight in moments]
            if found:
                counts = [_small(*of_weight, eager=step.eager) for _, of_weight in found]
                read = partial(_read, sum(weight.numel() for weight, _ in found))
                step.sheet.note(site.depth, "adam epsilon", read, *counts)

    def _moments(self) -> dict[nn.Parameter, Moments]:
        """Second moments by parameter; none before the first step that was not skipped."""
        return {
            parameter: (optimizer.state[parameter], group)
            for optimizer in self.scene.optimizers
            for group in optimizer.param_groups
            if "betas" in group and "eps" in group
            for parameter in group["params"]
            if "exp_avg_sq" in optimizer.state.get(parameter, {})
        }


def _small(state: Mapping[str, Tensor], group: Mapping[str, Any], *, eager: bool) -> Number:
    """How many v are below eps² (1 - β₂ᵗ); the step count stays on the device where it lives there."""
    second = state["max_exp_avg_sq"] if group.get("amsgrad") else state["exp_avg_sq"]
    taken = state["step"].item() if eager or state["step"].is_cpu else state["step"]
    limit = group["eps"] ** 2 * (1 - group["betas"][1] ** taken)
    return Values(second, eager=eager).below(limit)


def _read(count: int, *counts: float) -> Statistics:
    return {"adam_epsilon_share": sum(counts) / count}
