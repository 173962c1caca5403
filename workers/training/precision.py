"""Number formats of a training: plain fp32, bf16 or fp16 under autocast or throughout, and loss scaling."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from service.schemas.training import Training

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_NEVER = 2**31 - 1


class Precision:
    """In which numbers a training computes: `autocast` keeps fp32 weights, `pure` keeps none."""

    def __init__(self, training: Training, device: torch.device) -> None:
        self.device = device
        self.dtype = _DTYPES[training.precision]
        reduced = self.dtype != torch.float32
        self.pure = reduced and training.precision_mode == "pure"
        self._autocasts = reduced and not self.pure

    def prepare(self, network: nn.Module) -> nn.Module:
        """The network on the device, its weights in the precision where that is pure."""
        return network.to(self.device, self.dtype) if self.pure else network.to(self.device)

    def values(self, x: Tensor) -> Tensor:
        """Inputs or targets on the device, real ones in the precision where that is pure."""
        return x.to(self.device, self.dtype if self.pure and x.is_floating_point() else x.dtype)

    def forward(self) -> AbstractContextManager[object]:
        """The context of a forward pass."""
        return torch.autocast(self.device.type, self.dtype) if self._autocasts else nullcontext()


class Stepper:
    """The way from a loss to moved weights: backward, unscale, step; with loss scaling or without.

    `passed` are optimisers whose weights the backward pass reaches too, to be unscaled but not moved.
    """

    def __init__(
        self,
        training: Training,
        optimizer: Optimizer,
        device: torch.device,
        *,
        passed: Sequence[Optimizer] = (),
    ) -> None:
        self._optimizer = optimizer
        self._passed = passed
        self._scaler, self._fixed = _scaler(training, device)
        self.taken = True
        """False after a step that loss scaling skipped, because scaled gradients were not finite."""
        if self._scaler is not None:
            # the optimiser itself says whether it stepped: asking the scaler would cost a second sync
            optimizer.register_step_post_hook(self._hear)

    @property
    def skipped(self) -> bool | None:
        """Whether loss scaling left the last step out; None where losses are not scaled."""
        return None if self._scaler is None else not self.taken

    def backward(self, loss: Tensor) -> None:
        """Differentiate, times the loss scale."""
        scaled = loss if self._scaler is None else self._scaler.scale(loss)
        scaled.backward()  # type: ignore[no-untyped-call]

    def unscale(self) -> None:
        """Divide the gradients by the loss scale, so that observer and clipping see true ones."""
        if self._scaler is not None:
            for optimizer in (self._optimizer, *self._passed):
                self._scaler.unscale_(optimizer)

    def step(self) -> None:
        """Move the weights; where scaled gradients overflowed, only the scale moves (unless it is fixed)."""
        if self._scaler is None:
            self._optimizer.step()
            return
        self.taken = False
        self._scaler.step(self._optimizer)
        self._scaler.update(self._fixed)

    def _hear(self, _optimizer: Optimizer, _args: object, _kwargs: object) -> None:
        self.taken = True


def _scaler(training: Training, device: torch.device) -> tuple[torch.amp.GradScaler | None, float | None]:
    """A scaler for reduced precision under autocast, and its scale where that is fixed; a scale of 1 is none."""
    scale = training.loss_scale or ("dynamic" if training.precision == "fp16" else 1.0)
    if training.precision_mode == "pure" or training.precision == "fp32" or scale == 1.0:
        return None, None
    if scale == "dynamic":
        return torch.amp.GradScaler(device.type), None
    return torch.amp.GradScaler(device.type, init_scale=scale, growth_interval=_NEVER), scale
