"""When a training ends before its steps are done, and what is kept of it then."""

import torch

from service.schemas.targets import Target
from workers.training.data import Examples
from workers.training.loop import train

CPU = torch.device("cpu")
DICE = torch.Generator().manual_seed(3)
X = torch.randn(16, 3, generator=DICE)
EXAMPLES = Examples(X, X[:, :2] * 2, Target("real", (2,)), (2,))


def test_a_verdict_that_has_settled_ends_the_run_and_is_its_reason(order, mlp, notebook) -> None:
    asked = []

    def settled(losses, trivial_loss) -> bool:
        asked.append(len(losses))
        return len(losses) > 8

    outcome = train(order(steps=30), {"main": mlp()}, EXAMPLES, notebook(0, 4, 8, 16), CPU, settled)
    assert (outcome.stopped, outcome.steps_run) == ("settled", 9)
    assert asked == [1, 5, 9]


def test_a_run_that_nothing_settles_takes_its_steps(order, mlp, notebook) -> None:
    outcome = train(
        order(steps=30), {"main": mlp()}, EXAMPLES, notebook(0, 4), CPU, lambda _losses, _trivial: False
    )
    assert outcome.steps_run == 30
    assert outcome.stopped in {"planned", "budget"}
