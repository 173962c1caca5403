"""A network from an uploaded file: opened with care, wrapped so that training and probes see one like any other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from torch import Tensor, nn

from service.schemas.limits import Limits
from service.schemas.onnx import ImportReport, NamedShape, OnnxSpec
from service.schemas.plan import Shape
from service.schemas.plan import Tensor as Form
from service.schemas.planned import Plan, PlannedLayer
from service.schemas.problems import joined
from service.schemas.run import Obstacle
from workers.errors import DataMissing, OutOfMemory, is_out_of_memory
from workers.networks.flows import flows_of
from workers.networks.onnx.graph import Graph
from workers.networks.onnx.limits import OnnxLimits
from workers.networks.onnx.load import edit, load
from workers.networks.onnx.network import OnnxLayer, OnnxNetwork
from workers.networks.onnx.operators.recurrent import Recurrence
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork, shown
from workers.networks.onnx.write import write
from workers.networks.parts import MAPS, Part, parts_of

NAME = "main"
"""What the network of a file is called."""
_BETWEEN = 5
"""In a file there are many small operators between the layers, whose outputs the limit on layers leaves out."""
_LISTED = 20


def open_file(
    spec: OnnxSpec, path: Path, limits: Limits, *, batch: int | None = None, shape: Shape | None = None
) -> "FileNetwork":
    """The network in a file, as the submission takes it, on the CPU and in training mode.

    `batch` and `shape` (of one example of the data) help where the file leaves a size open. Raises RefusedNetwork
    for what is wrong with the file, DataMissing where its bytes are not those that were uploaded.
    """
    most = limits.activation_values
    bounds = OnnxLimits(file_bytes=limits.network_bytes, values=most, activations=_BETWEEN * most)
    wanted = [spec.output] if spec.output else []
    graph = read(_bytes(path, spec.onnx, limits.network_bytes), bounds, wanted, first=True)
    _refuse_unknown(graph, spec)
    options = Options(
        outputs=wanted or graph.outputs[:1],
        input=spec.input,
        fill=spec.fill,
        sizes=spec.sizes,
        vocab=spec.vocab,
        edits=spec.edits,
        batch=batch,
        shape=shape,
        limits=bounds,
        network=NAME,
    )
    graph = edit(graph, options) if spec.edits else graph
    network = load(graph, replace(options, edits=()))
    _refuse_vocabulary(network.input, spec)
    return FileNetwork(network, graph)


def _bytes(path: Path, digest: str, limit: int) -> bytes:
    """The file's bytes, which may have been damaged since they were taken in."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if f"sha256:{sha256(data).hexdigest()}" != digest:
        raise DataMissing(f"The network file {digest} on this worker holds other bytes than were uploaded.")
    return data


def _refuse_unknown(graph: Graph, spec: OnnxSpec) -> None:
    """Whatever names something that the file does not have was meant for something: all of it in one error."""
    inputs = [value.name for value in graph.inputs]
    open_sizes = [size for value in graph.inputs for size in value.shape if isinstance(size, str)]
    asked = [
        ("output", "/network/output", spec.output, graph.outputs),
        ("input", "/network/input", spec.input, inputs),
        *(("input", joined("/network/fill", name), name, inputs) for name in spec.fill),
        *(("open size", joined("/network/sizes", name), name, open_sizes) for name in spec.sizes),
    ]
    problems = [
        Obstacle(message=f"There is no {noun} {shown(name)}; the file has {_list(known)}.", pointer=pointer)
        for noun, pointer, name, known in asked
        if name is not None and name not in known
    ]
    if problems:
        raise RefusedNetwork(" ".join(problem.message for problem in problems), problems)


def _list(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    return ", ".join(shown(name, 60) for name in known[:_LISTED]) or "none"


def _refuse_vocabulary(entry: Form, spec: OnnxSpec) -> None:
    if spec.vocab is not None and entry.dtype != "int":
        message = "The input takes real numbers, which have no vocabulary."
        raise RefusedNetwork(message, [Obstacle(message=message, pointer="/network/vocab")])


class FileNetwork(nn.Module):
    """One tensor in, one out; each layer that the probes watch is a module that runs once in a forward."""

    def __init__(self, network: OnnxNetwork, graph: Graph) -> None:
        super().__init__()
        self.network = network
        self.graph = graph
        self.flows = flows_of(network)
        self.parts: Mapping[str, Part] = parts_of(network.nodes, network.parameter_of)
        self.owned: Mapping[int, tuple[str, ...]] = _owned(network.planned)

    def forward(self, x: Tensor) -> Tensor:
        """The output for a batch `x` of shape (batch, *input)."""
        try:
            output: Tensor = self.network(x)
        except REFUSALS as error:
            if is_out_of_memory(error):
                raise OutOfMemory(f"The network does not fit into memory: {error}") from error
            raise RefusedNetwork(f"The network does not run: {shown(error, 300)}") from error
        return output

    @property
    def planned(self) -> tuple[PlannedLayer, ...]:
        """The layers in order of depth, with what is trained of them as it is now."""
        return tuple(self._planned(entry) for entry in self.network.planned)

    @property
    def layers(self) -> Mapping[int, nn.Module]:
        """The module of each depth."""
        return self.network.layers

    @property
    def batch(self) -> int | None:
        """The only batch that the file works with; None where any does."""
        return self.network.report.batch

    @property
    def fewest(self) -> int:
        """The smallest batch that it can train on: batch normalization takes no single example."""
        return 2 if any(entry.layer.type.startswith("BatchNorm") for entry in self.network.planned) else 1

    @property
    def parameter_of(self) -> Mapping[str, nn.Parameter]:
        """Every parameter by its name in the file."""
        return self.network.parameter_of

    @property
    def plan(self) -> Plan:
        """The network as everything else speaks of it."""
        return Plan(
            networks={NAME: self.planned},
            outputs={NAME: self.network.output_depth},
            inputs={NAME: self.network.input},
            ends={NAME: self.network.output},
        )

    @property
    def report(self) -> ImportReport:
        """What the file turned out to hold."""
        found = self.network.report
        frozen = (name for name, weight in self.parameter_of.items() if not weight.requires_grad)
        return ImportReport(
            input=NamedShape(name=shown(found.input[0]), shape=self.network.input.shape),
            output=NamedShape(name=shown(found.output[0]), shape=self.network.output.shape),
            opset=found.opset,
            producer=found.producer,
            parameters=_named(found.parameters),
            frozen=tuple(shown(name) for name in frozen),
            constants=_named(found.constants),
            unused=tuple(shown(name) for name in found.unused),
            lost=found.lost,
            batch=found.batch,
        )

    def written(self) -> bytes:
        """A file with the network as it is now: edited, and with the weights that it has come to."""
        return write(self.graph, self.network)

    def placed(self, depth: int) -> tuple[tuple[str, nn.Parameter, Part], ...]:
        """Name, parameter and part of everything that is a layer's own."""
        return tuple((name, self.parameter_of[name], self.parts[name]) for name in self.owned[depth])

    def weights(self, depth: int) -> Iterator[nn.Parameter]:
        """What counts as a layer's weights: its maps and tables and the scale of a normalization, as far as trained."""
        for name in self.network.planned[depth].parameters:
            parameter, kind = self.parameter_of[name], self.parts[name].kind
            table = kind == "free" and parameter.dim() > 1
            if parameter.requires_grad and (kind in MAPS or kind == "scale" or table):
                yield parameter

    def rows(self, parameter: nn.Parameter) -> Tensor:
        """A weight with one row for each unit that it makes."""
        name = next(name for name, known in self.parameter_of.items() if known is parameter)
        return self.parts[name].rows(parameter)

    def batch_axis(self, depth: int) -> int | None:
        """Axis of the batch in what a layer gives; None where it is the same for every example."""
        return self.flows[depth].axis

    def time_axis(self, depth: int) -> int:
        """Axis of the time in what a recurrent layer takes."""
        operation = self.network.layers[depth].operation
        return 1 if isinstance(operation, Recurrence) and operation.batch_first else 0

    def _planned(self, entry: OnnxLayer) -> PlannedLayer:
        layer, flow = entry.layer, self.flows[entry.layer.depth]
        trained = (self.parameter_of[name] for name in self.owned[layer.depth])
        update: dict[str, object] = {
            "output": Form(shape=flow.shape, dtype="float" if flow.floating else "int"),
            "parameters": sum(each.numel() for each in trained if each.requires_grad),
        }
        inputs: tuple[Form, ...] = ()
        if layer.family == "recurrent" and flow.shape:
            maps = (
                self.parameter_of[name].numel() for name in entry.parameters if self.parts[name].kind in MAPS
            )
            steps, states = flow.shape[0], flow.shape[-1]
            update["multiply_adds"] = steps * sum(maps)
            inputs = (Form(shape=(steps, states)),)
        return PlannedLayer(layer.model_copy(update=update), None, inputs)


def _owned(planned: tuple[OnnxLayer, ...]) -> dict[int, tuple[str, ...]]:
    """Parameters of each layer by depth; one that several layers share is the first one's."""
    taken: set[str] = set()
    owned = {}
    for entry in planned:
        owned[entry.layer.depth] = tuple(name for name in entry.parameters if name not in taken)
        taken.update(entry.parameters)
    return owned


def _named(shapes: Mapping[str, tuple[int, ...]]) -> tuple[NamedShape, ...]:
    return tuple(NamedShape(name=shown(name), shape=shape) for name, shape in shapes.items())
