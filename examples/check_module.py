"""A live module from its own training script: exported as ONNX, diagnosed by a running service, remedies tried.

`python3 -m service serve` in one terminal, `.venv/bin/python examples/check_module.py` in another. The layers of the
report have this file's names and lines. The answer should be a vanishing gradient that starts at `body.0`.
"""

import sys
from pathlib import Path

import gradclinic
import torch
from torch import Tensor, nn


class Block(nn.Module):
    """A layer that shrinks every gradient to a quarter at most."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """One layer further."""
        return torch.sigmoid(self.linear(x))


class Deep(nn.Module):
    """Twenty of them and a head for ten digits."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(*(Block(64) for _ in range(20)))
        self.head = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.head(self.body(x))


network = Deep()
report = gradclinic.check(
    network,
    torch.randn(8, 64),
    loss=nn.CrossEntropyLoss(),
    optimizer=torch.optim.Adam(network.parameters(), lr=1e-3),
    data="digits",
    batch_size=64,
    epochs=30,
    trials=sys.argv[1] if len(sys.argv) > 1 else "auto",
    project="examples/check-module",
)
print(report)
Path("report.html").write_text(f"<!doctype html><meta charset=utf-8>{report._repr_html_()}")
