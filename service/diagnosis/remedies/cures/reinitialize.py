"""Initial weights of the right size for each layer and its activation, and biases of zero.

What it changes: the rules of initialisation of all maps: He's or Glorot's by the activation behind them, orthogonal
weights, LeCun's, or sizes measured on the first batch (LSUV); recurrent weights become orthogonal. Biases begin at
zero, so that units which a bias killed live again.

When it helps: weights too small or too large for their depth, weights that are all alike, units born dead, torch's
default under more than ten rectifiers, tanh that begins saturated.

When it does not: sigmoids in depth (1e-12 after 20 layers with Glorot's weights: their slope is the fault), input out
of scale, a rate too high or too low. A new start can need a new rate, so it is tried with Adam too.

Source: Glorot and Bengio (2010); He et al. (2015); Saxe et al. (2014); Mishkin and Matas (2016).
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from service.diagnosis.remedies.anatomy import as_rule, dominant, head, maps, recurrent, types
from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.case import Case, Proposal
from service.diagnosis.remedies.items import ATTENTION, GLOROT, LECUN, RECTIFIERS, gain_for, he, weights_for
from service.diagnosis.remedies.registry import remedy
from service.diagnosis.remedies.table import Table, exactly
from service.schemas.onnx import OnnxSpec

Rule = dict[str, Any]
DEEP = 16
"""Maps from which on orthogonal weights reach further under rectifiers than Gaussian ones."""


@remedy(
    "reinitialize",
    answers={
        "dead-units": 10, "poor-initialization": 10, "symmetric-units": 10, "exploding-signal": 12,
        "saturated-activation": 12, "attenuated-loss-gradient": 20, "no-gradient": 20,
        "exploding-through-time": 24, "vanishing-signal": 30, "vanishing-gradient": 32, "not-learning": 34,
        "non-finite-origin": 36, "shattered-gradient": 36, "diverging-training": 40,
        "exploding-gradient": 40, "vanishing-through-time": 44, "underflow": 50, "output-loss-mismatch": 60,
        "input-scale": 76, "learning-rate-too-high": 76, "target-scale": 77,
    },
    pairs=("use-adaptive-optimizer", "lower-learning-rate", "add-batch-norm"),
)  # fmt: skip
def propose(case: Case) -> Iterator[Proposal]:
    """By the activation first, then orthogonal weights, then what else is known."""
    kind = dominant(case.table)
    fitting = weights_for(kind)
    known = _schemes(kind, fitting)
    if kind in RECTIFIERS and len(maps(case.table)) > DEEP:
        known = sorted(known, key=lambda each: each[0] != "orthogonal")
    yield from case.offer(
        "afresh",
        "Training starts from fresh weights instead of those in the file.",
        afresh,
        torch="for layer in model.modules(): layer.reset_parameters()  # where it has them",
        keras="build the model anew instead of loading its weights",
        later=3,
    )
    for place, (name, scheme, torch, keras) in enumerate(known):
        yield from case.offer(
            name,
            f"All weights begin anew with {_WORDS[name]}, biases at zero.",
            partial(drawn, scheme=scheme),
            torch=f"{torch}; nn.init.zeros_(layer.bias)",
            keras=f'kernel_initializer={keras}, bias_initializer="zeros"',
            later=2 * place + (6 if recurrent(case.table) else 0),
        )


_WORDS = {
    "he": "He's weights (for rectifiers)",
    "xavier": "Glorot's weights",
    "siren": "the weights that sin(30 x) needs",
    "orthogonal": "orthogonal weights",
    "lecun": "LeCun's weights",
    "lsuv": "orthogonal weights, scaled on the first batch until each layer gives a variance of one",
}


def _schemes(kind: str | None, fitting: Rule) -> Sequence[tuple[str, Rule, str, str]]:
    """Name, scheme, and how torch and Keras say it, the fitting one first."""
    gain = gain_for(kind)
    orthogonal: Rule = {"scheme": "orthogonal", "gain": gain} if gain != 1 else {"scheme": "orthogonal"}
    known = {
        "he": (he(), 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")', '"he_normal"'),
        "xavier": (GLOROT, "nn.init.xavier_uniform_(layer.weight)", '"glorot_uniform"'),
        "orthogonal": (
            orthogonal,
            f"nn.init.orthogonal_(layer.weight, gain={gain:g})",
            f"keras.initializers.Orthogonal(gain={gain:g})",
        ),
        "lsuv": (
            {"scheme": "lsuv"},
            "orthogonal weights, then layer.weight /= layer(x).std() for each layer in order",
            "keras.initializers.Orthogonal(), then each kernel over the deviation of its output",
        ),
        "lecun": (
            LECUN,
            'nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")',
            '"lecun_normal"',
        ),
    }
    if fitting["scheme"] == "kaiming_uniform":
        known["siren"] = (
            fitting,
            "nn.init.uniform_(layer.weight, -(6 / fan_in) ** 0.5 / 30, (6 / fan_in) ** 0.5 / 30)",
            "keras.initializers.VarianceScaling(2 / 900, distribution='uniform')",
        )
        order = ["siren", "orthogonal", "xavier"]
    elif fitting == GLOROT:
        order = ["xavier", "orthogonal", "lsuv", "lecun", "he"]
    elif fitting == LECUN:
        order = ["lecun", "orthogonal", "lsuv", "xavier"]
    else:
        known["he"] = (fitting, *known["he"][1:])
        order = ["he", "orthogonal", "lsuv", "xavier", "lecun"]
    return [(name, *known[name]) for name in order]


def drawn(table: Table, scheme: Rule) -> Table:
    """All maps by one scheme, the head by Glorot's, recurrent weights orthogonal, attention by Glorot's."""
    found, last = types(maps(table)), head(table)
    states = types(recurrent(table))
    attending = [kind for kind in types(table.layers) if kind in ATTENTION]
    rules: list[Rule] = []
    if found:
        rules.append({"match": "*", "layer": as_rule(found), "weight": scheme, "bias": "zeros"})
    if last is not None and len(maps(table)) > 1 and scheme["scheme"] != "lsuv":
        rules.append({"match": exactly(last.name), "weight": GLOROT})
    if states:
        orthogonal = {"scheme": "orthogonal"}
        rules.append({"match": "*", "layer": as_rule(states), "weight": GLOROT, "recurrent": orthogonal})
    if attending:
        rules.append({"match": "*", "layer": as_rule(attending), "weight": GLOROT})
    if not rules:
        raise Impossible("there is nothing to draw anew")
    if scheme["scheme"] == "kaiming_uniform" and found:
        rules.append(_first_sine(table))
    return table.with_init(*rules)


def afresh(table: Table) -> Table:
    """A file's weights drawn anew, as torch would."""
    network = table.submission.network
    if not isinstance(network, OnnxSpec) or network.weights == "reinitialize":
        raise Impossible("its weights are drawn at the start anyway")
    return table.with_network(table.written | {"weights": "reinitialize"})


def _first_sine(table: Table) -> Rule:
    """The first layer of a SIREN takes coordinates: its weights are of size one over their number."""
    first = maps(table)[0]
    shape = table.shape_into(first) or (1,)
    bound = 1 / shape[-1]
    return {"match": exactly(first.name), "weight": {"scheme": "uniform", "a": -bound, "b": bound}}
