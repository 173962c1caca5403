"""Which places of a network are watched, and how closely.

All statistics of the output are taken where a signal is seen best: at activations, recurrent and attention
layers, embeddings and operations (residual sums), and at linear, convolution and normalization layers whose
output something else takes than an activation, a normalization or an operation, which would say nearly the same
again (the logits, say, or a normalization before attention). Of any other layer with arithmetic in it only the
size is taken, of its output and of the gradient there: enough to tell where a number became non-finite, at a
quarter of the cost. Dropout and layers that only reshape are not watched.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

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


@runtime_checkable
class Foreign(Protocol):
    """A network whose layers are not torch's own: batch, time and units may lie along any axis of theirs."""

    def weights(self, depth: int) -> Iterator[nn.Parameter]:
        """What counts as a layer's weights."""

    def rows(self, parameter: nn.Parameter) -> Tensor:
        """A weight with one row for each unit that it makes."""

    def batch_axis(self, depth: int) -> int | None:
        """Of what a layer gives; None where it is the same for every example."""

    def time_axis(self, depth: int) -> int:
        """Of what a recurrent layer takes."""


def _as_it_lies(weight: nn.Parameter) -> Tensor:
    return weight


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
    """The axis of the output (batch included, in front) that numbers its units: channels, or features."""
    batch_axis: int = 0
    """The axis of the batch in what the module gives."""
    time_axis: int = 1
    """The axis of the time in what a recurrent module takes."""
    rows: Callable[[nn.Parameter], Tensor] = _as_it_lies
    """A weight with one row for each unit that it makes."""


def sites(networks: Mapping[str, PlannedNetwork]) -> tuple[Site, ...]:
    """Every layer of every network, in order of depth; a weight that two share is the first one's."""
    taken: set[int] = set()
    found = []
    for network in networks.values():
        plan = {planned.layer.depth: planned.layer for planned in network.planned}
        for layer in plan.values():
            weights = tuple(weight for weight in _weights(network, layer) if id(weight) not in taken)
            taken.update(map(id, weights))
            found.append(_site(network, layer, plan, weights))
    return tuple(sorted(found, key=lambda site: site.depth))


def _site(
    network: PlannedNetwork, layer: Layer, plan: Mapping[int, Layer], weights: tuple[nn.Parameter, ...]
) -> Site:
    full, foreign = _is_full(layer, plan), network if isinstance(network, Foreign) else None
    axis = 0 if foreign is None else foreign.batch_axis(layer.depth)
    flows = layer.output.dtype == "float" and axis is not None
    site = Site(
        layer=layer,
        depth=layer.depth,
        module=network.layers[layer.depth],
        weights=weights,
        watched=flows and (full or layer.family not in UNWATCHED),
        full=flows and full,
        unit_axis=_unit_axis(layer, plan),
        batch_axis=axis or 0,
    )
    if foreign is None:
        return site
    return replace(site, time_axis=foreign.time_axis(layer.depth), rows=foreign.rows)


def _weights(network: PlannedNetwork, layer: Layer) -> Iterator[nn.Parameter]:
    """Trainable tensors with two or more dimensions; of a normalization also the one-dimensional scale."""
    if isinstance(network, Foreign):
        yield from network.weights(layer.depth)
        return
    for name, parameter in network.layers[layer.depth].named_parameters():
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
