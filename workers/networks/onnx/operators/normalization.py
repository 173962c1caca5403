"""Normalization layers; batch normalization is alive in training."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.networks.onnx.call import Call, axis_of
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_SCALE_AND_BIAS = {1: "weight", 2: "bias"}


class BatchNormalization(nn.Module):
    """Normalizes by the batch in training, where it moves the running statistics, else by those.

    ONNX's momentum is the share that is kept, torch's the share that is new.
    """

    def __init__(self, eps: float, kept: float) -> None:
        super().__init__()
        self.eps = eps
        self.momentum = 1.0 - kept

    def forward(self, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        """(batch, channels, ...) to the same."""
        return functional.batch_norm(x, mean, variance, scale, bias, self.training, self.momentum, self.eps)


@operator(
    "BatchNormalization",
    family="normalization",
    type="BatchNorm{}d",
    weights=_SCALE_AND_BIAS,
    constants=(3, 4),
)
def build_batch_normalization(call: Call) -> Operation:
    """Per channel; whether the file was exported for training does not matter, the network's mode does."""
    call.ignore("training_mode")
    if call.get("spatial", 1) != 1:
        raise RefusedNetwork("spatial=0 is not supported")
    return BatchNormalization(call.get("epsilon", 1e-5), call.get("momentum", 0.9))


@operator("InstanceNormalization", family="normalization", type="InstanceNorm{}d", weights=_SCALE_AND_BIAS)
def build_instance_normalization(call: Call) -> Operation:
    """Per example and channel."""
    eps = call.get("epsilon", 1e-5)

    def normalize(x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        # torch refuses a single number per channel in training; ONNX gives the bias then
        axes = tuple(range(2, x.dim()))
        variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
        shape = (1, -1, *[1] * len(axes))
        return (x - mean) * torch.rsqrt(variance + eps) * scale.reshape(shape) + bias.reshape(shape)

    return normalize


@operator(
    "LayerNormalization",
    since=17,
    family="normalization",
    type="LayerNorm",
    weights=_SCALE_AND_BIAS,
    outputs=3,
)
def build_layer_normalization(call: Call) -> Operation:
    """Over all axes from one on; the statistics are outputs too."""
    axis, eps = call.get("axis", -1), call.get("epsilon", 1e-5)
    call.only("stash_type", 1)
    extra = call.wants(1) or call.wants(2)

    def normalize(x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor | tuple[Tensor, ...]:
        start = axis_of(axis, x.dim())
        shape = x.shape[start:]
        if scale.shape == shape and (bias is None or bias.shape == shape):
            y = functional.layer_norm(x, shape, scale, bias, eps)
        else:
            y = functional.layer_norm(x, shape, None, None, eps) * scale
            y = y if bias is None else y + bias
        if not extra:
            return y
        variance, mean = torch.var_mean(x, tuple(range(start, x.dim())), correction=0, keepdim=True)
        return y, mean, torch.rsqrt(variance + eps)

    return normalize


@operator("RMSNormalization", since=23, family="normalization", type="RMSNorm", weights={1: "weight"})
def build_rms_normalization(call: Call) -> Operation:
    """X / sqrt(mean(x^2) + epsilon) over all axes from one on, times a scale."""
    axis, eps = call.get("axis", -1), call.get("epsilon", 1e-5)
    call.only("stash_type", 1)

    def normalize(x: Tensor, scale: Tensor) -> Tensor:
        axes = tuple(range(axis_of(axis, x.dim()), x.dim()))
        exact = x.float() if x.dtype.itemsize < 4 else x
        return (exact * torch.rsqrt(exact.square().mean(axes, keepdim=True) + eps)).to(x.dtype) * scale

    return normalize


@operator("GroupNormalization", since=21, family="normalization", type="GroupNorm", weights=_SCALE_AND_BIAS)
def build_group_normalization(call: Call) -> Operation:
    """Scale and bias are per channel."""
    groups, eps = call.get("num_groups", 1), call.get("epsilon", 1e-5)
    call.only("stash_type", 1)
    return lambda x, scale, bias: functional.group_norm(x, groups, scale, bias, eps)


@operator("LRN", family="normalization", type="LocalResponseNorm")
def build_local_response(call: Call) -> Operation:
    """Over neighbouring channels; of an even number one more lies behind."""
    size, alpha = call.get("size", 1), call.get("alpha", 1e-4)
    beta, k = call.get("beta", 0.75), call.get("bias", 1.0)

    def normalize(x: Tensor) -> Tensor:
        before, after = (size - 1) // 2, math.ceil((size - 1) / 2)
        square = functional.pad(x.square().flatten(2).unsqueeze(1), (0, 0, before, after))
        summed = functional.avg_pool2d(square, (size, 1), stride=1).squeeze(1).reshape(x.shape)
        return x / (k + alpha * summed).pow(beta)

    return normalize


@operator("LpNormalization", family="normalization")
def build_lp_normalization(call: Call) -> Operation:
    """Divided by the norm along one axis; zero stays zero."""
    axis, p = call.get("axis", -1), call.get("p", 2)

    def normalize(x: Tensor) -> Tensor:
        norm = x.norm(p, axis, keepdim=True)
        return torch.where(
            norm == 0, torch.zeros_like(x), x / torch.where(norm == 0, torch.ones_like(norm), norm)
        )

    return normalize


@operator("MeanVarianceNormalization", since=9, family="normalization")
def build_mean_variance_normalization(call: Call) -> Operation:
    """(x - mean) / (deviation + 1e-9)."""
    axes = call.get("axes", (0, 2, 3))

    def normalize(x: Tensor) -> Tensor:
        mean = x.mean(axes, keepdim=True)
        return (x - mean) / ((x * x).mean(axes, keepdim=True) - mean * mean).clamp_min(0).sqrt().add(1e-9)

    return normalize
