"""Synthetic tasks fit any shape and can be learned."""

import pytest
import torch
from torch import nn

from service.schemas.data import SyntheticData
from service.schemas.plan import Tensor
from service.schemas.training import Loss
from workers.training.data import examples

SHAPES = [
    (Tensor(shape=(5,)), (3,)),
    (Tensor(shape=(1,)), (1,)),
    (Tensor(shape=(6, 4)), (3,)),
    (Tensor(shape=(6, 4)), (6, 3)),
    (Tensor(shape=(4, 6)), (3, 6)),
    (Tensor(shape=(3, 8, 8)), (10,)),
    (Tensor(shape=(3, 8, 8)), (4, 8, 8)),
    (Tensor(shape=(1, 4, 4, 4)), (2,)),
    (Tensor(shape=(7,), dtype="int", vocab=11), (3,)),
    (Tensor(shape=(7,), dtype="int", vocab=11), (7, 11)),
]


@pytest.mark.parametrize(("entry", "output"), SHAPES, ids=str)
@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "MSELoss"])
def test_any_input_meets_any_output(entry: Tensor, output: tuple[int, ...], loss: str) -> None:
    found = examples(SyntheticData(examples=64), Loss(type=loss), entry, Tensor(shape=output))
    assert tuple(found.x.shape) == (64, *entry.shape)
    assert tuple(found.y.shape) == (64, *found.target.shape)
    assert found.y.isfinite().all()
    if loss == "CrossEntropyLoss" and found.y.dtype == torch.int64:
        assert len(found.y.unique()) > 1


def test_scale_and_shift_change_the_inputs_and_not_the_task() -> None:
    entry, output = Tensor(shape=(5,)), Tensor(shape=(3,))
    plain = examples(SyntheticData(), Loss(type="CrossEntropyLoss"), entry, output)
    moved = examples(SyntheticData(scale=50.0, shift=7.0), Loss(type="CrossEntropyLoss"), entry, output)
    torch.testing.assert_close(moved.x, plain.x * 50 + 7)
    assert torch.equal(moved.y, plain.y)


def test_targets_have_the_scale_that_was_asked_for() -> None:
    data = SyntheticData(target_scale=20.0, target_shift=100.0)
    found = examples(data, Loss(type="MSELoss"), Tensor(shape=(5,)), Tensor(shape=(2,)))
    torch.testing.assert_close(found.y.mean(0), torch.full((2,), 100.0))
    torch.testing.assert_close(found.y.std(0, correction=0), torch.full((2,), 20.0))


@pytest.mark.parametrize("size", [(5,), (6, 4), (3, 8, 8)])
def test_every_number_of_the_inputs_is_standard_normal(size: tuple[int, ...]) -> None:
    found = examples(
        SyntheticData(examples=4096), Loss(type="MSELoss"), Tensor(shape=size), Tensor(shape=(2,))
    )
    torch.testing.assert_close(found.x.mean(0), torch.zeros(size), atol=0.07, rtol=0)
    torch.testing.assert_close(found.x.std(0), torch.ones(size), atol=0.07, rtol=0)


def test_inputs_are_preprocessed_after_scale_and_shift() -> None:
    entry, output = Tensor(shape=(5,)), Tensor(shape=(2,))
    data = SyntheticData(scale=30.0, shift=5.0, preprocess="standardize")
    torch.testing.assert_close(
        examples(data, Loss(type="MSELoss"), entry, output).x.mean(0), torch.zeros(5), atol=1e-5, rtol=0
    )


def learned(network: nn.Module, entry: Tensor, steps: int = 200) -> float:
    """Skill of a healthy network after a short training."""
    found = examples(SyntheticData(), Loss(type="CrossEntropyLoss"), entry, Tensor(shape=(3,)))
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(steps):
        rows = torch.arange(step * 64, step * 64 + 64) % 1024
        loss = nn.functional.cross_entropy(network(found.x[rows]), found.y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    share = found.y.bincount(minlength=3) / 1024
    return 1 - float(loss.detach()) / float(-(share * share.log()).sum())


class Last(nn.Module):
    """A recurrent network's last output."""

    def __init__(self, layer: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.layer, self.head = layer, head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(x)[0][:, -1])


class Averaged(nn.Module):
    """The mean over the first axis after the batch."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(1)


def test_plain_convolutional_recurrent_and_token_networks_can_all_learn_it() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 3))
    assert learned(plain, Tensor(shape=(8,))) > 0.5
    images = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 3)
    )
    assert learned(images, Tensor(shape=(3, 8, 8))) > 0.3
    assert learned(Last(nn.LSTM(4, 48, batch_first=True), nn.Linear(48, 3)), Tensor(shape=(12, 4))) > 0.3
    tokens = nn.Sequential(nn.Embedding(20, 32), Averaged(), nn.Linear(32, 3))
    assert learned(tokens, Tensor(shape=(12,), dtype="int", vocab=20)) > 0.3
