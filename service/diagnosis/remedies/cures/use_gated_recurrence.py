"""An LSTM or a GRU in the place of a plain RNN; an LSTM in that of a GRU, and a GRU in that of an LSTM that explodes.

What it changes: the type of each recurrent layer; the LSTM's forget gate begins open: its bias is the logarithm of the
sequence's length for long memories, or 1.

When it helps: what came early in the sequence must be remembered, and the gradient dies on its way back there; states
that grow without bound.

When it does not: GRU alone on 100 steps (one of four); an LSTM with forget bias 1 on 100 steps stays at chance, with
log T it solves it; short memories, which a plain RNN keeps.

Source: Hochreiter and Schmidhuber (1997); Jozefowicz et al. (2015); Tallec and Ollivier (2018) for log T.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from service.diagnosis.remedies.anatomy import recurrent
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.states import settled_states
from service.diagnosis.remedies.table import Table
from service.schemas.plan import Layer

SHARED = ("name", "from", "hidden_size", "num_layers", "bias", "dropout", "bidirectional", "output")

SHORT = 40
"""Time steps that a GRU remembers over as it begins."""


@remedy(
    "use-gated-recurrence",
    answers={
        "poor-initialization": 10, "vanishing-through-time": 10, "exploding-through-time": 11,
        "not-learning": 28, "gradient-spikes": 40, "no-gradient": 40, "non-finite-origin": 40,
        "vanishing-gradient": 40, "saturated-activation": 44, "learning-rate-too-high": 58,
    },
    pairs=("use-adaptive-optimizer", "raise-learning-rate"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """LSTM with log T, with 1, then GRU: sooner where sequences are short, first where they are numbers."""
    lengths = [shape[0] for layer in recurrent(case.table) if (shape := case.table.shape_into(layer))]
    if not lengths:
        return
    memory = round(math.log(max(2, *lengths)), 2)
    short = max(lengths) <= SHORT
    # Gates that begin open add up whatever comes in: one token stays readable in the sum, real numbers drown in it.
    numbers = not any(layer.family == "embedding" for layer in case.table.layers)
    yield from case.offer(
        "lstm-log",
        f"Recurrent layers become LSTMs whose forget bias is {memory:g}, the logarithm of {max(lengths)} steps.",
        partial(_gated, make=partial(_lstm, forget_bias=memory), types=("RNN", "GRU")),
        torch=f"nn.LSTM(n, h); lstm.bias_ih_l0.data[h:2*h] = {memory:g}; lstm.bias_hh_l0.data[h:2*h] = 0",
        keras="LSTM(h); layer.cell.bias[h:2*h] = log(T)",
        later=2 if numbers else 0,
    )
    yield from case.offer(
        "lstm",
        "Recurrent layers become LSTMs whose forget gate begins open (bias 1).",
        partial(_gated, make=partial(_lstm, forget_bias=1.0), types=("RNN", "GRU")),
        torch="nn.LSTM(n, h); lstm.bias_ih_l0.data[h:2*h] = 1; lstm.bias_hh_l0.data[h:2*h] = 0",
        keras="LSTM(h, unit_forget_bias=True)",
        later=6,
    )
    yield from case.offer(
        "gru",
        "Recurrent layers become GRUs.",
        partial(
            _gated, make=_gru, types=("RNN", "LSTM") if "exploding-through-time" in case.ill else ("RNN",)
        ),
        torch="nn.GRU(n, h, batch_first=True)",
        keras="GRU(h)",
        later=0 if numbers else 3 if short else 30,
    )


def _gated(table: Table, make: Callable[[Any], Any], types: tuple[str, ...]) -> Table:
    found: list[Layer] = [layer for layer in recurrent(table) if layer.type in types]
    if not found:
        raise Impossible("no layer is plainly recurrent")
    return settled_states(table.exchanged(found, make))


def _lstm(item: Any, forget_bias: float) -> Any:
    return {"type": "LSTM", **_shared(item), "forget_bias": forget_bias}


def _gru(item: Any) -> Any:
    return {"type": "GRU", **_shared(item)}


def _shared(item: Any) -> dict[str, Any]:
    return {key: item[key] for key in SHARED if key in item}
