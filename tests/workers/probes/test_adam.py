import pytest
import torch
from torch import nn


def small_share(gradients, *, eps, beta2, amsgrad=False):
    """A hand-written Adam's share of √v̂ < eps after these gradients, in float64."""
    second = torch.zeros_like(gradients[0], dtype=torch.float64)
    largest = second.clone()
    for gradient in gradients:
        second = beta2 * second + (1 - beta2) * gradient.double() ** 2
        largest = torch.maximum(largest, second)
    corrected = (largest if amsgrad else second) / (1 - beta2 ** len(gradients))
    return (corrected.sqrt() < eps).double().mean().item()


@pytest.mark.parametrize(
    ("kind", "amsgrad"),
    [
        (torch.optim.Adam, False),
        (torch.optim.Adam, True),
        (torch.optim.AdamW, False),
        (torch.optim.AdamW, True),
        (torch.optim.NAdam, False),
        (torch.optim.RAdam, False),
    ],
)
def test_the_share_is_that_of_an_adam_written_by_hand(build, kind, amsgrad):
    layer = nn.Linear(40, 30, bias=False)
    factors = 10.0 ** torch.linspace(-6, 0, 1200).reshape(30, 40)
    options = {"lr": 1e-3, "eps": 1e-3, "betas": (0.9, 0.99), **({"amsgrad": True} if amsgrad else {})}
    x = torch.randn(4, 40)
    training = build(
        [layer], x, loss=lambda _: (layer.weight * factors * scale).sum(), steps=3,
        optimizer=lambda p: kind(p, **options),
    )  # fmt: skip
    gradients = []
    for step, scale in enumerate((10.0, 0.1, 0.5)):
        training.step(x, step)
        gradients.append(factors * scale)
    training.recorder.finish()
    share = training.rows.at(0, 2).adam_epsilon_share
    assert 0.1 < share < 0.9
    assert share == pytest.approx(small_share(gradients, eps=1e-3, beta2=0.99, amsgrad=amsgrad), abs=2e-3)


def test_zero_gradients_are_all_below_eps(watch):
    row = watch([nn.Linear(3, 3)], torch.zeros(2, 3), optimizer=torch.optim.Adam).at(0)
    assert row.adam_epsilon_share == 1.0


@pytest.mark.parametrize(
    "kind", [torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.Adamax]
)
def test_other_optimizers_have_no_share(watch, kind):
    row = watch([nn.Linear(3, 3)], torch.randn(2, 3), optimizer=lambda p: kind(p, lr=0.1)).at(0)
    assert row.adam_epsilon_share is None


def test_a_first_step_that_was_skipped_has_no_share(build):
    x = torch.randn(2, 3)
    training = build([nn.Linear(3, 3)], x, optimizer=torch.optim.Adam)
    training.optimizer.step = lambda: None
    training.step(x)
    training.recorder.finish()
    assert training.rows.at(0).adam_epsilon_share is None
