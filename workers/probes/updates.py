"""How far a step really moved the weights, whatever optimiser, clipping and decay made of the gradient."""

from functools import partial

import torch
from torch import Tensor

from workers.probes.numbers import Number
from workers.probes.probe import Probe, ProbedStep, Scene, Update, probe
from workers.probes.reading import norm_ratio, root_mean_square
from workers.probes.sheet import Statistics
from workers.probes.sites import Site
from workers.probes.values import Values


@probe
class Updates(Probe):
    """Weights are copied before the optimiser's step, into memory that is taken once and kept."""

    statistics = ("weight_rms", "update_ratio", "update_lost_share")

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._sites: list[tuple[Site, list[Tensor]]] = []

    def after_backward(self, step: ProbedStep) -> None:
        """Copy all weights."""
        del step
        if not self._sites:
            self._sites = [
                (site, [torch.empty_like(weight, requires_grad=False) for weight in site.weights])
                for site in self.scene.sites
                if site.weights
            ]
        copies = [copy for _, kept in self._sites for copy in kept]
        if copies:
            torch._foreach_copy_(copies, [weight.detach() for weight in self.scene.weights])

    def after_update(self, step: ProbedStep, update: Update) -> None:
        """Note the squares of the weights as they were, and of their change, which takes the copy's place."""
        for site, kept in self._sites:
            before = [Values(copy, eager=step.eager).sum_squares for copy in kept]
            torch._foreach_sub_(kept, [weight.detach() for weight in site.weights])
            change = [Values(copy, eager=step.eager).sum_squares for copy in kept]
            read = partial(_read, sum(copy.numel() for copy in kept))
            step.sheet.note(site.depth, "update", read, *before, *change)
            if not update.skipped:
                _note_lost(step, site, kept)


def _note_lost(step: ProbedStep, site: Site, changes: list[Tensor]) -> None:
    """Note how many weights have a gradient, and how many of those did not change."""
    pairs = [
        (weight.grad, change)
        for weight, change in zip(site.weights, changes, strict=True)
        if weight.grad is not None
    ]
    if pairs:
        called = [gradient.count - gradient.zeros for gradient in step.gradients(site)]
        lost = [_lost(gradient, change, eager=step.eager) for gradient, change in pairs]
        step.sheet.note(site.depth, "lost", _read_lost, *called, *lost)


def _lost(gradient: Tensor, change: Tensor, *, eager: bool) -> Number:
    """How many elements have a gradient and no change; most of the time every weight has changed."""
    if eager and change.count_nonzero().item() == change.numel():
        return 0.0
    lost = (gradient.bool() & (change == 0)).sum()
    return float(lost.item()) if eager else lost


def _read_lost(*counts: float) -> Statistics:
    half = len(counts) // 2
    called, lost = sum(counts[:half]), sum(counts[half:])
    return {"update_lost_share": lost / called if called else None}


def _read(count: int, *squares: float) -> Statistics:
    half = len(squares) // 2
    before, change = sum(squares[:half]), sum(squares[half:])
    return {"weight_rms": root_mean_square(before, count), "update_ratio": norm_ratio(change, before)}
