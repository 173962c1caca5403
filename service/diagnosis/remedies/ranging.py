"""The range test as a candidate: a run that only measures."""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.rates import Sweep, sweep_of
from service.diagnosis.remedies.table import Table


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


def _swept(table: Table, sweep: Sweep) -> Table:
    tree = dict(table.tree)
    training = {key: value for key, value in tree["training"].items() if key != "epochs"}
    training["optimizer"] = training["optimizer"] | {"lr": sweep.low}
    training["schedule"] = {"type": "exponential", "gamma": sweep.gamma}
    tree["training"] = training | {"steps": sweep.steps}
    return table.changed(tree)
