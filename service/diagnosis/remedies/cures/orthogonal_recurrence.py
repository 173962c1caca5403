"""Recurrent weights that keep the length of a state.

What it changes: the weights between time steps begin orthogonal, or as the identity under a ReLU.

When it helps: recurrent weights that were drawn too large or too small, so that states grow or die within some steps;
a plain RNN with ReLU (the identity).

When it does not: tanh RNNs over 100 steps (none of four): the derivative of tanh shrinks the gradient all the same.

Source: Saxe et al. (2014); Le, Jaitly and Hinton (2015), "IRNN"; measured on this project's corpus.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from service.diagnosis.remedies.anatomy import as_rule, recurrent, types
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "orthogonal-recurrence",
    answers={
        "poor-initialization": 13, "exploding-through-time": 14, "exploding-signal": 20,
        "saturated-activation": 36, "non-finite-origin": 38, "not-learning": 50, "vanishing-gradient": 50,
        "vanishing-through-time": 50,
    },
    pairs=("clip-gradients", "use-adaptive-optimizer"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """Orthogonal, and the identity for rectifiers."""
    found = recurrent(case.table)
    if any(layer.activation == "ReLU" and layer.type == "RNN" for layer in found):
        yield from case.offer(
            "identity",
            "The weights between time steps begin as the identity, biases at zero.",
            partial(_begun, scheme="eye"),
            torch="nn.init.eye_(rnn.weight_hh_l0)",
            keras='SimpleRNN(h, activation="relu", recurrent_initializer="identity")',
        )
    yield from case.offer(
        "",
        "The weights between time steps begin orthogonal.",
        partial(_begun, scheme="orthogonal"),
        torch="nn.init.orthogonal_(rnn.weight_hh_l0)",
        keras='recurrent_initializer="orthogonal"',
        later=1,
    )


def _begun(table: Table, scheme: str) -> Table:
    found = types(recurrent(table))
    if not found:
        raise Impossible("nothing is recurrent")
    rule: dict[str, Any] = {"match": "*", "layer": as_rule(found), "recurrent": scheme}
    return table.with_init(rule | ({"bias": "zeros"} if scheme == "eye" else {}))
