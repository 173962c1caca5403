"""Learning rates as candidates: the range test, a run that only measures, and another rate for the same optimiser."""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.rates import Sweep, sweep_of
from service.diagnosis.remedies.table import Table

SOUND = 0.01
"""‖Δw‖/‖w‖ of a step that a fresh network takes without harm."""


def range_test(case: Case) -> Iterator[Proposal]:
    """One: the rate grows by a factor at every step."""
    sweep = sweep_of(case.submission)
    yield from case.offer(
        "",
        f"A range test: the learning rate grows from {sweep.low:g} over {sweep.steps} steps while losses are watched.",
        partial(_swept, sweep=sweep),
        torch=f"torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma={sweep.gamma:.4g})",
        keras="a callback that multiplies the learning rate at every batch",
        kind="range-test",
    )


def at_rate(case: Case, suffix: str, rate: float, why: str, later: int) -> Iterator[Proposal]:
    """The same optimiser with another rate, of one digit."""
    value = float(f"{rate:.1g}")
    optimizer = case.submission.training.optimizer.type
    yield from case.offer(
        suffix,
        f"The learning rate becomes {value:g}, which {why}.",
        partial(_rated, rate=value),
        torch=f"torch.optim.{optimizer}(parameters, lr={value:g})",
        keras=f"keras.optimizers.{optimizer}(learning_rate={value:g})",
        later=later,
    )


def _rated(table: Table, rate: float) -> Table:
    return table.set("training.optimizer", lr=rate)


def _swept(table: Table, sweep: Sweep) -> Table:
    tree = dict(table.tree)
    training = {key: value for key, value in tree["training"].items() if key != "epochs"}
    training["optimizer"] = training["optimizer"] | {"lr": sweep.low}
    training["schedule"] = {"type": "exponential", "gamma": sweep.gamma}
    tree["training"] = training | {"steps": sweep.steps}
    return table.changed(tree)
