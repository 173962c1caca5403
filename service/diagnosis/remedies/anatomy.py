"""Which layers of a network a cure speaks of: its hidden activations, its maps, its head."""

from collections import Counter
from collections.abc import Iterable

from service.diagnosis.remedies.items import RECURRENT, WEIGHTED
from service.diagnosis.remedies.table import Table
from service.schemas.plan import Layer

ELEMENTWISE = frozenset(
    {
        "ReLU", "ReLU6", "Sigmoid", "Tanh", "LogSigmoid", "Softsign", "Tanhshrink", "SiLU", "Mish", "SELU",
        "Hardsigmoid", "Hardswish", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU", "GELU", "Softplus", "Hardtanh",
        "Hardshrink",
        "Softshrink", "Threshold", "Sine",
    }
)  # fmt: skip
"""Activations that another can stand in for."""
CARRIERS = frozenset({"shape", "dropout", "pooling", "normalization"})


def activations(table: Table) -> tuple[Layer, ...]:
    """Hidden activations, without those that the network ends in."""
    ending = {layer.depth for layer in table.structure.tail}
    return tuple(layer for layer in table.layers if layer.type in ELEMENTWISE and layer.depth not in ending)


def dominant(table: Table) -> str | None:
    """The activation that most hidden layers have, inside of them or behind them."""
    kinds = Counter(layer.type for layer in activations(table))
    kinds.update(layer.activation for layer in table.layers if layer.activation)
    return kinds.most_common(1)[0][0] if kinds else None


def maps(table: Table) -> tuple[Layer, ...]:
    """Linear layers and convolutions."""
    return tuple(layer for layer in table.layers if layer.type in WEIGHTED and layer.parameters)


def head(table: Table) -> Layer | None:
    """The last map, where only activations follow it."""
    output, found = table.structure.output, maps(table)
    if output is None or not found:
        return None
    ending = {output.depth, *(layer.depth for layer in table.structure.tail)}
    behind = [layer for layer in table.layers if layer.depth > found[-1].depth]
    only = all(layer.depth in ending or layer.family in {"shape", "dropout", "operation"} for layer in behind)
    return found[-1] if only else None


def hidden(table: Table) -> tuple[Layer, ...]:
    """Maps before the head."""
    last = head(table)
    return tuple(layer for layer in maps(table) if layer != last)


def width(table: Table) -> int:
    """Units of its widest hidden map, channels of a convolution; 0 without any."""
    return max(
        (layer.output.shape[0 if layer.family == "convolution" else -1] for layer in hidden(table)), default=0
    )


def followed(table: Table, layer: Layer, families: Iterable[str]) -> bool:
    """Whether a layer of one of these families takes what this one gives."""
    wanted = set(families)
    return any(layer.depth in other.inputs and other.family in wanted for other in table.layers)


def recurrent(table: Table) -> tuple[Layer, ...]:
    """RNN, LSTM and GRU."""
    return tuple(layer for layer in table.layers if layer.type in RECURRENT)


def types(layers: Iterable[Layer]) -> list[str]:
    """Their types, each once, in order."""
    return list(dict.fromkeys(layer.type for layer in layers))


def as_rule(kinds: list[str]) -> str | list[str]:
    """How a rule of initialisation names them."""
    return kinds[0] if len(kinds) == 1 else kinds


def has_norms(table: Table) -> bool:
    """Whether anything is normalised."""
    return any(layer.family == "normalization" for layer in table.layers)
