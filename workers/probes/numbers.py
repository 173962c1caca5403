"""Measured numbers before they are floats, and how they leave the device: in one transfer, never one by one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

Number = float | Tensor
"""A float where reading it made nobody wait (CPU), else a scalar that is still on its device."""


class Transfer:
    """Numbers on their way to the host; the way from a GPU is one copy that nobody waits for until `read`."""

    def __init__(self, numbers: Sequence[Number]) -> None:
        self._floats: list[Number] = list(numbers)
        by_dtype: dict[torch.dtype, list[tuple[int, Tensor]]] = defaultdict(list)
        for index, number in enumerate(numbers):
            if isinstance(number, Tensor):
                by_dtype[number.dtype].append((index, number.detach()))
        self._indices = [index for scalars in by_dtype.values() for index, _ in scalars]
        self._event: Any = None
        self._moved = torch.empty(0)
        if by_dtype:
            stacks = [torch.stack([scalar for _, scalar in scalars]) for scalars in by_dtype.values()]
            self._send(torch.cat([stack.double() for stack in stacks]))

    def _send(self, stacked: Tensor) -> None:
        """Start the copy; on CUDA into pinned memory, with an event that says when it is there."""
        self._moved = stacked
        if stacked.is_cuda:
            self._moved = torch.empty(stacked.shape, dtype=stacked.dtype, pin_memory=True)
            self._moved.copy_(stacked, non_blocking=True)
            self._event = torch.cuda.current_stream(stacked.device).record_event()

    def read(self) -> list[float]:
        """The numbers in the order they were given; waits for the copy if it is still under way."""
        if self._event is not None:
            self._event.synchronize()
        for index, value in zip(self._indices, self._moved.tolist(), strict=True):
            self._floats[index] = value
        return cast("list[float]", self._floats)
