"""A loss that is not finite ends the training, and the step that made it is shown to the observer."""

import math

import pytest
import torch
from torch import Tensor, nn

from service.schemas.targets import Target
from workers.training.course import Course
from workers.training.data import Examples
from workers.training.loop import train

CPU = torch.device("cpu")
DICE = torch.Generator().manual_seed(3)
X = torch.randn(16, 3, generator=DICE)
EXAMPLES = Examples(X, X[:, :2] * 2, Target("real", (2,)), (2,))


class Spoilt(torch.autograd.Function):
    """The identity, with a gradient of NaN."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return gradient * math.nan


class Trap(nn.Module):
    """Works for some forward passes, then gives a NaN forward or backward."""

    def __init__(self, after: int, *, forward: bool) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self._after = after
        self._forward = forward

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.calls <= self._after:
            return x
        return x * math.nan if self._forward else Spoilt.apply(x)


def trapped(mlp, after: int, *, forward: bool) -> nn.Module:
    return nn.Sequential(*mlp()[:2], Trap(after, forward=forward), *mlp()[2:])


def test_a_nan_in_the_forward_pass_stops_the_run_and_is_shown(order, mlp, notebook) -> None:
    seen = notebook(0, 1)
    outcome = train(order(steps=30), {"main": trapped(mlp, 5, forward=True)}, EXAMPLES, seen, CPU)
    assert (outcome.steps_run, outcome.stopped) == (6, "non-finite")
    assert math.isnan(outcome.last_loss)
    assert math.isfinite(outcome.best_loss)
    assert seen.probes == [0, 1, 4, 5]
    assert seen.calls.count("attach") == 2


def test_a_nan_gradient_is_shown_in_the_step_where_it_came_up(order, mlp, notebook) -> None:
    seen = notebook(0)
    outcome = train(order(steps=30), {"main": trapped(mlp, 5, forward=False)}, EXAMPLES, seen, CPU)
    assert (outcome.steps_run, outcome.stopped) == (7, "non-finite")
    assert seen.probes == [0, 5, 6]
    finite = [all(bool(g.isfinite().all()) for g in gradients) for gradients in seen.gradients]
    assert finite == [True, False, False]


def test_the_way_is_gone_again_exactly(order, mlp, notebook) -> None:
    seen = notebook(0)
    network = nn.Sequential(*mlp(dropout=0.4)[:3], Trap(6, forward=True), mlp()[3])
    train(order(steps=30), {"main": network}, EXAMPLES, seen, CPU)
    first_time, again = seen.losses[5:7], seen.losses[7:9]
    assert first_time[0] == again[0]
    assert math.isnan(first_time[1])
    assert math.isnan(again[1])


def test_nothing_is_gone_again_where_the_steps_were_probed(order, mlp, notebook) -> None:
    seen = notebook(4, 5)
    train(order(steps=30), {"main": trapped(mlp, 5, forward=True)}, EXAMPLES, seen, CPU)
    assert seen.probes == [4, 5]
    assert seen.calls.count("attach") == 1


def test_an_overflow_of_a_rate_too_high_ends_the_run(order, mlp, notebook) -> None:
    spec = order({"optimizer": {"type": "SGD", "lr": 1e6}}, steps=100)
    outcome = train(spec, {"main": nn.Linear(3, 2)}, EXAMPLES, notebook(0), CPU)
    assert outcome.stopped == "non-finite"
    assert outcome.steps_run < 100


def test_weights_spoilt_by_the_last_step_count_too(order, mlp, notebook) -> None:
    outcome = train(order(steps=3), {"main": trapped(mlp, 2, forward=False)}, EXAMPLES, notebook(), CPU)
    assert all(math.isfinite(loss) for loss in (outcome.first_loss, outcome.last_loss))
    assert outcome.stopped == "non-finite"


def test_inputs_that_are_not_finite_show_at_the_first_step(order, mlp, notebook) -> None:
    x = X.clone()
    x[:, 1] = math.inf
    outcome = train(
        order(), {"main": mlp()}, Examples(x, EXAMPLES.y, EXAMPLES.target, (2,)), notebook(0), CPU
    )
    assert outcome.steps_run in {1, 2}
    assert outcome.stopped == "non-finite"


@pytest.mark.parametrize("probed", [frozenset(), frozenset({20})])
def test_a_gpu_is_waited_for_at_probed_and_every_sixteenth_step_only(probed: frozenset[int]) -> None:
    course = Course(100, torch.device("cuda"))
    going, step = True, -1
    while going:
        step += 1
        going = course.note(step, torch.tensor(math.nan if step >= 18 else 1.0), None, probed=step in probed)
    assert step == (20 if probed else 31)
    assert course.first_nonfinite == 18
    assert len(course.losses) == 19
    assert course.suspects() == {17, 18}
