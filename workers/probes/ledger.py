"""Steps that are not probed: what each says of itself, kept where it is and moved many at a time."""

import time
from collections.abc import Callable

from torch import Tensor

from service.schemas.statistics import NetworkStatistics
from workers.probes.numbers import Number, Transfer

_ROWS = 64
_SECONDS = 0.5
_KEPT = 2
"""Newest steps held back: the loop may show the last two again, to be probed this time."""

Rows = tuple[NetworkStatistics, ...]


class Ledger:
    """Collects steps and gives out rows when there are many, or when the last were given half a second ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given_at = clock()
        self._entries: dict[int, tuple[Number, float, bool | None]] = {}

    def add(self, step: int, loss: Tensor, learning_rate: float, skipped: bool | None = None) -> None:
        """Take a step's loss as it is, without waiting for it."""
        self._entries[step] = (loss.item() if loss.is_cpu else loss, learning_rate, skipped)

    def drop(self, step: int) -> None:
        """Forget a step: it is shown again and gets a fuller row."""
        self._entries.pop(step, None)

    def due(self) -> Rows:
        """Rows that are worth giving out now; none most of the time."""
        if len(self._entries) < _ROWS and self._clock() - self._given_at < _SECONDS:
            return ()
        return self.take(keep=_KEPT)

    def take(self, *, keep: int = 0) -> Rows:
        """All rows but the newest `keep`, in one transfer."""
        steps = list(self._entries)[: len(self._entries) - keep]
        entries = [self._entries.pop(step) for step in steps]
        losses = Transfer([loss for loss, _, _ in entries]).read()
        self._given_at = self._clock()
        return tuple(
            NetworkStatistics.model_validate(
                {"step": step, "loss": loss, "learning_rate": rate, "skipped": skipped}
            )
            for step, loss, (_, rate, skipped) in zip(steps, losses, entries, strict=True)
        )
