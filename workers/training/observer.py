"""What a training tells the one who watches it: the protocol between the loop and the probes."""

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor
from torch.optim import Optimizer

from service.schemas.run import NonFinite


class Observer(Protocol):
    """Called by the loop at fixed places of every step; `begin` decides whether a step is probed.

    Order: `attach` once; then for each step `begin`, where it is probed also `after_forward` and
    `after_backward`, and always `after_update`; `finish` once.

    When a loss turns out non-finite at a step that was not probed, the loop trains again from the same
    start and shows the observer only the step in question and the one before it: each with
    `demand`, `begin`, `after_forward`, `after_backward`, `after_update`. Those two steps may be ones that it has
    seen `after_update` of already, and then the second time counts where it knows more.
    """

    def attach(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Before the first step: the optimiser of each network, by the network's name.

        Called again with new optimisers (of the same parameters) before a step is shown again.
        """

    def demand(self) -> None:
        """Probe the next step that begins, whatever the schedule says."""

    def begin(self, step: int) -> bool:
        """Before the forward pass: install hooks where this step is probed; says whether it is."""

    def after_forward(self, *, inputs: Tensor, loss: Tensor) -> None:
        """Probed steps, before the backward pass; `loss` is what is differentiated, unscaled, without penalties.

        With loss scaling the gradients that flow backward are too large by the scale, which is exactly the
        gradient that arrives at `loss` (1 without scaling): a hook on `loss` reads it.
        """

    def after_backward(self) -> None:
        """Probed steps: parameters' gradients are there, unscaled and not yet clipped.

        Hooks are to be gone when this returns: an adversarial training runs the networks again before it
        says `after_update`.
        """

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
        """Every step, after the optimiser's; `loss` is detached and a mean over examples.

        `accuracy` and `clipped` are scalars on the device (no sync happened); `accuracy` is None where it makes
        no sense or the step is not probed, `clipped` where nothing clips, `skipped` (whether loss scaling left the
        step out) where losses are not scaled. `trivial_loss` is NaN where there is
        no constant prediction to compare with.
        """

    def finish(self) -> NonFinite | None:
        """After the last step: send what is left; the first non-finite place found, earliest step first."""
