"""Dropout, alive in training whatever mode the file was exported in."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.networks.onnx.call import Call
from workers.networks.onnx.registry import Operation, operator


class Dropout(nn.Module):
    """Drops in training mode; the second output says what was kept."""

    def __init__(self, ratio: float, *, masked: bool) -> None:
        super().__init__()
        self.p = ratio
        self.masked = masked

    def forward(
        self, x: Tensor, ratio: Tensor | None = None, _training: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        """The input, in training with a share `p` of it zero and the rest scaled up."""
        share = self.p if ratio is None else float(ratio)
        if not self.masked:
            return functional.dropout(x, share, self.training)
        if not self.training:
            return x, torch.ones_like(x, dtype=torch.bool)
        kept = torch.rand_like(x) >= share
        return torch.where(kept, x / max(1 - share, 1e-12), torch.zeros_like(x)), kept


@operator("Dropout", until=9, family="dropout", type="Dropout", pure=False)
@operator("Dropout", since=10, until=11, family="dropout", type="Dropout", outputs=2, pure=False)
def build_dropout_by_attribute(call: Call) -> Operation:
    """Before opset 12: the ratio is an attribute."""
    return Dropout(call.get("ratio", 0.5), masked=call.wants(1))


@operator("Dropout", since=12, family="dropout", type="Dropout", outputs=2, host=(1, 2), pure=False)
def build_dropout(call: Call) -> Operation:
    """The ratio is an input; whether the file says it trains does not matter, the network's mode does."""
    call.ignore("seed")
    return Dropout(0.5, masked=call.wants(1))
