"""A planned network as a module: a plain list of layers, each run once, in order of depth."""

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from service.schemas.planned import PlannedLayer


class PlanNetwork(nn.Module):
    """Runs the planned layers in order; an output is let go as soon as no later layer needs it.

    `layers` maps each depth to its module, operations too, and every module is called exactly once in
    a forward, with its inputs as positional arguments: a hook on it sees all of the layer.
    """

    def __init__(
        self, planned: Sequence[PlannedLayer], modules: Mapping[int, nn.Module], output: int
    ) -> None:
        super().__init__()
        self.planned = tuple(planned)
        self.layers = {plan.layer.depth: modules[plan.layer.depth] for plan in self.planned}
        self.output_depth = output
        self._registered = nn.ModuleList(self.layers.values())
        self._released = _released(self.planned, output)

    def forward(self, x: Tensor) -> Tensor:
        """The network's output for a batch `x` of shape (batch, *input)."""
        values = {-1: x}
        del x
        for plan, released in zip(self.planned, self._released, strict=True):
            layer = plan.layer
            values[layer.depth] = self.layers[layer.depth](*(values[depth] for depth in layer.inputs))
            for depth in released:
                del values[depth]
        return values[self.output_depth]


def _released(planned: Sequence[PlannedLayer], output: int) -> tuple[tuple[int, ...], ...]:
    """For each layer in order, the depths whose value nothing after it needs."""
    needed = {output}
    released = []
    for plan in reversed(planned):
        layer = plan.layer
        candidates = {*layer.inputs, layer.depth}
        released.append(tuple(sorted(candidates - needed)))
        needed |= candidates
    return tuple(reversed(released))
