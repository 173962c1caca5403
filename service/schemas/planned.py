"""A plan: what a network as written comes to, ready to be built, probed and spoken of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.schemas.layers.base import LayerSpec
from service.schemas.layers.shapes import numbers
from service.schemas.plan import Layer, Tensor


@dataclass(frozen=True)
class PlannedLayer:
    """A layer in its place, with what was written of it and the shapes that flow in."""

    layer: Layer
    spec: LayerSpec | None = None
    """None for a layer of an uploaded file."""
    inputs: tuple[Tensor, ...] = ()
    """Of a file's layers, only recurrent ones tell them."""


@dataclass(frozen=True)
class Plan:
    """The layers of every network of a submission, numbered through."""

    networks: dict[str, tuple[PlannedLayer, ...]]
    outputs: dict[str, int]
    """Depth whose output is the network's."""
    inputs: Mapping[str, Tensor]
    """What flows into each network."""
    ends: Mapping[str, Tensor] = field(default_factory=dict)
    """What a network gives, where that is not what its last layer gives: in a file, reshaping may follow."""

    @property
    def planned(self) -> tuple[PlannedLayer, ...]:
        """All layers in order of depth, with their specs."""
        return tuple(planned for network in self.networks.values() for planned in network)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers in order of depth."""
        return tuple(planned.layer for planned in self.planned)

    @property
    def parameters(self) -> int:
        """Trainable numbers of all networks."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Of one example, forward through all networks."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activation_values(self) -> int:
        """Numbers in the outputs of all layers for one example."""
        return sum(numbers(layer.output) for layer in self.layers)

    def output(self, network: str) -> Tensor:
        """What one of the networks gives."""
        return self.ends.get(network) or self.layers[self.outputs[network]].output
