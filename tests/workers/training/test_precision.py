"""Reduced precision trains, and loss scaling shows true gradients and survives an overflow."""

import pytest
import torch
from torch import Tensor, nn

from service.schemas.targets import Target
from service.schemas.training import Training
from workers.training.data import Examples
from workers.training.loop import train
from workers.training.precision import Precision

CPU = torch.device("cpu")
X = torch.randn(16, 3, generator=torch.Generator().manual_seed(3))
EXAMPLES = Examples(X, X[:, :2], Target("real", (2,)), (2,))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("mode", ["autocast", "pure"])
@pytest.mark.parametrize("scale", [None, 1.0, 1024.0])
def test_every_precision_learns(order, mlp, notebook, precision, mode, scale) -> None:
    chosen = {"precision": precision, "precision_mode": mode, "loss_scale": scale}
    network = mlp()
    outcome = train(order(chosen, steps=60), {"main": network}, EXAMPLES, notebook(0), CPU)
    assert outcome.last_loss < 0.7 * outcome.first_loss
    expected = {"bf16": torch.bfloat16, "fp16": torch.float16}[precision] if mode == "pure" else torch.float32
    assert network[0].weight.dtype == expected


@pytest.mark.parametrize("scale", [None, 256.0, "dynamic"])
def test_the_observer_sees_unscaled_gradients_and_can_know_the_scale(order, mlp, notebook, scale) -> None:
    plain, scaled = notebook(0), notebook(0)
    train(order({"precision": "fp16", "loss_scale": 1.0}, steps=1), {"main": mlp()}, EXAMPLES, plain, CPU)
    train(order({"precision": "fp16", "loss_scale": scale}, steps=1), {"main": mlp()}, EXAMPLES, scaled, CPU)
    for ours, theirs in zip(plain.gradients[0], scaled.gradients[0], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0.02, atol=1e-4)
    assert plain.scales == [1.0]
    assert scaled.scales == [256.0 if scale == 256.0 else 65536.0]


class Steep(nn.Module):
    """Gives a gradient that times a large loss scale is too large for fp16."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 60.0


def test_a_step_skipped_by_loss_scaling_is_no_end(order, notebook) -> None:
    network = nn.Sequential(nn.Linear(3, 4), Steep(), nn.Linear(4, 2))
    before = network[0].weight.detach().clone()
    seen = notebook(0)
    spec = {"precision": "fp16", "optimizer": {"type": "SGD", "lr": 1e-5}}
    outcome = train(order(spec, steps=1), {"main": network}, EXAMPLES, seen, CPU)
    assert not all(bool(g.isfinite().all()) for g in seen.gradients[0])
    assert torch.equal(before, network[0].weight)
    assert seen.skipped == [True]
    assert outcome.stopped == "budget"
    later = notebook(0)
    outcome = train(order(spec, steps=20), {"main": network}, EXAMPLES, later, CPU)
    assert (outcome.stopped, later.skipped[-1]) == ("budget", False)
    assert not torch.equal(before, network[0].weight)


def test_a_fixed_scale_stays(order, notebook) -> None:
    network = nn.Sequential(nn.Linear(3, 4), Steep(), nn.Linear(4, 2))
    seen = notebook(*range(6))
    spec = {"precision": "fp16", "loss_scale": 2.0**20, "optimizer": {"type": "SGD", "lr": 1e-5}}
    train(order(spec, steps=6), {"main": network}, EXAMPLES, seen, CPU)
    assert seen.scales == [2.0**20] * 6


def test_full_precision_is_left_alone() -> None:
    training = Training(loss="MSELoss", optimizer="SGD", loss_scale=8.0)
    precision = Precision(training, CPU)
    assert not precision.pure
    assert precision.values(X) is X
    assert precision.prepare(nn.Linear(3, 1)).weight.dtype == torch.float32
