"""From a checked description to a network that trains, with its layers named and numbered."""

from dataclasses import replace

from service.schemas.plan import Tensor
from workers.networks.onnx.assemble import Assembled, assemble
from workers.networks.onnx.describe import describe, vocab_of
from workers.networks.onnx.edits import edited
from workers.networks.onnx.graph import Graph
from workers.networks.onnx.losses import losses_of, sizes_of
from workers.networks.onnx.network import OnnxNetwork, Report, Seen
from workers.networks.onnx.options import Options
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.tensors import number_of
from workers.networks.onnx.trial import Trial, try_out


def load(graph: Graph, options: Options | None = None) -> OnnxNetwork:
    """The network on the CPU in training mode, tried out once; raises RefusedNetwork with the node."""
    options = options or Options()
    return _load(edit(graph, options), options)


def edit(graph: Graph, options: Options) -> Graph:
    """The graph with the options' edits, as `write` wants it beside the network that was loaded from it."""
    return edited(graph, options.edits, options.overrides, lambda changed: _load(changed, options))


def _load(graph: Graph, options: Options) -> OnnxNetwork:
    assembled = assemble(graph, options)
    if not assembled.parameters:
        raise RefusedNetwork("The file holds no parameter that could be trained.")
    trial = try_out(assembled, graph, options)
    settled = _with_known_types(graph, assembled, trial)
    assembled = assembled if settled is graph else assemble(settled, options)
    network = assembled.network
    described = describe(assembled, trial, options.network)
    network.planned, network.layers = described.layers, described.modules
    network.output_depth = described.output_depth
    if not network.planned:
        raise RefusedNetwork("No input reaches an output.")
    network.nodes, network.seen = assembled.nodes, trial.values
    network.input = _input(assembled, trial, options)
    network.output = _output(trial, single=network.entry is not None)
    network.report = _report(assembled, trial, graph, options)
    return network


def _with_known_types(graph: Graph, assembled: Assembled, trial: Trial) -> Graph:
    """Where a constant takes the type of a value that flows, that type is known now, and more can be folded.

    Exports without optimisation write every number of theirs in this way, zero biases among them.
    """
    known = {
        node.outputs[0]: trial.values[node.outputs[0]].dtype
        for node, step, leaves in zip(assembled.nodes, assembled.network.steps, assembled.leaves, strict=True)
        if node.operator == "CastLike" and not leaves and node.inputs[0] not in step.inputs
    }
    if not known:
        return graph
    nodes = tuple(
        replace(
            node,
            operator="Cast",
            inputs=node.inputs[:1],
            attributes={"to": number_of(known[node.outputs[0]])},
        )
        if node.outputs[0] in known
        else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def _report(assembled: Assembled, trial: Trial, graph: Graph, options: Options) -> Report:
    unused = frozenset(graph.initializers) - assembled.parameters - assembled.constants
    entry = assembled.network.entry
    name = entry.name if entry else graph.inputs[0].name if graph.inputs else ""
    return Report(
        parameters=sizes_of(graph, assembled.parameters),
        constants=sizes_of(graph, assembled.constants),
        unused=tuple(sorted(unused)),
        lost=losses_of(graph, assembled.parameters),
        batch=trial.batch,
        opset=graph.opset,
        producer=graph.producer,
        input=(name, trial.given[0].shape[1:] if trial.given else ()),
        output=((options.outputs or graph.outputs)[0], _rest(trial.outputs[0], trial)),
    )


def _rest(seen: Seen, trial: Trial) -> tuple[int, ...]:
    """A shape without the batch."""
    return seen.shape[1:] if seen.shape[:1] == (trial.ran,) else seen.shape


def _input(assembled: Assembled, trial: Trial, options: Options) -> Tensor:
    if not trial.given:
        return Tensor(shape=())
    data = trial.given[0]
    if data.dtype.is_floating_point:
        return Tensor(shape=data.shape[1:])
    rows = vocab_of(assembled)
    if options.vocab is not None and rows is not None and options.vocab > rows:
        raise RefusedNetwork(f"The vocabulary of {options.vocab} is more than the {rows} rows of its table.")
    return Tensor(shape=data.shape[1:], dtype="int", vocab=options.vocab or rows)


def _output(trial: Trial, *, single: bool) -> Tensor:
    """Where the data are all that flows in, the loss needs real numbers, one row for each example."""
    seen = trial.outputs[0]
    if single and not seen.dtype.is_floating_point:
        raise RefusedNetwork(f"The output holds numbers of type {seen.dtype}, which a loss cannot take.")
    if single and seen.shape[:1] != (trial.ran,):
        raise RefusedNetwork(
            f"The output has the shape {list(seen.shape)} for a batch of {trial.ran}: "
            "its first size has to be the batch."
        )
    return Tensor(shape=_rest(seen, trial), dtype="float" if seen.dtype.is_floating_point else "int")
