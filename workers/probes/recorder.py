"""The observer of a training: probes the scheduled steps and gives out rows of statistics."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer

from service.schemas.order import RunOrder
from service.schemas.run import NonFinite
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from workers.probes.ledger import Ledger
from workers.probes.origin import find_origin
from workers.probes.probe import ProbedStep, Scene, Update, by_moment, families
from workers.probes.schedule import probed
from workers.probes.sheet import Reading, Sheet
from workers.probes.sites import PlannedNetwork, sites
from workers.probes.taps import Taps, watch_gradient


class Emit(Protocol):
    """Takes rows as they become ready; network rows may come in another order than their steps."""

    def __call__(
        self,
        *,
        layers: tuple[LayerStatistics, ...],
        network: tuple[NetworkStatistics, ...],
        time_profiles: tuple[TimeProfile, ...],
    ) -> None:
        """Send them on."""


class Recorder:
    """Implements `workers.training.observer.Observer`, whose docstrings say when each method is called.

    Between probed steps there are no hooks, and only loss and learning rate are kept. A probed step costs one
    transfer, read at the next probe: no step waits for the device. Every step gives one network row, exactly
    once; a step that is shown again gives what was not given before.
    """

    def __init__(
        self,
        networks: Mapping[str, PlannedNetwork],
        order: RunOrder,
        emit: Emit,
        *,
        ledger: Ledger | None = None,
        eager: bool | None = None,
    ) -> None:
        """`eager` (scalars are read at once, not at the next probe) follows from the device where left out."""
        parameters = [
            parameter
            for network in networks.values()
            for parameter in network.parameters()
            if parameter.requires_grad
        ]
        training = order.submission.training
        self._scene = Scene(sites(networks), tuple(parameters), training.precision)
        self._scaler_recovers = training.precision == "fp16" and training.loss_scale in (None, "dynamic")
        self._weighted = [site for site in self._scene.sites if site.weights]
        self._looking = by_moment([family(self._scene) for family in families()])
        self._taps = Taps(self._scene.sites, self._looking["output"], self._looking["output_gradient"])
        self._order = order
        self._emit = emit
        self._ledger = ledger or Ledger()
        self._eager = eager
        self._demanded = False
        self._step: ProbedStep | None = None
        self._sent: Sheet | None = None
        self._probed_steps: set[int] = set()
        self._given_steps: set[int] = set()
        self._first: NonFinite | None = None

    def attach(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Take the optimisers, whose state some probes read."""
        self._scene.optimizers = tuple(optimizers.values())

    def demand(self) -> None:
        """Probe the next step, whatever the schedule says."""
        self._demanded = True

    def begin(self, step: int) -> bool:
        """Install hooks where this step is probed."""
        self._drop_hooks()
        self._step = None
        thorough = self._demanded or probed(step, self._order.steps)
        if not thorough and not self._order.submission.probing.every_step:
            return False
        self._demanded = False
        on_cpu = all(parameter.is_cpu for parameter in self._scene.parameters)
        self._step = ProbedStep(Sheet(step), on_cpu if self._eager is None else self._eager, thorough)
        self._step.handles += self._taps.install(self._step)
        for probe in self._looking["before_forward"]:
            probe.before_forward(self._step)
        return True

    def after_forward(self, *, inputs: Tensor, loss: Tensor) -> None:
        """Look at the inputs, and wait for the gradient that arrives at `loss`: that is the loss scale."""
        if self._step is None:
            return
        for probe in self._looking["after_forward"]:
            probe.after_forward(self._step, inputs)
        if loss.requires_grad:
            watch_gradient(loss, self._step.take_loss_scale)

    def after_backward(self) -> None:
        """Look at the gradients of parameters; from here on the network is bare again."""
        self._drop_hooks()
        if self._step is None:
            return
        with torch.no_grad():
            for site in self._weighted:
                for probe in self._looking["weights_before"]:
                    probe.weights_before(self._step, site)
            for probe in self._looking["after_backward"]:
                probe.after_backward(self._step)

    def after_update(
        self,
        step: int,
        *,
        loss: Tensor,
        learning_rate: float,
        accuracy: Tensor | None,
        trivial_loss: float,
        clipped: Tensor | None,
        skipped: bool | None = None,
    ) -> None:
        """Close a probed step, or keep the loss of another; give out what is ready."""
        if self._step is None:
            if step not in self._given_steps:
                self._ledger.add(step, loss, learning_rate, skipped)
                self._give(network=self._ledger.due())
            return
        update = Update(loss.detach(), learning_rate, accuracy, trivial_loss, clipped, skipped)
        with torch.no_grad():
            for site in self._weighted:
                for probe in self._looking["weights_after"]:
                    probe.weights_after(self._step, site, update)
            for probe in self._looking["after_update"]:
                probe.after_update(self._step, update)
        self._ledger.drop(step)
        self._read_sent()
        eager, self._sent, self._step = self._step.eager, self._step.sheet, None
        self._sent.send()
        if eager:
            self._read_sent()

    def finish(self) -> NonFinite | None:
        """Give out what is left; the first non-finite place of all probed steps."""
        self._drop_hooks()
        self._read_sent()
        self._give(network=self._ledger.take())
        return self._first

    def _drop_hooks(self) -> None:
        if self._step is not None:
            for handle in self._step.handles:
                handle.remove()
            self._step.handles.clear()

    def _read_sent(self) -> None:
        """Give out the probed step whose numbers are on their way, and look whether it was the first to break."""
        if self._sent is None:
            return
        reading, self._sent = self._sent.read(), None
        found = find_origin([site.layer for site in self._scene.sites], reading)
        if (
            found
            and not self._recoverable(found, reading)
            and (self._first is None or found.step < self._first.step)
        ):
            self._first = found
        if reading.step in self._probed_steps:
            return
        self._probed_steps.add(reading.step)
        self._give(
            layers=tuple(
                LayerStatistics(depth=depth, step=reading.step, **statistics)
                for depth, statistics in sorted(reading.layers.items())
            ),
            network=(NetworkStatistics(step=reading.step, **reading.network),),
            time_profiles=reading.time_profiles,
        )

    def _recoverable(self, found: NonFinite, reading: Reading) -> bool:
        """Whether a scaler will skip this step and lower its scale, as it does at the start of every training."""
        return self._scaler_recovers and found.direction == "backward" and reading.loss_scale > 1

    def _give(
        self,
        *,
        layers: tuple[LayerStatistics, ...] = (),
        network: tuple[NetworkStatistics, ...] = (),
        time_profiles: tuple[TimeProfile, ...] = (),
    ) -> None:
        new = tuple(row for row in network if row.step not in self._given_steps)
        self._given_steps.update(row.step for row in new)
        if layers or new or time_profiles:
            self._emit(layers=layers, network=new, time_profiles=time_profiles)
