"""Another activation in the hidden layers, with the initial weights that belong to it.

What it changes: every hidden activation, and the weights before it: He's for rectifiers, LeCun's for SELU, Glorot's
for tanh; biases begin at zero. Recurrent and transformer layers get their own activation argument. The network's last
activation stays.

When it helps: deep sigmoids, whose slope is at most a quarter; rectifiers that died (a leaky one keeps a gradient, if
the bias that killed it goes too); an LSTM whose cell has a ReLU.

When it does not: without the weights that belong to it (ReLU with torch's default weights brings 20 layers to 1e-6);
networks of more than some twenty plain layers, which need shortcuts or norms; anything whose fault is in rate or data.

Source: Glorot, Bordes and Bengio (2011); Maas et al. (2013); Klambauer et al. (2017); this project's own measurements.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from service.diagnosis.remedies.anatomy import activations, as_rule, dominant, head, maps, recurrent, types
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.items import GLOROT, weights_for
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.states import settled_states
from service.diagnosis.remedies.table import Table, exactly

ORDER = ("ReLU", "GELU", "SiLU", "ELU", "LeakyReLU", "PReLU", "SELU", "Softplus")
LEAKY = ("LeakyReLU", "ELU", "PReLU", "GELU", "SiLU", "SELU", "Softplus")
KERAS = {
    "ReLU": "relu", "GELU": "gelu", "SiLU": "silu", "ELU": "elu", "LeakyReLU": "leaky_relu", "SELU": "selu",
    "Softplus": "softplus", "Tanh": "tanh",
}  # fmt: skip
INITIALIZERS = {"SELU": "lecun_normal", "Tanh": "glorot_uniform"}


@remedy(
    "replace-activation",
    answers={
        "exploding-through-time": 12, "no-gradient": 24, "saturated-activation": 24,
        "vanishing-gradient": 24, "vanishing-signal": 24, "not-learning": 24, "dead-units": 30,
        "non-finite-origin": 34, "shattered-gradient": 40, "poor-initialization": 44,
        "exploding-signal": 50, "exploding-gradient": 60, "attenuated-loss-gradient": 74,
        "learning-rate-too-high": 75, "symmetric-units": 82,
    },
    pairs=("use-adaptive-optimizer", "add-batch-norm"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """The usual ones in the order in which they are tried; for dead units those that leak."""
    now = dominant(case.table)
    yield from _states(case)
    for place, kind in enumerate(LEAKY if now in {"ReLU", "ReLU6"} else ORDER):
        if kind == now:
            continue
        yield from case.offer(
            kind.lower(),
            f"Every hidden activation becomes {kind}, with the weights that belong to it and biases of zero.",
            partial(_swap, kind=kind),
            torch=f"nn.{kind}() after each hidden layer; {_torch_init(kind)}; nn.init.zeros_(layer.bias)",
            keras=f'Dense(n, activation="{KERAS.get(kind, "prelu")}",'
            f' kernel_initializer="{INITIALIZERS.get(kind, "he_normal")}")',
            later=place,
        )


def _swap(table: Table, kind: str) -> Table:
    """New activations and their weights."""
    found = [layer for layer in activations(table) if layer.type != kind]
    if not found:
        raise Impossible("there is no activation to replace")
    swapped = table.swapped(found, kind)
    return swapped.with_init(*rules_for(swapped, kind))


def rules_for(table: Table, kind: str) -> list[dict[str, Any]]:
    """He's or another's weights for hidden maps, Glorot's for the head."""
    found, last = types(maps(table)), head(table)
    if not found:
        return []
    rules = [{"match": "*", "layer": as_rule(found), "weight": weights_for(kind), "bias": "zeros"}]
    if last is not None and len(maps(table)) > 1:
        rules.append({"match": exactly(last.name), "weight": GLOROT})
    return rules


def _states(case: Case) -> Iterator[Proposal]:
    """Recurrent layers with an unbounded state get tanh."""
    ill = [layer for layer in recurrent(case.table) if layer.activation == "ReLU"]
    if ill and case.finding.rule != "vanishing-through-time":
        yield from case.offer(
            "tanh",
            f"The state of {', '.join(layer.name for layer in ill[:3])} is held between -1 and 1 by tanh.",
            _bounded,
            torch='nn.RNN(..., nonlinearity="tanh"); nn.LSTM has tanh and nothing else',
            keras='LSTM(n, activation="tanh")',
            later=-2,
        )


def _bounded(table: Table) -> Table:
    lstm = [layer for layer in recurrent(table) if layer.activation == "ReLU" and layer.type == "LSTM"]
    rnn = [layer for layer in recurrent(table) if layer.activation == "ReLU" and layer.type == "RNN"]
    table = table.argued(lstm, activation="tanh") if lstm else table
    return settled_states(table.argued(rnn, nonlinearity="tanh") if rnn else table)


def _torch_init(kind: str) -> str:
    if kind == "SELU":
        return 'nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")'
    return 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")'
