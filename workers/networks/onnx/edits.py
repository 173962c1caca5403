"""Changes of a graph before it is built: other activations, normalisations, residuals and biases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import torch

from service.schemas.edits import AddBias, AddResidual, Edit, InsertNormalization, ReplaceActivation
from service.schemas.run import Obstacle
from workers.networks.onnx.activations import activation
from workers.networks.onnx.fuse import fuse
from workers.networks.onnx.graph import Graph, Node
from workers.networks.onnx.network import OnnxNetwork
from workers.networks.onnx.refusal import RefusedNetwork, shown
from workers.networks.onnx.roles import Overrides, parameters_of
from workers.networks.onnx.surgery import Site, Surgery

_LAYER_NORM = 17


def edited(
    graph: Graph, edits: Sequence[Edit], overrides: Overrides, build: Callable[[Graph], OnnxNetwork]
) -> Graph:
    """The graph with all edits, each on top of those before it; layers that stay keep their names."""
    if edits:
        graph = fuse(graph, parameters_of(graph, overrides))
    for number, edit in enumerate(edits):
        surgery = Surgery(graph, build(graph))
        try:
            _apply(surgery, edit)
        except RefusedNetwork as error:
            obstacle = Obstacle(message=error.detail, pointer=f"/network/edits/{number}")
            raise RefusedNetwork(f"Edit {number + 1}: {error.detail}", (obstacle,)) from None
        graph = surgery.done()
    return graph


def _apply(surgery: Surgery, edit: Edit) -> None:
    match edit:
        case ReplaceActivation():
            _replace(surgery, edit)
        case InsertNormalization():
            for site in _matching(surgery, edit.after):
                _normalize(surgery, site, edit.insert)
        case AddResidual():
            _shortcut(surgery, edit)
        case AddBias():
            _add_biases(surgery, edit.add_bias)


def _matching(surgery: Surgery, pattern: str) -> list[Site]:
    found = [site for site in surgery.sites() if fnmatchcase(site.name, pattern)]
    if not found:
        raise RefusedNetwork(f"No layer is called {shown(pattern)}.")
    return found


def _named(surgery: Surgery, name: str) -> Site:
    for site in surgery.sites():
        if site.name == name:
            return site
    raise RefusedNetwork(f"There is no layer {shown(name)}.")


def _replace(surgery: Surgery, edit: ReplaceActivation) -> None:
    written = activation(edit.by, edit.arguments)
    found = [
        site
        for site in surgery.sites()
        if site.layer.layer.type == edit.replace and fnmatchcase(site.name, edit.match)
    ]
    if not found:
        raise RefusedNetwork(f"No layer of type {shown(edit.replace)} is called {shown(edit.match)}.")
    for site in found:
        if site.layer.layer.family != "activation":
            raise RefusedNetwork(f"Layer {site.name} is no activation.")
        dtype = site.seen.dtype
        constants = {name: value.to(dtype) for name, value in written.constants.items()}
        slopes = {name: value.to(dtype) for name, value in written.parameters.items()}
        new = replace(
            site.node,
            operator=written.operator,
            opset=max(written.opset, site.node.opset),
            attributes=written.attributes,
            inputs=(
                site.node.inputs[0],
                *surgery.tensors(site.name, constants, trained=False),
                *surgery.tensors(site.name, slopes, trained=True),
            ),
        )
        surgery.replace(site.node, new)


def _normalize(surgery: Surgery, site: Site, kind: str) -> None:
    """BatchNorm per channel; LayerNorm over the features, of an image over all of it."""
    shape, dtype = site.seen.shape, site.seen.dtype
    spatial = _is_spatial(surgery, site)
    if len(shape) < 2 or site.layer.layer.output.shape == shape:
        raise RefusedNetwork(f"The output of layer {site.name} does not begin with the batch.")
    if kind == "BatchNorm" and len(shape) > 2 and not spatial:
        raise RefusedNetwork(
            f"BatchNorm behind layer {site.name} would normalise its steps, not its features: insert LayerNorm."
        )
    label = f"{site.name}.{kind.lower()}"
    width = shape[1:2] if kind == "BatchNorm" else shape[1:] if spatial else shape[-1:]
    names = surgery.tensors(
        label,
        {"weight": torch.ones(width, dtype=dtype), "bias": torch.zeros(width, dtype=dtype)},
        trained=True,
    )
    if kind == "BatchNorm":
        running = {
            "running_mean": torch.zeros(width, dtype=dtype),
            "running_var": torch.ones(width, dtype=dtype),
        }
        names += surgery.tensors(label, running, trained=False)
    operator, attributes = (
        ("BatchNormalization", {}) if kind == "BatchNorm" else ("LayerNormalization", {"axis": -len(width)})
    )
    opset = site.node.opset if kind == "BatchNorm" else max(_LAYER_NORM, site.node.opset)
    surgery.put_behind(
        site,
        lambda inner, outer: [
            Node(operator, "", opset, label, (inner, *names), (outer,), attributes, label=label)
        ],
    )


def _is_spatial(surgery: Surgery, site: Site) -> bool:
    """Whether axis 1 holds channels."""
    known = surgery.spatial[site.layer.layer.depth]
    return len(site.seen.shape) > 3 if known is None else known


def _shortcut(surgery: Surgery, edit: AddResidual) -> None:
    start, end = _named(surgery, edit.residual.start), _named(surgery, edit.residual.end)
    if start.layer.layer.depth > end.layer.layer.depth:
        raise RefusedNetwork(f"Layer {start.name} runs behind layer {end.name}.")
    inputs = surgery.network.steps[start.layer.step].inputs
    source = next((name for name in inputs if name in surgery.network.seen), None)
    if source is None:
        raise RefusedNetwork(f"Nothing flows into layer {start.name}.")
    before, behind = surgery.network.seen[source], end.seen
    if before.shape != behind.shape or before.dtype != behind.dtype:
        raise RefusedNetwork(
            f"What flows into {start.name} has the shape {list(before.shape)} and what {end.name} gives "
            f"{list(behind.shape)}: a residual needs the same."
        )
    label = f"{end.name}.residual"
    surgery.put_behind(
        end,
        lambda inner, outer: [Node("Add", "", end.node.opset, label, (inner, source), (outer,), label=label)],
    )


def _add_biases(surgery: Surgery, pattern: str) -> None:
    without = [site for site in _matching(surgery, pattern) if _lacks_bias(surgery, site)]
    if not without:
        raise RefusedNetwork(f"Every layer called {shown(pattern)} has a bias, or can have none.")
    for site in without:
        shape = site.seen.shape
        size = shape[1] if site.layer.layer.family == "convolution" else shape[-1]
        name = surgery.tensor(f"{site.name}.bias", torch.zeros(size, dtype=site.seen.dtype), trained=True)
        surgery.replace(site.node, replace(site.node, inputs=(*site.node.inputs[:2], name)))


def _lacks_bias(surgery: Surgery, site: Site) -> bool:
    """Of the layers that can have one; exporters write a constant zero where there is none."""
    if site.node.operator not in {"Gemm", "MatMul", "Conv", "ConvTranspose"}:
        return False
    if len(site.node.inputs) > 2 and site.node.inputs[2]:
        constants = surgery.network.steps[site.layer.step].module.constants
        held = constants["2"].value if "2" in constants else None
        if not isinstance(held, torch.Tensor) or bool(held.any()):
            return False
    return site.layer.layer.family in {"linear", "convolution"}
