"""Gradients held to a norm that they usually have.

What it changes: clip.norm: the median of the measured norms, so that it acts on spikes alone; where the plan's bound is
far below every gradient, the clipping that is there is loosened to that or taken away.

When it helps: recurrent networks and others whose gradient leaps now and then.

When it does not: vanishing gradients, wrong initial weights (one of four), a rate too high (one of seven), fp16, an
unconstrained critic. One NaN makes all gradients NaN after clipping by norm. "Finite" is not "fixed": it often turns
NaN into a finite run at chance.

Source: Pascanu, Mikolov and Bengio (2013); measured on this project's corpus.
"""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table

USUAL = 1.0
"""What people write where nothing was measured."""


@remedy(
    "clip-gradients",
    answers={
        "clipping-masks-gradients": 10, "gradient-spikes": 14, "exploding-through-time": 20,
        "loss-reduction-scale": 50, "target-scale": 52, "diverging-training": 60, "oscillating-loss": 60,
        "learning-rate-too-high": 72, "non-finite-gradient": 78, "non-finite-origin": 78,
        "exploding-gradient": 80, "exploding-signal": 82, "unbounded-objective": 82, "input-scale": 84,
        "overflow": 84, "poor-initialization": 86, "shattered-gradient": 86, "vanishing-through-time": 86,
        "saturated-activation": 88, "vanishing-gradient": 90,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """Without the clipping that is there, then at the measured norm, then at 1."""
    clip = case.submission.training.clip
    if case.finding.rule == "clipping-masks-gradients" and (clip.norm or clip.value):
        yield from case.offer(
            "off",
            "Gradients are no longer clipped.",
            _unclipped,
            torch="take clip_grad_norm_ away",
            keras="take clipnorm away",
        )
    measured = case.gradient_norm
    if measured is not None:
        yield from _at(case, "measured", float(f"{measured:.1g}"), "the median of what was measured", 1)
    yield from _at(case, "one", USUAL, "which is what is often advised", 3)


def _at(case: Case, suffix: str, norm: float, why: str, later: int) -> Iterator[Proposal]:
    yield from case.offer(
        suffix,
        f"Gradients are clipped to a norm of {norm:g}, {why}.",
        partial(_clipped, norm=norm),
        torch=f"nn.utils.clip_grad_norm_(model.parameters(), {norm:g})",
        keras=f"keras.optimizers.Adam(global_clipnorm={norm:g})",
        later=later,
    )


def _clipped(table: Table, norm: float) -> Table:
    return table.set("training.clip", norm=norm, value=None)


def _unclipped(table: Table) -> Table:
    tree = dict(table.tree)
    if "clip" not in tree["training"]:
        raise Impossible("nothing is clipped")
    tree["training"] = {key: value for key, value in tree["training"].items() if key != "clip"}
    return table.changed(tree)
