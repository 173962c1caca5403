"""Activations that torch.nn does not have."""

import torch
from torch import Tensor, nn

from workers.networks.registry import kind


@kind("Sine")
class Sine(nn.Module):
    """sin(w0 · x), the activation of SIREN networks (Sitzmann et al. 2020)."""

    def __init__(self, *, w0: float) -> None:
        super().__init__()
        self.w0 = w0

    def forward(self, x: Tensor) -> Tensor:
        """Element by element."""
        return torch.sin(self.w0 * x)
