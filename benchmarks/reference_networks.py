"""The four networks that costs are measured on, as submissions write them."""

from typing import Any


def mlp() -> dict[str, Any]:
    """20 layers of 256 units."""
    body = [{"type": "Linear", "out_features": 256}, "ReLU"]
    head = {"type": "Linear", "out_features": 10}
    return {"input": {"shape": [256]}, "layers": [{"repeat": 20, "body": body}, head]}


def resnet() -> dict[str, Any]:
    """18 weighted layers as in ResNet-18, a quarter of its width, for images of 16 x 16."""

    def conv(channels: int, stride: int = 1, kernel: int = 3) -> dict[str, Any]:
        return {
            "type": "Conv2d", "out_channels": channels, "kernel_size": kernel, "stride": stride,
            "padding": kernel // 2, "bias": False,
        }  # fmt: skip

    def block(channels: int, stride: int) -> list[Any]:
        body = [conv(channels, stride), "BatchNorm2d", "ReLU", conv(channels), "BatchNorm2d"]
        residual: dict[str, Any] = {"body": body}
        if stride > 1:
            residual["shortcut"] = [conv(channels, stride, 1), "BatchNorm2d"]
        return [{"residual": residual}, "ReLU"]

    stages = [
        layer for c, s in ((16, 1), (32, 2), (64, 2), (128, 2)) for n in (s, 1) for layer in block(c, n)
    ]
    head = [
        {"type": "AdaptiveAvgPool2d", "output_size": 1},
        "Flatten",
        {"type": "Linear", "out_features": 10},
    ]
    return {"input": {"shape": [3, 16, 16]}, "layers": [conv(16), "BatchNorm2d", "ReLU", *stages, *head]}


def transformer() -> dict[str, Any]:
    """4 pre-norm blocks of width 256, written out so that every part is a layer to watch."""
    attention = ["LayerNorm", {"type": "SelfAttention", "num_heads": 4}]
    forward = [
        "LayerNorm", {"type": "Linear", "out_features": 1024}, "GELU", {"type": "Linear", "out_features": 256},
    ]  # fmt: skip
    block = [{"residual": {"body": attention}}, {"residual": {"body": forward}}]
    head = ["LayerNorm", "Flatten", {"type": "Linear", "out_features": 10}]
    return {"input": {"shape": [32, 256]}, "layers": [{"repeat": 4, "body": block}, *head]}


def lstm() -> dict[str, Any]:
    """2 layers of 256 states."""
    layers = [{"type": "LSTM", "hidden_size": 256, "num_layers": 2}, {"type": "Linear", "out_features": 10}]
    return {"input": {"shape": [32, 64]}, "layers": layers}


NETWORKS = {
    "MLP 20x256": (mlp, 256),
    "ResNet-18-like": (resnet, 64),
    "Transformer 4x256": (transformer, 16),
    "LSTM 2x256": (lstm, 8),
}
"""Network and batch size: small but usual ones; a look at the weights costs the same whatever the batch."""
