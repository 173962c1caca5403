"""How a training went: its losses, where it went non-finite, and the outcome that is kept of it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from service.schemas.order import RunOrder
from service.schemas.run import NonFinite, Outcome, StopReason
from workers.device import describe, engine

_CHECKED_EVERY = 16
_LATE = 0.9


Settled = Callable[[Sequence[float], float], bool]
"""Asked after each probed step with the losses so far and the trivial loss: whether to end there."""


class Course:
    """The record of one training; on a GPU it waits for numbers only at probed and at every sixteenth steps."""

    def __init__(
        self,
        steps: int,
        device: torch.device,
        trivial_loss: float = math.nan,
        settled: Settled | None = None,
    ) -> None:
        self.losses: list[float] = []
        self.trivial_loss = trivial_loss
        self.has_settled = False
        """Whether the training was ended because more of it would not change what is said of it."""
        self.sample_skill: float | None = None
        """How good a generator's samples were at the end."""
        self.first_nonfinite: int | None = None
        """Step of the first loss that is NaN or infinite."""
        self._settled = settled
        self._late = int(steps * _LATE)
        self._every = 1 if device.type == "cpu" else _CHECKED_EVERY
        self._pending: list[Tensor] = []
        self._accuracies: list[Tensor] = []
        self._last_accuracy: Tensor | None = None
        self._probed: set[int] = set()

    def is_late(self, step: int) -> bool:
        """Whether the step counts for the final accuracy."""
        return step >= self._late

    def note(self, step: int, loss: Tensor, accuracy: Tensor | None, *, probed: bool) -> bool:
        """Keep what a step gave (detached scalars); False when the training is to end with it.

        That is when a loss was found that is not finite, or at a probed step when the verdict has settled.
        """
        self._pending.append(loss)
        if accuracy is not None:
            self._last_accuracy = accuracy
            if self.is_late(step):
                self._accuracies.append(accuracy)
        if probed:
            self._probed.add(step)
        if probed or len(self._pending) >= self._every:
            self.settle()
        if probed and self.first_nonfinite is None and self._settled is not None:
            self.has_settled = self._settled(self.losses, self.trivial_loss)
        return self.first_nonfinite is None and not self.has_settled

    def settle(self) -> None:
        """Fetch the losses that were not looked at yet, up to the first that is not finite."""
        fetched = [loss.item() for loss in self._pending] if self._every == 1 else _together(self._pending)
        self._pending.clear()
        for loss in fetched if self.first_nonfinite is None else ():
            self.losses.append(loss)
            if not math.isfinite(loss):
                self.first_nonfinite = len(self.losses) - 1
                return

    def suspects(self) -> frozenset[int]:
        """Steps in which the non-finite value may have come up, where not all of them were probed.

        A loss goes NaN by its own forward pass, or by weights that the backward pass before it spoilt.
        """
        if self.first_nonfinite is None:
            return frozenset()
        steps = {max(0, self.first_nonfinite - 1), self.first_nonfinite}
        return frozenset() if steps <= self._probed else frozenset(steps)

    def accuracy(self) -> float | None:
        """Mean over the last tenth of the steps; of a training that settled sooner, at its last probe.

        None where it makes no sense, or where the training broke off.
        """
        if self.has_settled and not self._accuracies and self._last_accuracy is not None:
            return float(self._last_accuracy)
        return float(torch.stack(self._accuracies).mean()) if self._accuracies else None


def outcome(
    course: Course,
    order: RunOrder,
    networks: Mapping[str, nn.Module],
    place: NonFinite | None,
    device: torch.device,
    seconds: float,
) -> Outcome:
    """What is kept of a training."""
    losses = course.losses
    last = _mean(losses[-max(1, math.ceil(len(losses) / 10)) :])
    trivial = course.trivial_loss
    return Outcome(
        steps_run=len(losses),
        stopped=_stop_reason(course, order, networks),
        first_loss=losses[0] if losses else None,
        last_loss=last,
        best_loss=min((loss for loss in losses if not math.isnan(loss)), default=None),
        trivial_loss=None if math.isnan(trivial) else trivial,
        skill=1 - last / trivial if last is not None and trivial > 0 else None,
        accuracy=course.accuracy(),
        sample_skill=course.sample_skill,
        first_nonfinite=place,
        device=describe(device),
        engine=engine(),
        seconds=seconds,
    )


def _stop_reason(course: Course, order: RunOrder, networks: Mapping[str, nn.Module]) -> StopReason:
    if course.first_nonfinite is not None or not all(_is_finite(network) for network in networks.values()):
        return "non-finite"
    if course.has_settled:
        return "settled"
    return "planned" if order.steps >= order.planned_steps else "budget"


def _is_finite(network: nn.Module) -> bool:
    return all(bool(torch.isfinite(parameter.detach()).all()) for parameter in network.parameters())


def _together(losses: list[Tensor]) -> list[float]:
    values: list[float] = torch.stack(losses).tolist() if losses else []
    return values


def _mean(values: Iterable[float]) -> float | None:
    kept = list(values)
    return sum(kept) / len(kept) if kept else None
