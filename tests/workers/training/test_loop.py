"""The loop does what a bare torch loop does, to the bit, and tells the observer of it."""

import math

import pytest
import torch
from torch import nn

from service.schemas.targets import Target
from workers.errors import CannotBuild
from workers.training.data import Examples
from workers.training.loop import train

CPU = torch.device("cpu")
DICE = torch.Generator().manual_seed(3)
X = torch.randn(20, 3, generator=DICE)
Y = torch.randn(20, 2, generator=DICE)
LABELS = torch.randint(2, (20,), generator=DICE)
NUMBERS = Examples(X, Y, Target("real", (2,)), (2,))
CLASSES = Examples(X, LABELS, Target("class-index", (), 2, -1), (2,))


def bare(network: nn.Module, optimizer, loss_function, y, steps: int, *, seed: int):
    """What a team's own script would be."""
    dice = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    losses = []
    while True:
        order = torch.randperm(len(X), generator=dice)
        for start in range(0, len(X), 8):
            if len(losses) == steps:
                return losses
            batch = order[start : start + 8]
            loss = loss_function(network(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_losses_are_those_of_a_bare_loop_to_the_bit(order, mlp, notebook, name, dropout) -> None:
    seen, twin = notebook(0, 3), mlp(dropout=dropout)
    spec = order({"loss": "CrossEntropyLoss", "optimizer": {"type": name, "lr": 0.05}}, steps=11, seed=4)
    outcome = train(spec, {"main": mlp(dropout=dropout)}, CLASSES, seen, CPU)
    optimizer = getattr(torch.optim, name)(twin.parameters(), lr=0.05)
    with torch.random.fork_rng(devices=[]):
        expected = bare(twin, optimizer, nn.CrossEntropyLoss(), LABELS, 11, seed=4)
    assert seen.losses == expected
    assert outcome.first_loss == expected[0]
    assert outcome.last_loss == pytest.approx(sum(expected[-2:]) / 2)
    assert outcome.best_loss == min(expected)
    assert (outcome.steps_run, outcome.stopped) == (11, "budget")


def test_clipping_and_l1_are_those_of_a_bare_loop(order, mlp, notebook) -> None:
    twin, seen = mlp(), notebook()
    train(order({"clip": {"norm": 0.3}, "l1": 0.01}, steps=8), {"main": mlp()}, NUMBERS, seen, CPU)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    losses, dice = [], torch.Generator().manual_seed(0)
    while len(losses) < 8:
        picked = torch.randperm(len(X), generator=dice)
        for start in range(0, len(X), 8):
            batch = picked[start : start + 8]
            loss = nn.functional.mse_loss(twin(X[batch]), Y[batch])
            optimizer.zero_grad()
            (loss + 0.01 * sum(w.abs().sum() for w in twin.parameters())).backward()
            nn.utils.clip_grad_norm_(twin.parameters(), 0.3)
            optimizer.step()
            losses.append(loss.item())
    assert seen.losses == pytest.approx(losses[:8], rel=1e-6)


def test_the_same_order_gives_the_same_numbers_and_another_seed_others(order, mlp, notebook) -> None:
    runs = []
    for seed in (1, 1, 2):
        seen = notebook()
        train(order(steps=12, seed=seed), {"main": mlp(dropout=0.5)}, NUMBERS, seen, CPU)
        runs.append(seen.losses)
    assert runs[0] == runs[1] != runs[2]


def test_the_global_generator_is_left_as_it_was(order, mlp, notebook) -> None:
    before = torch.get_rng_state()
    train(order(), {"main": mlp(dropout=0.5)}, NUMBERS, notebook(), CPU)
    assert torch.equal(before, torch.get_rng_state())


def test_the_observer_is_called_in_order_and_fully_only_where_it_probes(order, mlp, notebook) -> None:
    seen = notebook(1)
    train(order(steps=3), {"main": mlp()}, NUMBERS, seen, CPU)
    bare_step, probed_step = ["begin", "update"], ["begin", "forward", "backward", "update"]
    assert seen.calls == ["attach", *bare_step, *probed_step, *bare_step, "finish"]
    assert list(seen.optimizers) == ["main"]


def test_schedules_stretch_over_the_plan_and_not_over_the_run(order, mlp, notebook) -> None:
    seen = notebook()
    spec = order({"schedule": {"type": "linear", "warmup_steps": 2}}, steps=4)
    train(spec, {"main": mlp()}, NUMBERS, seen, CPU)
    assert seen.rates == pytest.approx([0.05, 0.099, 0.098, 0.097])


def test_the_observer_sees_gradients_before_clipping(order, mlp, notebook) -> None:
    plain, clipped = notebook(0), notebook(0)
    train(order(steps=1), {"main": mlp()}, NUMBERS, plain, CPU)
    train(order({"clip": {"norm": 1e-3}}, steps=1), {"main": mlp()}, NUMBERS, clipped, CPU)
    for ours, theirs in zip(plain.gradients[0], clipped.gradients[0], strict=True):
        assert torch.equal(ours, theirs)
    assert (plain.clipped, clipped.clipped) == ([None], [1])


def test_a_summed_loss_is_told_as_a_mean_and_trained_as_a_sum(order, mlp, notebook) -> None:
    mean, total = notebook(0), notebook(0)
    train(order(steps=1), {"main": mlp()}, NUMBERS, mean, CPU)
    train(
        order({"loss": {"type": "MSELoss", "reduction": "sum"}}, steps=1),
        {"main": mlp()},
        NUMBERS,
        total,
        CPU,
    )
    assert mean.losses == pytest.approx(total.losses)
    torch.testing.assert_close(mean.gradients[0][0] * 16, total.gradients[0][0])


def test_skill_and_accuracy_say_how_far_it_got(order, mlp, notebook) -> None:
    y = (X[:, 0] > 0).long()
    examples = Examples(X, y, Target("class-index", (), 2, -1), (2,))
    seen = notebook(0)
    spec = order({"loss": "CrossEntropyLoss", "optimizer": {"type": "Adam", "lr": 0.05}}, steps=100)
    outcome = train(spec, {"main": mlp()}, examples, seen, CPU)
    share = float(y.float().mean())
    entropy = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert outcome.trivial_loss == pytest.approx(entropy, rel=1e-6) == seen.trivial[0]
    assert outcome.skill == pytest.approx(1 - outcome.last_loss / entropy, rel=1e-6)
    assert outcome.skill > 0.5
    assert outcome.accuracy > 0.9
    assert outcome.stopped == "planned"
    assert seen.accuracies[0] is not None
    assert seen.accuracies[1] is None


def test_batch_normalisation_never_meets_a_single_example(order, mlp, notebook) -> None:
    examples = Examples(X[:17], Y[:17], NUMBERS.target, (2,))
    outcome = train(order(steps=9), {"main": mlp(norm=True)}, examples, notebook(), CPU)
    assert outcome.steps_run == 9


def test_noise_changes_every_batch_and_follows_the_seed(order, mlp, notebook) -> None:
    noisy = Examples(X, Y, NUMBERS.target, (2,), noise=0.5)
    runs = []
    for examples in (NUMBERS, noisy, noisy):
        seen = notebook()
        train(order(steps=4), {"main": mlp()}, examples, seen, CPU)
        runs.append(seen.losses)
    assert runs[0] != runs[1] == runs[2]


class Unwritten(nn.Linear):
    """What torch says of an operation that a device or precision lacks."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("\"some_kernel\" not implemented for 'Half'\nmore lines")


def test_what_torch_has_not_written_is_said_to_be_the_submissions(order, notebook) -> None:
    with pytest.raises(
        CannotBuild, match=r"fp32 on cpu: \"some_kernel\" not implemented for 'Half'$"
    ) as error:
        train(order(), {"main": Unwritten(3, 2)}, NUMBERS, notebook(), CPU)
    assert error.value.whose == "client"


def test_frozen_weights_stay(order, mlp, notebook) -> None:
    network = mlp()
    network[0].weight.requires_grad_(requires_grad=False)
    before = network[0].weight.clone()
    train(order(), {"main": network}, NUMBERS, notebook(), CPU)
    assert torch.equal(before, network[0].weight)
