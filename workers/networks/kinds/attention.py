"""Attention over (batch, time, features) with the masks that a client can name."""

from typing import Literal

import torch
from torch import Tensor, nn

from workers.networks.registry import kind

Mask = Literal["none", "causal", "strict_causal", "all"]


def hidden(mask: Mask, query: Tensor, key: Tensor) -> Tensor | None:
    """True where a query's time step must not look, (query steps, key steps); None where it may everywhere."""
    if mask == "none":
        return None
    everything = torch.ones(query.shape[1], key.shape[1], dtype=torch.bool, device=query.device)
    return everything if mask == "all" else everything.triu(1 if mask == "causal" else 0)


@kind("MultiheadAttention", "SelfAttention")
class Attention(nn.Module):
    """torch.nn.MultiheadAttention of one input, of (query, memory), or of (query, key, value).

    Called as a user does who asks for nothing special, which keeps the weights: a query that may look
    nowhere then gets NaN, where torch's path without weights would silently give zeros.
    """

    def __init__(
        self,
        *,
        embed_dim: int,
        num_heads: int,
        dropout: float,
        bias: bool,
        mask: Mask,
        kdim: int | None = None,
        vdim: int | None = None,
    ) -> None:
        super().__init__()
        self.core = nn.MultiheadAttention(
            embed_dim, num_heads, dropout, bias, kdim=kdim, vdim=vdim, batch_first=True
        )
        self.mask = mask

    def forward(self, *inputs: Tensor) -> Tensor:
        """As many time steps and features as the query, the first input."""
        query, key, value = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[-1]
        output, _ = self.core(
            query, key, value, attn_mask=hidden(self.mask, query, key), average_attn_weights=False
        )
        return torch.as_tensor(output)


@kind("TransformerEncoderLayer")
class EncoderLayer(nn.Module):
    """torch.nn.TransformerEncoderLayer, pre-norm or post-norm, with its mask."""

    def __init__(
        self,
        *,
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: Literal["relu", "gelu"],
        layer_norm_eps: float,
        norm_first: bool,
        bias: bool,
        mask: Mask,
    ) -> None:
        super().__init__()
        self.core = nn.TransformerEncoderLayer(
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first=True,
            norm_first=norm_first,
            bias=bias,
        )
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out as in."""
        output: Tensor = self.core(x, src_mask=hidden(self.mask, x, x))
        return output
