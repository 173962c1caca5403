"""A forget gate that begins open, so that an LSTM begins by remembering.

What it changes: forget_bias of every LSTM: the logarithm of the sequence's length, or 1.

When it helps: an LSTM that must remember over tens of steps and begins by halving its memory at each (torch's default
bias is about 0, so the gate is one half).

When it does not: 1 is too little for 100 steps (chance); plain RNNs and GRUs, which have no such gate.

Source: Gers, Schmidhuber and Cummins (2000); Jozefowicz et al. (2015); Tallec and Ollivier (2018) for log T.
"""

import math
from collections.abc import Iterator
from functools import partial

from service.diagnosis.remedies.anatomy import recurrent
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table


@remedy(
    "raise-forget-bias",
    answers={
        "vanishing-through-time": 8, "not-learning": 24, "poor-initialization": 38,
        "vanishing-gradient": 38, "exploding-through-time": 74,
    },
    pairs=("raise-learning-rate", "use-adaptive-optimizer"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """The logarithm of the length, then 1."""
    lengths = [
        shape[0]
        for layer in recurrent(case.table)
        if layer.type == "LSTM" and (shape := case.table.shape_into(layer))
    ]
    if not lengths:
        return
    memory = round(math.log(max(2, *lengths)), 2)
    yield from case.offer(
        "log",
        f"The forget gate's bias begins at {memory:g}, the logarithm of {max(lengths)} steps.",
        partial(_opened, bias=memory),
        torch=f"lstm.bias_ih_l0.data[h:2*h] = {memory:g}; lstm.bias_hh_l0.data[h:2*h] = 0",
        keras="layer.cell.bias[h:2*h] = log(T)",
    )
    yield from case.offer(
        "one",
        "The forget gate's bias begins at 1.",
        partial(_opened, bias=1.0),
        torch="lstm.bias_ih_l0.data[h:2*h] = 1; lstm.bias_hh_l0.data[h:2*h] = 0",
        keras="LSTM(h, unit_forget_bias=True)",
        later=4,
    )


def _opened(table: Table, bias: float) -> Table:
    found = [layer for layer in table.layers if layer.type == "LSTM"]
    if not found:
        raise Impossible("there is no LSTM")
    return table.argued(found, forget_bias=bias)
