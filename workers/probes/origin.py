"""Where a network first became non-finite: the layer that made it so, not those that it infected.

Pure functions of one probed step's statistics and of how the layers hang together.

- Forward: the first layer, in order of execution, with a non-finite output. Whatever ran before it was finite,
  so its inputs were. Where its weights are broken already, it is the victim of an earlier update.
- Backward: gradients flow from deep to shallow, so the deepest non-finite one is the first. If it is a
  weight's, its layer made it; if it is an output's, a layer that takes this output made it, or the loss.
- Update: gradients are finite and the weights after the step are not.
"""

import math
from collections.abc import Mapping, Sequence

from service.schemas.plan import Layer
from service.schemas.run import Direction, NonFinite
from workers.probes.sheet import Reading, Statistics


def find_origin(layers: Sequence[Layer], reading: Reading) -> NonFinite | None:
    """The producer at the step of `reading`; None where everything is finite."""
    by_depth = {layer.depth: layer for layer in layers}
    return _forward(by_depth, reading) or _backward(by_depth, reading) or _update(by_depth, reading)


def _forward(layers: Mapping[int, Layer], reading: Reading) -> NonFinite | None:
    for extreme in ("input_min", "input_max"):
        if _broken(reading.network, extreme):
            return _place(reading.step, "forward", "input", reading.network[extreme])
    for depth in reading.executed:
        row = reading.layers[depth]
        if _broken(row, "activation_rms"):
            if _broken(row, "weight_rms") and reading.step > 0:
                return _broken_before(layers, reading)
            return _place(reading.step, "forward", layers[depth], row["activation_rms"])
    if _broken(reading.network, "loss"):
        return _place(reading.step, "forward", "loss", reading.network["loss"])
    return None


def _broken_before(layers: Mapping[int, Layer], reading: Reading) -> NonFinite:
    """Weights that an update before this step left non-finite: the deepest, where backward began."""
    depth = max(depth for depth, row in reading.layers.items() if _broken(row, "weight_rms"))
    return _place(reading.step - 1, "backward", layers[depth], reading.layers[depth]["weight_rms"])


def _backward(layers: Mapping[int, Layer], reading: Reading) -> NonFinite | None:
    """Deepest means last to run: a generator's layers run before its critic's, whatever their numbers."""
    rows = reading.layers
    weights = [depth for depth in reading.executed if _broken(rows[depth], "weight_gradient_rms")]
    outputs = [depth for depth in reading.executed if _broken(rows[depth], "output_gradient_rms")]
    if not weights and not outputs:
        return None
    rank = reading.executed.index
    if weights and (not outputs or rank(weights[-1]) > rank(outputs[-1])):
        return _place(reading.step, "backward", layers[weights[-1]], rows[weights[-1]]["weight_gradient_rms"])
    value = rows[outputs[-1]]["output_gradient_rms"]
    takers = sorted(_takers(layers, reading, outputs[-1]), key=rank)
    computing = [depth for depth in takers if layers[depth].family != "operation"]
    culprit = [*takers[-1:], *computing[-1:]]
    return _place(reading.step, "backward", layers[culprit[-1]] if culprit else "loss", value)


def _takers(layers: Mapping[int, Layer], reading: Reading, depth: int) -> set[int]:
    """Measured layers that take the output of `depth`, also by way of layers that are not measured.

    What takes a network's output is the loss, or the first layers of a network that runs after it.
    """
    direct = [layer for layer in layers.values() if depth in layer.inputs]
    if not direct:
        later = reading.executed[reading.executed.index(depth) + 1 :] if depth in reading.executed else ()
        own = layers[depth].network
        return {other for other in later if -1 in layers[other].inputs and layers[other].network != own}
    found: set[int] = set()
    for layer in direct:
        measured = layer.depth in reading.executed
        found |= {layer.depth} if measured else _takers(layers, reading, layer.depth)
    return found


def _update(layers: Mapping[int, Layer], reading: Reading) -> NonFinite | None:
    torn = [
        depth
        for depth, row in reading.layers.items()
        if _broken(row, "update_ratio") and row.get("weight_rms") != 0
    ]
    if not torn:
        return None
    depth = max(torn)
    return _place(reading.step, "backward", layers[depth], reading.layers[depth]["update_ratio"])


def _broken(row: Statistics, name: str) -> bool:
    value = row.get(name)
    return value is not None and not math.isfinite(value)


def _place(step: int, direction: Direction, place: Layer | str, value: float | None) -> NonFinite:
    return NonFinite(
        step=step,
        direction=direction,
        depth=place.depth if isinstance(place, Layer) else None,
        layer=place.name if isinstance(place, Layer) else place,
        value="NaN" if value is None or math.isnan(value) else "Infinity",
    )
