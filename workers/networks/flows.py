"""Where the batch lies in what each layer of a file gives, and what one example of it looks like.

In a file the batch is an axis like any other: a recurrent layer gives (time, directions, batch, states), and a linear
one may take all steps of all sequences as one long batch. Two small runs of different batches tell which axis grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from service.schemas.plan import Shape
from workers.networks.onnx.network import OnnxNetwork
from workers.networks.onnx.operators.recurrent import Recurrence
from workers.networks.onnx.registry import tensors

_FEW = 2


@dataclass(frozen=True)
class Flow:
    """What one layer gives."""

    shape: Shape
    """Of one example; where several of them make one long axis, its share of that comes first."""
    axis: int | None
    """Axis of the batch; None where the output is the same whatever flows in."""
    floating: bool = True


def flows_of(network: OnnxNetwork) -> Mapping[int, Flow]:
    """The flow of each layer by depth; torch's random state and the network stay as they are."""
    batch = network.report.batch
    first = _run(network, batch or _FEW)
    if batch is None:
        second = _run(network, _FEW + 1)
        flows = {depth: _grown(value, second[depth]) for depth, value in first.items()}
    else:
        flows = {depth: _fixed(value, batch) for depth, value in first.items()}
    for depth, module in network.layers.items():
        if isinstance(module.operation, Recurrence) and len(first[depth].shape) == 4:
            # (time, directions, batch, states), or the batch first: not to be guessed from sizes that may be equal
            axis = 0 if module.operation.batch_first else 2
            flows[depth] = replace(_without(first[depth].shape, axis), floating=True)
    return flows


def _run(network: OnnxNetwork, batch: int) -> dict[int, Tensor]:
    """What each layer gives for a batch of noise, without its numbers."""
    seen: dict[int, Tensor] = {}

    def watch(depth: int) -> torch.utils.hooks.RemovableHandle:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            seen[depth] = _bare(output)

        return network.layers[depth].register_forward_hook(hook)

    handles = [watch(depth) for depth in network.layers]
    training = network.training
    network.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            network(_noise(network, batch))
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    return seen


def _bare(output: object) -> Tensor:
    """Shape and type of the first tensor of an output, without memory."""
    first = tensors(output)[0]
    found: Tensor = first[0] if isinstance(first, list) else first
    return found.detach().to("meta")


def _noise(network: OnnxNetwork, batch: int) -> Tensor:
    """Real numbers, or zeros where whole ones are wanted: 0 is a place in every table."""
    sizes: Sequence[int] = (batch, *network.input.shape)
    return torch.randn(sizes) if network.input.dtype == "float" else torch.zeros(sizes, dtype=torch.int64)


def _grown(few: Tensor, more: Tensor) -> Flow:
    """By the axis that grows with the batch."""
    pairs = zip(few.shape, more.shape, strict=True) if few.dim() == more.dim() else ()
    axis = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
    if axis is None:
        return Flow(tuple(few.shape), None, few.is_floating_point())
    return _shared(few, axis, few.shape[axis] // _FEW)


def _fixed(value: Tensor, batch: int) -> Flow:
    """By the first axis of the batch's size, else by the first that is a multiple of it."""
    exact = [place for place, size in enumerate(value.shape) if size == batch]
    shared = [place for place, size in enumerate(value.shape) if size and size % batch == 0]
    axis = next(iter(exact or shared), None)
    if axis is None:
        return Flow(tuple(value.shape), None, value.is_floating_point())
    return _shared(value, axis, value.shape[axis] // batch)


def _shared(value: Tensor, axis: int, share: int) -> Flow:
    flow = replace(_without(value.shape, axis), floating=value.is_floating_point())
    return flow if share <= 1 else replace(flow, shape=(share, *flow.shape))


def _without(shape: Sequence[int], axis: int) -> Flow:
    return Flow((*shape[:axis], *shape[axis + 1 :]), axis)
