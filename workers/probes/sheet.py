"""What was measured at one step: numbers on their way, and how each becomes a statistic once it is read."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from service.schemas.statistics import TimeProfile
from workers.probes.numbers import Number, Transfer

Statistics = dict[str, float | None]
Reader = Callable[..., Statistics | TimeProfile]
"""Takes the noted numbers as floats, in their order."""


@dataclass(frozen=True)
class Reading:
    """A sheet that has been read: statistics by name, per depth and for the network."""

    step: int
    layers: dict[int, Statistics]
    network: Statistics
    time_profiles: tuple[TimeProfile, ...]
    loss_scale: float
    executed: tuple[int, ...]
    """Depths in the order in which they ran (the use that was noted)."""


class Sheet:
    """One probed step's numbers; what is noted again under the same name replaces what was there."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.loss_scale: Number = 1.0
        """By how much the gradients that flow backward are too large."""
        self.executed: dict[int, None] = {}
        self._notes: dict[tuple[int | None, str], tuple[Reader, tuple[Number, ...]]] = {}
        self._transfer: Transfer | None = None

    def ran(self, depth: int) -> None:
        """A layer was used, for the first time or again."""
        self.executed.pop(depth, None)
        self.executed[depth] = None

    def note(self, depth: int | None, name: str, read: Reader, *numbers: Number) -> None:
        """Take `numbers` of a layer (of the network where `depth` is None) for `read` to turn into statistics."""
        self._notes[depth, name] = (read, numbers)

    def send(self) -> None:
        """Start the one transfer of this step."""
        noted = [number for _, numbers in self._notes.values() for number in numbers]
        self._transfer = Transfer([self.loss_scale, *noted])

    def read(self) -> Reading:
        """The statistics; waits for the transfer where `send` has only just been called."""
        if self._transfer is None:
            raise RuntimeError("a sheet is read before it is sent")
        scale, *floats = self._transfer.read()
        layers: dict[int, Statistics] = defaultdict(dict)
        network: Statistics = {}
        profiles = []
        start = 0
        for (depth, _), (read, numbers) in self._notes.items():
            result = read(*floats[start : start + len(numbers)])
            start += len(numbers)
            if isinstance(result, TimeProfile):
                profiles.append(result)
            else:
                (network if depth is None else layers[depth]).update(result)
        return Reading(self.step, dict(layers), network, tuple(profiles), scale, tuple(self.executed))
