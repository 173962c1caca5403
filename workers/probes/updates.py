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
        self._copies: dict[int, list[Tensor]] = {}
        self._squares: dict[int, list[Number]] = {}

    def weights_before(self, step: ProbedStep, site: Site) -> None:
        """Copy the weights, and keep their squares."""
        if site.depth not in self._copies:
            self._copies[site.depth] = [torch.empty_like(weight.detach()) for weight in site.weights]
        for copy, weight in zip(self._copies[site.depth], site.weights, strict=True):
            copy.copy_(weight)
        self._squares[site.depth] = [step.weight(weight).sum_squares for weight in site.weights]

    def weights_after(self, step: ProbedStep, site: Site, update: Update) -> None:
        """Note the squares of the weights as they were, and of their change, which takes the copy's place."""
        pairs = zip(self._copies[site.depth], site.weights, strict=True)
        changes = [Values(copy.sub_(weight), eager=step.eager) for copy, weight in pairs]
        squares = (*self._squares[site.depth], *(change.sum_squares for change in changes))
        read = partial(_read, sum(change.count for change in changes))
        step.sheet.note(site.depth, "update", read, *squares)
        if step.thorough and not update.skipped:
            _note_lost(step, site, changes)


def _note_lost(step: ProbedStep, site: Site, changes: list[Values]) -> None:
    """Note how many weights have a gradient, and how many of those changed."""
    pairs = [
        (gradient, change)
        for weight, change in zip(site.weights, changes, strict=True)
        if (gradient := step.gradient(weight)) is not None
    ]
    if pairs:
        called = [gradient.count - gradient.zeros for gradient, _ in pairs]
        changed = [_changed(*pair) for pair in pairs]
        step.sheet.note(site.depth, "lost", _read_lost, *called, *changed)


def _changed(gradient: Values, change: Values) -> Number:
    """How many elements have a gradient and a change; most of the time every weight has a gradient."""
    if change.eager and gradient.zeros == 0:
        return change.count - change.zeros
    return change.nonzero_with(gradient)


def _read_lost(*counts: float) -> Statistics:
    half = len(counts) // 2
    called, changed = sum(counts[:half]), sum(counts[half:])
    return {"update_lost_share": 1 - changed / called if called else None}


def _read(count: int, *squares: float) -> Statistics:
    half = len(squares) // 2
    before, change = sum(squares[:half]), sum(squares[half:])
    return {"weight_rms": root_mean_square(before, count), "update_ratio": norm_ratio(change, before)}
