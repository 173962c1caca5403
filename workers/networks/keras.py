"""`defaults: keras`: what a layer of Keras 3 begins with where torch's begins otherwise.

| layer | Keras, and what is done here |
|---|---|
| Linear, convolutions | kernel glorot_uniform, bias zero |
| RNN, LSTM, GRU | kernel glorot_uniform and recurrent kernel orthogonal, all gates as one matrix; bias zero |
| LSTM | bias of the forget gate 1, unless `forget_bias` is written |
| Embedding | uniform in [-0.05, 0.05] |
| attention | every projection glorot_uniform as a matrix of its own (Keras counts heads into the fan), bias zero |
| PReLU | slope zero, unless `init` is written |
| batch norm | eps 1e-3 and momentum 0.01 (0.99 in Keras' words), unless written |
| layer and group norm, RMS norm | eps 1e-3, 1e-6, unless written |

Functions stay torch's: a LeakyReLU's slope is 0.01, not 0.3. What Keras lacks (Bilinear) stays as it is.
"""

from collections.abc import Set as AbstractSet
from functools import singledispatch

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from workers.networks.init import blank_padding, pieces
from workers.networks.kinds.recurrent import fill_forget_bias


def apply_keras(module: nn.Module, written: AbstractSet[str]) -> None:
    """Let a fresh layer begin as Keras' does; `written` names the arguments that the client gave."""
    with torch.no_grad():
        for owner in module.modules():
            _begin(owner, written)
        blank_padding(module)


@singledispatch
def _begin(_owner: nn.Module, _written: AbstractSet[str]) -> None:
    """Nothing, for a layer that begins alike in both."""


@_begin.register(nn.Linear)
@_begin.register(_ConvNd)
def _map(owner: nn.Linear | _ConvNd, _written: AbstractSet[str]) -> None:
    nn.init.xavier_uniform_(owner.weight)
    if owner.bias is not None:
        nn.init.zeros_(owner.bias)


@_begin.register
def _recurrent(owner: nn.RNNBase, _written: AbstractSet[str]) -> None:
    for name, parameter in owner.named_parameters():
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif name.startswith("weight_hh"):
            nn.init.orthogonal_(parameter)
        else:
            nn.init.xavier_uniform_(parameter)
    if isinstance(owner, nn.LSTM):
        fill_forget_bias(owner, 1.0)


@_begin.register
def _attention(owner: nn.MultiheadAttention, _written: AbstractSet[str]) -> None:
    for role, piece in pieces(owner):
        if role == "bias":
            nn.init.zeros_(piece)
        else:
            nn.init.xavier_uniform_(piece)


@_begin.register
def _embedding(owner: nn.Embedding, _written: AbstractSet[str]) -> None:
    nn.init.uniform_(owner.weight, -0.05, 0.05)


@_begin.register
def _slope(owner: nn.PReLU, written: AbstractSet[str]) -> None:
    if "init" not in written:
        nn.init.zeros_(owner.weight)


@_begin.register(_BatchNorm)
def _batch_norm(owner: _BatchNorm, written: AbstractSet[str]) -> None:
    _set_eps(owner, 1e-3, written)
    if "momentum" not in written:
        owner.momentum = 0.01


@_begin.register(nn.LayerNorm)
@_begin.register(nn.GroupNorm)
def _norm(owner: nn.LayerNorm | nn.GroupNorm, written: AbstractSet[str]) -> None:
    _set_eps(owner, 1e-3, written)


@_begin.register
def _rms_norm(owner: nn.RMSNorm, written: AbstractSet[str]) -> None:
    _set_eps(owner, 1e-6, written)


def _set_eps(
    owner: _BatchNorm | nn.LayerNorm | nn.GroupNorm | nn.RMSNorm, eps: float, written: AbstractSet[str]
) -> None:
    if not written & {"eps", "layer_norm_eps"}:
        owner.eps = eps
