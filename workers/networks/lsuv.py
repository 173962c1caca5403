"""Layer-sequential unit variance: weights that begin orthogonal, scaled on data until each layer keeps its variance.

Mishkin and Matas (2016), "All you need is a good init": layer by layer from the input on, the weight is divided by the
standard deviation of its layer's output on one batch, until that is one. Layers before it are done by then.
"""

import math
from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from service.schemas.init_rules import init_rules_for
from service.schemas.network import NetworkSpec
from service.schemas.onnx import OnnxSpec
from service.schemas.plan import Layer
from workers.networks.file import FileNetwork
from workers.networks.network import PlanNetwork
from workers.networks.onnx.registry import tensors

_ATTEMPTS = 10
_CLOSE = 0.1
_FAMILIES = frozenset({"linear", "convolution"})


def scaled_layers(spec: NetworkSpec | OnnxSpec, layers: Collection[Layer]) -> tuple[int, ...]:
    """Depths of the layers whose weights are to be scaled, as the network's rules say, from the input on."""
    chosen = (
        layer.depth
        for layer in layers
        if layer.family in _FAMILIES
        and (scheme := init_rules_for(spec, layer).weight) is not None
        and scheme.scheme == "lsuv"
    )
    return tuple(sorted(chosen))


def scale(network: PlanNetwork | FileNetwork, depths: Collection[int], x: Tensor, seed: int) -> None:
    """Scale the weights of these layers in place; running statistics and torch's random state stay as they are.

    A layer whose output is constant or not finite keeps its weight, and so does one whose weight is computed of others.
    """
    kept = {name: buffer.clone() for name, buffer in network.named_buffers()}
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        for depth in depths:
            weights = _weights(network, depth)
            for _ in range(_ATTEMPTS if weights else 0):
                torch.default_generator.manual_seed(seed)
                deviation = _deviation(network, network.layers[depth], x)
                if not 0 < deviation < math.inf or abs(deviation**2 - 1) < _CLOSE:
                    break
                for weight in weights:
                    weight.div_(deviation)
        for name, buffer in network.named_buffers():
            buffer.copy_(kept[name])


def _weights(network: PlanNetwork | FileNetwork, depth: int) -> tuple[nn.Parameter, ...]:
    if isinstance(network, FileNetwork):
        maps = {"linear", "convolution", "projections"}
        return tuple(parameter for _, parameter, part in network.placed(depth) if part.kind in maps)
    module = network.layers[depth]
    weight = getattr(module, "weight", None)
    return (weight,) if isinstance(weight, nn.Parameter) and not is_parametrized(module) else ()


def _deviation(network: nn.Module, module: nn.Module, x: Tensor) -> float:
    """Standard deviation over everything that the layer gives for a batch, in training mode."""
    seen: list[float] = []

    def hook(_module: nn.Module, _inputs: object, output: object) -> None:
        seen.append(float(tensors(output)[0].float().std(correction=0)))

    handle = module.register_forward_hook(hook)
    try:
        network(x)
    finally:
        handle.remove()
    return seen[0] if seen else math.nan
