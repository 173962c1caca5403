"""The layers of a network from a file: which nodes are layers, what they are called and what they are."""

from collections import Counter
from dataclasses import dataclass

from service.schemas.plan import Layer
from service.schemas.plan import Tensor as PlannedTensor
from workers.networks.onnx.assemble import Assembled
from workers.networks.onnx.graph import Node
from workers.networks.onnx.names import is_dotted, module_of, safe, scope_of, unique
from workers.networks.onnx.network import Constant, NodeModule, OnnxLayer
from workers.networks.onnx.sources import source_lines
from workers.networks.onnx.trial import Trial, numbers

_CLIPS: dict[tuple[float | None, float | None], str] = {
    (-1.0, 1.0): "Hardtanh",
    (0.0, 6.0): "ReLU6",
    (0.0, None): "ReLU",
}
"""What clips are called in torch, by their bounds; any other has no name there and no known range."""


@dataclass(frozen=True)
class Description:
    """The layers by depth, their modules, and the layer that the output comes from."""

    layers: tuple[OnnxLayer, ...]
    modules: dict[int, NodeModule]
    output_depth: int
    """-1 where no layer lies between the input and the output."""


def describe(assembled: Assembled, trial: Trial, network: str) -> Description:
    """Every node that computes real numbers from the input, or looks a weight up; what only rearranges is none."""
    steps = assembled.network.steps
    chosen = [number for number in range(len(steps)) if _is_layer(assembled, trial, number)]
    names = _names(assembled, chosen)
    sources = source_lines([assembled.nodes[number] for number in chosen])
    inputs, reach = _flow(assembled, chosen)
    counted: set[str] = set()
    layers = []
    for depth, number in enumerate(chosen):
        own = tuple(name for name in assembled.leaves[number] if name not in counted)
        counted.update(own)
        layer = _layer(assembled, trial, number, own)
        placed = layer.model_copy(
            update={
                "depth": depth,
                "network": network,
                "name": names[depth],
                "inputs": inputs[number],
                "source": sources[depth],
            }
        )
        layers.append(
            OnnxLayer(placed, steps[number].operator, assembled.leaves[number], sources[depth], number)
        )
    first = assembled.network.outputs[0]
    return Description(
        layers=tuple(layers),
        modules={depth: steps[number].module for depth, number in enumerate(chosen)},
        output_depth=max(reach.get(first, ()), default=-1) if isinstance(first, str) else -1,
    )


def _is_layer(assembled: Assembled, trial: Trial, number: int) -> bool:
    computes = assembled.carries[number] and assembled.entries[number].family != "shape"
    return trial.values[assembled.nodes[number].gives].dtype.is_floating_point and (
        computes or bool(assembled.owned[number])
    )


def _layer(assembled: Assembled, trial: Trial, number: int, own: tuple[str, ...]) -> Layer:
    entry, leaves = assembled.entries[number], assembled.leaves[number]
    weights = assembled.network.parameter_of
    shape = trial.values[assembled.nodes[number].gives].shape
    weighted = entry.weighted is not None and bool(leaves)
    kind = entry.weighted if weighted and entry.weighted else _clip(assembled, number) or entry.type
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
        activation=_inner_activation(assembled.nodes[number]),
    )


def _clip(assembled: Assembled, number: int) -> str | None:
    """What torch calls a clip between these bounds; None for all other operators."""
    node = assembled.nodes[number]
    if node.operator != "Clip":
        return None
    constants = dict(assembled.network.steps[number].module.constants.items())
    bounds: list[float | None] = []
    for place, name in enumerate(("min", "max"), start=1):
        written = node.attributes.get(name)
        constant = constants.get(str(place))
        if isinstance(constant, Constant) and constant.value.numel() == 1:
            bounds.append(float(constant.value))
        elif node.inputs[place : place + 1] not in {(), ("",)}:
            return "clip"
        else:
            bounds.append(written if isinstance(written, float) else None)
    return _CLIPS.get((bounds[0], bounds[1]), "clip")


def _inner_activation(node: Node) -> str | None:
    """What bounds the states of a recurrence."""
    if node.operator not in {"RNN", "LSTM", "GRU"}:
        return None
    given = node.attributes.get("activations")
    return "ReLU" if isinstance(given, tuple) and str(given[:1]).lower() == "('relu',)" else "Tanh"


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
        if node.label:
            names.append(node.label)
            named.add(node.label)
        elif module and alone and module not in named:
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


def _flow(
    assembled: Assembled, chosen: list[int]
) -> tuple[dict[int, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Depths whose outputs each step and each value take, through the steps that are no layers; -1 is the input."""
    network = assembled.network
    depth_of = {number: depth for depth, number in enumerate(chosen)}
    reach: dict[str, tuple[int, ...]] = dict.fromkeys(network.inputs, (-1,))
    found = {}
    for number, step in enumerate(network.steps):
        sources = tuple(dict.fromkeys(depth for name in step.inputs for depth in reach.get(name, ())))
        found[number] = sources
        given = (depth_of[number],) if number in depth_of else sources if assembled.carries[number] else ()
        reach.update((name, given) for name in step.outputs if name)
    return found, reach


def vocab_of(assembled: Assembled) -> int | None:
    """How many different integers the data may hold: rows of the smallest table that they look up."""
    network = assembled.network
    carried = {network.entry.name} if network.entry else set(network.inputs[:1])
    rows = []
    for step, node, entry in zip(network.steps, assembled.nodes, assembled.entries, strict=True):
        table = step.module.table(node.attributes.get("axis", 0)) if node.operator == "Gather" else None
        if table is not None and step.inputs[-1:] and step.inputs[-1] in carried:
            rows.append(table)
        elif entry.family == "shape" and step.inputs and step.inputs[0] in carried:
            carried.update(step.outputs)
    return min(rows, default=None)
