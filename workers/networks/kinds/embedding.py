"""Embeddings that torch.nn does not have."""

import torch
from torch import Tensor, nn

from workers.networks.registry import kind


@kind("PositionalEmbedding")
class PositionalEmbedding(nn.Module):
    """Adds a learned vector to each place of a sequence; they begin as N(0, 0.02²), as GPT-2's and BERT's do."""

    def __init__(self, *, max_length: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_length, features))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, features) to the same; a longer sequence than there are places is refused."""
        return x + self.weight.narrow(0, 0, x.shape[1])
