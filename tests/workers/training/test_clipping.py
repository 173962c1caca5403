"""Clipping is torch's, value first, and says whether it changed a gradient."""

import math

import pytest
import torch
from torch import nn

from service.schemas.training import Clipping
from workers.training.clipping import clip


def parameters(*values: float) -> list[nn.Parameter]:
    found = []
    for value in values:
        parameter = nn.Parameter(torch.zeros(1))
        parameter.grad = torch.tensor([value])
        found.append(parameter)
    return [*found, nn.Parameter(torch.zeros(1))]


def gradients(found: list[nn.Parameter]) -> list[float]:
    return [float(parameter.grad) for parameter in found if parameter.grad is not None]


@pytest.mark.parametrize(
    ("clipping", "changed", "after"),
    [
        (Clipping(norm=10.0), 0, [3.0, -4.0]),
        (Clipping(norm=1.0), 1, [0.6, -0.8]),
        (Clipping(value=5.0), 0, [3.0, -4.0]),
        (Clipping(value=3.5), 1, [3.0, -3.5]),
        (Clipping(value=3.0, norm=1.0), 1, [2**-0.5, -(2**-0.5)]),
        (Clipping(value=4.0, norm=5.0), 0, [3.0, -4.0]),
    ],
    ids=str,
)
def test_gradients_are_clipped_and_it_is_said(clipping: Clipping, changed: int, after: list[float]) -> None:
    found = parameters(3.0, -4.0)
    assert clip(found, clipping, ask=True) == changed
    assert gradients(found) == pytest.approx(after, rel=1e-5)


def test_nothing_is_said_where_nothing_clips_or_nobody_asks() -> None:
    assert clip(parameters(3.0), Clipping(), ask=True) is None
    found = parameters(3.0)
    assert clip(found, Clipping(value=1.0, norm=0.5), ask=False) is None
    assert gradients(found) == pytest.approx([0.5], rel=1e-5)
    assert clip([nn.Parameter(torch.zeros(1))], Clipping(norm=1.0), ask=True) is None


def test_one_nan_spoils_all_gradients_as_in_torch() -> None:
    found = parameters(1.0, math.nan)
    clip(found, Clipping(norm=1.0), ask=True)
    assert all(math.isnan(value) for value in gradients(found))
