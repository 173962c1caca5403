"""An optimiser whose steps do not follow the gradient's size.

What it changes: the optimiser: Adam at 1e-3 with its defaults, AdamW, RMSprop or Adagrad; the schedule stays. Recurrent
networks get ten times that rate up to 64 units, three times beyond; others up to 8 units.

When it helps: a rate too high or too low (Adam at 1e-3: all of them), an eps that rules every step, targets or losses
of an odd scale.

When it does not: small weights (two of nine), deep sigmoids (none), zero or constant weights, dead units: a gradient
that carries no information is none the better for being scaled up.

Source: Kingma and Ba (2015); Loshchilov and Hutter (2019); measured on this project's corpus.
"""

from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.anatomy import recurrent, width
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.items import NARROW
from service.diagnosis.remedies.rates import rate_of
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table

WAYS = (
    ("adam", "Adam", 1e-3),
    ("adam-faster", "Adam", 3e-3),
    ("rmsprop", "RMSprop", 1e-3),
    ("adamw", "AdamW", 1e-3),
    ("adagrad", "Adagrad", 1e-2),
)
"""Name, optimiser and rate, the usual one first."""

SMALL = 64
"""Units up to which a recurrent layer takes ten times the usual rate; wider ones take three times."""
DEFAULTS = {
    "eps": (None, 1e-8, 1e-10),
    "betas": (None, (0.9, 0.999)),
    "alpha": (None, 0.99),
    "momentum": (None, 0.0),
}
"""Left out or written out, these are what torch takes."""


@remedy(
    "use-adaptive-optimizer",
    answers={
        "learning-rate-too-high": 12, "learning-rate-too-low": 12, "target-scale": 14,
        "update-below-precision": 14, "loss-reduction-scale": 16, "clipping-masks-gradients": 18,
        "diverging-training": 18, "oscillating-loss": 18, "not-learning": 20, "gradient-spikes": 30,
        "attenuated-loss-gradient": 34, "output-loss-mismatch": 52, "poor-initialization": 56,
        "exploding-through-time": 60, "input-scale": 62, "non-finite-origin": 66, "exploding-gradient": 70,
        "exploding-signal": 70, "missing-bias": 70, "non-finite-gradient": 70, "saturated-activation": 70,
        "underflow": 70, "vanishing-gradient": 70, "vanishing-signal": 70, "vanishing-through-time": 70,
        "dead-units": 72, "shattered-gradient": 72, "no-gradient": 76, "symmetric-units": 76,
    },
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """Adam at its usual rate, then its kin."""
    faster = _times_faster(case.table)
    for place, (name, kind, usual) in enumerate(WAYS):
        if recurrent(case.table) and name == "adam-faster":
            continue
        rate = float(f"{usual * faster:.1g}")
        yield from case.offer(
            name,
            f"The optimiser becomes {kind} with a rate of {rate:g} and its defaults.",
            partial(_exchanged, kind=kind, rate=rate),
            torch=f"torch.optim.{kind}(parameters, lr={rate:g})",
            keras=f"keras.optimizers.{kind}(learning_rate={rate:g})",
            later=6 * place,
        )


def _times_faster(table: Table) -> float:
    """How much more than the usual rate a network bears: the sums of few units move little at each step."""
    widths = [layer.output.shape[-1] for layer in recurrent(table)]
    if widths:
        return 10.0 if max(widths) <= SMALL else 3.0
    return 10.0 if 0 < width(table) <= NARROW else 1.0


def _exchanged(table: Table, kind: str, rate: float) -> Table:
    now = table.submission.training.optimizer
    usual = all(getattr(now, name) in values for name, values in DEFAULTS.items())
    if now.type == kind and rate_of(now) == rate and usual:
        raise Impossible("it is that already")
    decay = now.weight_decay
    tree = dict(table.tree)
    kept = {"weight_decay": decay} if decay else {}
    tree["training"] = tree["training"] | {"optimizer": {"type": kind, "lr": rate} | kept}
    return table.changed(tree)
