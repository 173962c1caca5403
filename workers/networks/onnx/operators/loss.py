"""Losses inside a network, for exports that carry their own."""

import torch
from torch import Tensor
from torch.nn import functional

from workers.networks.onnx.call import Call
from workers.networks.onnx.registry import Operation, operator


def _loss(call: Call) -> Operation:
    reduction, ignored = call.only("reduction", "mean", "sum", "none"), call.integer("ignore_index")

    def loss(x: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        nothing = -100 if ignored is None else ignored
        return functional.nll_loss(x, target.long(), weight, ignore_index=nothing, reduction=reduction)

    return loss


@operator("NegativeLogLikelihoodLoss", since=12, constants=(2,))
def build_nll(call: Call) -> Operation:
    """Of logarithms of probabilities, per class weighted."""
    return _loss(call)


@operator("SoftmaxCrossEntropyLoss", since=12, constants=(2,), outputs=2)
def build_cross_entropy(call: Call) -> Operation:
    """Of logits; the second output are the logarithms of the probabilities."""
    loss = _loss(call)

    def cross_entropy(x: Tensor, target: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
        logs = torch.log_softmax(x, 1)
        return loss(logs, target, weight), logs

    return cross_entropy
