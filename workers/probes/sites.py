"""Which places of a network are watched, and how closely.

All statistics of the output are taken where a signal is seen best: at activations, recurrent and attention
layers, embeddings and operations (residual sums), and at linear, convolution and normalization layers whose
output something else takes than an activation, a normalization or an operation, which would say nearly the same
again (the logits, say, or a normalization before attention). Of any other layer with arithmetic in it only the
size is taken, of its output and of the gradient there: enough to tell where a number became non-finite, at a
quarter of the cost. Dropout and layers that only reshape are not watched.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import nn

from service.schemas.plan import Family, Layer

FULL: frozenset[Family] = frozenset({"activation", "recurrent", "attention", "embedding", "operation"})
UNWATCHED: frozenset[Family] = frozenset({"dropout", "shape"})
_RETAKEN: frozenset[Family] = frozenset({"linear", "convolution", "normalization"})
_RETAKING: frozenset[Family] = frozenset({"activation", "normalization", "operation"})
_CHANNELS_FIRST: frozenset[Family] = frozenset({"convolution"})
_FEATURES_LAST: frozenset[Family] = frozenset({"linear", "recurrent", "attention", "embedding"})


class Planned(Protocol):
    """A layer in its place."""

    @property
    def layer(self) -> Layer:
        """Its number, name and shape."""


class PlannedNetwork(Protocol):
    """A network as `workers.networks` builds it: one module per planned layer, each run once per forward."""

    @property
    def planned(self) -> Sequence[Planned]:
        """The layers in order of depth."""

    @property
    def layers(self) -> Mapping[int, nn.Module]:
        """The module of each depth."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All trainable tensors."""


@dataclass(frozen=True)
class Site:
    """One layer to watch."""

    layer: Layer
    depth: int
    """Where it is, over all networks."""
    module: nn.Module
    weights: tuple[nn.Parameter, ...]
    """Its matrices and kernels, and the scale of a normalization; biases are left out."""
    watched: bool
    """At least the RMS of its output and output gradient are taken."""
    full: bool
    """All statistics of them are."""
    unit_axis: int
    """The axis of the output (batch included) that numbers its units: channels, or features."""


def sites(networks: Mapping[str, PlannedNetwork]) -> tuple[Site, ...]:
    """Every layer of every network, in order of depth; a weight that two share is the first one's."""
    taken: set[int] = set()
    found = []
    for network in networks.values():
        plan = {planned.layer.depth: planned.layer for planned in network.planned}
        for layer in plan.values():
            module = network.layers[layer.depth]
            weights = tuple(weight for weight in _weights(layer, module) if id(weight) not in taken)
            taken.update(map(id, weights))
            full = _is_full(layer, plan)
            found.append(
                Site(
                    layer=layer,
                    depth=layer.depth,
                    module=module,
                    weights=weights,
                    watched=layer.output.dtype == "float" and (full or layer.family not in UNWATCHED),
                    full=full and layer.output.dtype == "float",
                    unit_axis=_unit_axis(layer, plan),
                )
            )
    return tuple(sorted(found, key=lambda site: site.depth))


def _weights(layer: Layer, module: nn.Module) -> Iterator[nn.Parameter]:
    """Trainable tensors with two or more dimensions; of a normalization also the one-dimensional scale."""
    for name, parameter in module.named_parameters():
        scale = layer.family == "normalization" and not name.endswith("bias")
        if parameter.requires_grad and (parameter.dim() >= 2 or scale):
            yield parameter


def _is_full(layer: Layer, plan: Mapping[int, Layer]) -> bool:
    consumers = [other for other in plan.values() if layer.depth in other.inputs]
    if layer.family in FULL or not consumers:
        return True
    retaken = all(consumer.family in _RETAKING for consumer in consumers)
    return layer.family in _RETAKEN and not retaken


def _unit_axis(layer: Layer, plan: Mapping[int, Layer]) -> int:
    """Channels (axis 1) after a convolution, features (the last) after a layer on vectors, else by rank."""
    origin: Layer | None = layer
    while origin is not None:
        if origin.family in _CHANNELS_FIRST:
            return 1
        if origin.family in _FEATURES_LAST:
            return -1
        if len(origin.output.shape) != len(layer.output.shape):
            break
        origin = plan.get(origin.inputs[0]) if origin.inputs else None
    return 1 if len(layer.output.shape) >= 3 else -1
