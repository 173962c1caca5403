"""How much of an Adam-like optimiser's step is ruled by its eps instead of the gradient's own size."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, Scene, Update, probe
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values

Moments = tuple[Mapping[str, Tensor], Mapping[str, Any]]
"""An optimiser's state of one parameter, and the options of the parameter's group."""


@probe
class AdamEpsilon(Probe):
    """Adam, AdamW, NAdam and RAdam: √v̂ < eps is v < eps² (1 - β₂ᵗ), without a root or a division."""

    statistics = ("adam_epsilon_share",)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._optimizers: tuple[Optimizer, ...] = ()
        self._groups: dict[nn.Parameter, tuple[Optimizer, dict[str, Any]]] = {}

    def weights_after(self, step: ProbedStep, site: Site, update: Update) -> None:
        """Note the count of small second moments, if the optimiser has any (none after a skipped first step)."""
        del update
        found = [(weight, moments) for weight in site.weights if (moments := self._moments(weight))]
        if found:
            counts = [_small(*moments, eager=step.eager) for _, moments in found]
            read = partial(_read, sum(weight.numel() for weight, _ in found))
            step.sheet.note(site.depth, "adam epsilon", read, *counts)

    def _moments(self, weight: nn.Parameter) -> Moments | None:
        """Optimiser state and options of one weight, where they are of Adam's kind."""
        if self._optimizers is not self.scene.optimizers:
            self._optimizers = self.scene.optimizers
            self._groups = {
                parameter: (optimizer, group)
                for optimizer in self._optimizers
                for group in optimizer.param_groups
                if "betas" in group and "eps" in group
                for parameter in group["params"]
            }
        if weight not in self._groups:
            return None
        optimizer, group = self._groups[weight]
        state = optimizer.state.get(weight, {})
        return (state, group) if "exp_avg_sq" in state else None


def _small(state: Mapping[str, Tensor], group: Mapping[str, Any], *, eager: bool) -> Number:
    """How many v are below eps² (1 - β₂ᵗ); the step count stays on the device where it lives there."""
    second = state["max_exp_avg_sq"] if group.get("amsgrad") else state["exp_avg_sq"]
    taken = state["step"].item() if eager or state["step"].is_cpu else state["step"]
    limit = group["eps"] ** 2 * (1 - group["betas"][1] ** taken)
    return Values(second, eager=eager).below(limit)


def _read(count: int, *counts: float) -> Statistics:
    return {"adam_epsilon_share": sum(counts) / count}
