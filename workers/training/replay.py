"""Training again from the same start, to see a step that nobody watched the first time."""

from collections.abc import Mapping

from torch import Tensor, nn
from torch.optim import Optimizer

from service.schemas.run import NonFinite
from workers.training.observer import Observer


class Start:
    """The state of networks before their first step; costs one copy of their weights."""

    def __init__(self, networks: Mapping[str, nn.Module]) -> None:
        self._networks = networks
        self._states = {
            name: {key: value.detach().clone() for key, value in network.state_dict().items()}
            for name, network in networks.items()
        }

    def restore(self) -> None:
        """Put the networks back to it."""
        for name, network in self._networks.items():
            network.load_state_dict(self._states[name])
            network.zero_grad()


class Spotlight:
    """An observer that watches some steps only, each of them probed, through the eyes of another."""

    def __init__(self, observer: Observer, steps: frozenset[int]) -> None:
        self._observer = observer
        self._steps = steps

    def attach(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Pass the new optimisers on."""
        self._observer.attach(optimizers)

    def demand(self) -> None:
        """Pass the demand on."""
        self._observer.demand()

    def begin(self, step: int) -> bool:
        """Whether this is one of the steps; each is probed."""
        if step not in self._steps:
            return False
        self._observer.demand()
        return self._observer.begin(step)

    def after_forward(self, *, inputs: Tensor, loss: Tensor) -> None:
        """Happens only at one of the steps."""
        self._observer.after_forward(inputs=inputs, loss=loss)

    def after_backward(self) -> None:
        """Happens only at one of the steps."""
        self._observer.after_backward()

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
        """Keep all other steps to itself: they were told the first time."""
        if step in self._steps:
            self._observer.after_update(
                step,
                loss=loss,
                learning_rate=learning_rate,
                accuracy=accuracy,
                trivial_loss=trivial_loss,
                clipped=clipped,
                skipped=skipped,
            )

    def finish(self) -> NonFinite | None:
        """Pass it on."""
        return self._observer.finish()
