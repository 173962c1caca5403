"""How many runs a worker does at a time, and which device each of them gets."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue

MOST_CPU_SLOTS = 8


@dataclass(frozen=True)
class Slot:
    """A place for one run."""

    number: int
    device: str
    """As the child sees it: `cpu` or `cuda:0`."""
    gpu: str | None = None
    """The value of CUDA_VISIBLE_DEVICES that shows the child its GPU and no other."""


class Slots:
    """The places of one worker; taken by threads, each by one at a time."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = tuple(slots)
        self._free: SimpleQueue[Slot] = SimpleQueue()
        for slot in slots:
            self._free.put(slot)

    def __len__(self) -> int:
        """Runs at a time."""
        return len(self._slots)

    @contextmanager
    def take(self) -> Iterator[Slot]:
        """A free slot for the length of a block; waits for one."""
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)


def arrange(device: str, wanted: int | None, gpus: int, environment: Mapping[str, str]) -> tuple[Slot, ...]:
    """The slots of a worker that sees so many GPUs; a GPU that is named but not there is the child's to report."""
    if device == "cpu" or (device == "auto" and gpus == 0):
        return tuple(Slot(number, "cpu") for number in range(wanted or _cores()))
    visible = environment.get("CUDA_VISIBLE_DEVICES", "")
    names = (
        [name.strip() for name in visible.split(",")] if visible else [str(index) for index in range(gpus)]
    )
    if ":" in device:
        index = int(device.partition(":")[2])
        names = names[index : index + 1]
    if not names:
        return tuple(Slot(number, device) for number in range(wanted or 1))
    count = wanted or len(names)
    return tuple(Slot(number, "cuda:0", names[number % len(names)]) for number in range(count))


def _cores() -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, MOST_CPU_SLOTS)
