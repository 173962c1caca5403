"""The layers of a network from a file: which nodes are layers, what they are called and what they are."""

from collections import Counter

from service.schemas.plan import Layer
from service.schemas.plan import Tensor as PlannedTensor
from workers.networks.onnx.assemble import Assembled
from workers.networks.onnx.names import is_dotted, module_of, safe, scope_of, unique
from workers.networks.onnx.network import NodeModule, OnnxLayer
from workers.networks.onnx.sources import source_lines
from workers.networks.onnx.trial import Trial, numbers


def describe(
    assembled: Assembled, trial: Trial, network: str
) -> tuple[tuple[OnnxLayer, ...], dict[int, NodeModule]]:
    """Every node that computes real numbers from the input, or looks a weight up; what only rearranges is none."""
    steps = assembled.network.steps
    chosen = [number for number in range(len(steps)) if _is_layer(assembled, trial, number)]
    names = _names(assembled, chosen)
    sources = source_lines([assembled.nodes[number] for number in chosen])
    inputs = _inputs(assembled, chosen)
    counted: set[str] = set()
    layers = []
    for depth, number in enumerate(chosen):
        own = tuple(name for name in assembled.leaves[number] if name not in counted)
        counted.update(own)
        layer = _layer(assembled, trial, number, own)
        placed = layer.model_copy(
            update={"depth": depth, "network": network, "name": names[depth], "inputs": inputs[number]}
        )
        layers.append(OnnxLayer(placed, steps[number].operator, assembled.leaves[number], sources[depth]))
    return tuple(layers), {depth: steps[number].module for depth, number in enumerate(chosen)}


def _is_layer(assembled: Assembled, trial: Trial, number: int) -> bool:
    computes = assembled.carries[number] and assembled.entries[number].family != "shape"
    return trial.seen[number].dtype.is_floating_point and (computes or bool(assembled.owned[number]))


def _layer(assembled: Assembled, trial: Trial, number: int, own: tuple[str, ...]) -> Layer:
    entry, leaves = assembled.entries[number], assembled.leaves[number]
    weights = assembled.network.parameter_of
    shape = trial.seen[number].shape
    weighted = entry.weighted is not None and bool(leaves)
    kind = entry.weighted if weighted and entry.weighted else entry.type
    largest = max((weights[name].numel() for name in leaves), default=0)
    positions = numbers(shape[1:]) // max(
        shape[1] if entry.family == "convolution" and len(shape) > 1 else shape[-1] if shape else 1, 1
    )
    multiplies = entry.family in {"convolution", "recurrent"} or kind == "Linear"
    return Layer(
        depth=0,
        network="",
        name="",
        type=kind.format(max(len(shape) - 2, 1)),
        family=entry.weighted_family if weighted else entry.family,
        inputs=(),
        output=PlannedTensor(shape=shape[1:] if shape and shape[0] == trial.ran else shape),
        parameters=sum(weights[name].numel() for name in own),
        multiply_adds=largest * max(positions, 1) if multiplies else 0,
        pointer="/network/onnx",
    )


def _names(assembled: Assembled, chosen: list[int]) -> list[str]:
    """The user's module; where several nodes come from one, the others bear their operation behind it."""
    modules = [_module(assembled, number) for number in chosen]
    shared = Counter(module for module, _ in modules)
    weighted = {module for module, owns in modules if owns}
    named: set[str] = set()
    names = []
    counts: Counter[str] = Counter()
    for number, (module, owns) in zip(chosen, modules, strict=True):
        node = assembled.nodes[number]
        counts[node.operator] += 1
        alone = shared[module] == 1 or (owns if module in weighted else False)
        if module and alone and module not in named:
            names.append(module)
            named.add(module)
        elif module:
            names.append(f"{module}.{safe(node.operator.lower())}")
        else:
            names.append(f"{safe(node.operator.lower())}_{counts[node.operator]}")
    return unique(names)


def _module(assembled: Assembled, number: int) -> tuple[str, bool]:
    """Path of the module that a node belongs to, and whether it is what holds the module's weights."""
    for leaf in assembled.leaves[number]:
        if is_dotted(leaf) and module_of(leaf):
            return module_of(leaf), True
    return safe(scope_of(assembled.nodes[number])), False


def _inputs(assembled: Assembled, chosen: list[int]) -> dict[int, tuple[int, ...]]:
    """Depths whose outputs each layer takes, through the nodes between that are none; -1 is the input."""
    network = assembled.network
    depth_of = {number: depth for depth, number in enumerate(chosen)}
    reach: dict[str, tuple[int, ...]] = dict.fromkeys(network.inputs, (-1,))
    found = {}
    for number, step in enumerate(network.steps):
        sources = tuple(dict.fromkeys(depth for name in step.inputs for depth in reach.get(name, ())))
        found[number] = sources
        given = (depth_of[number],) if number in depth_of else sources if assembled.carries[number] else ()
        reach.update((name, given) for name in step.outputs if name)
    return found
