"""A learning rate that stays what it is.

What it changes: the schedule is taken away; a warm-up stays.

When it helps: a decay so steep that the rate is gone before the network has learned: a factor meant for epochs that is
taken at every step.

When it does not: a rate that is too low from the first step; decays that fit the plan.

Source: the definition; measured on this project's corpus.
"""

from collections.abc import Iterator

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "hold-learning-rate",
    answers={
        "learning-rate-too-low": 8, "not-learning": 14, "update-below-precision": 40, "no-gradient": 48,
        "vanishing-gradient": 48,
    },
    pairs=("raise-learning-rate", "use-adaptive-optimizer"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """One way."""
    yield from case.offer(
        "",
        "The learning rate stays what it is instead of following a schedule.",
        _held,
        torch="take the scheduler away",
        keras="learning_rate=a number instead of a schedule",
    )


def _held(table: Table) -> Table:
    schedule = table.submission.training.schedule
    if schedule.type == "constant":
        raise Impossible("it is held already")
    tree = dict(table.tree)
    training = {key: value for key, value in tree["training"].items() if key != "schedule"}
    warm = {"schedule": {"warmup_steps": schedule.warmup_steps}} if schedule.warmup_steps else {}
    tree["training"] = training | warm
    return table.changed(tree)
