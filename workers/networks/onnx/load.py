"""From a checked description to a network that trains, with its layers named and numbered."""

from workers.networks.onnx.assemble import assemble
from workers.networks.onnx.describe import describe
from workers.networks.onnx.graph import Graph
from workers.networks.onnx.losses import losses_of, sizes_of
from workers.networks.onnx.network import OnnxNetwork, Report
from workers.networks.onnx.options import Options
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.trial import try_out


def load(graph: Graph, options: Options | None = None) -> OnnxNetwork:
    """The network on the CPU in training mode, tried out once; raises RefusedNetwork with the node."""
    options = options or Options()
    assembled = assemble(graph, options)
    trial = try_out(assembled, graph, options)
    network = assembled.network
    network.planned, network.layers = describe(assembled, trial, options.network)
    if not network.parameter_of or not network.planned:
        raise RefusedNetwork(
            "The file holds no parameter that could be trained, or no input reaches an output."
        )
    unused = frozenset(graph.initializers) - assembled.parameters - assembled.constants
    network.report = Report(
        parameters=sizes_of(graph, assembled.parameters),
        constants=sizes_of(graph, assembled.constants),
        unused=tuple(sorted(unused)),
        lost=losses_of(graph, assembled.parameters),
        batch=trial.batch,
    )
    return network
