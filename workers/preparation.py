"""From an order to what can be trained: the submission accepted once more, its networks built, its examples made."""

from dataclasses import dataclass
from pathlib import Path

import torch

from service.errors import InvalidSubmission, Problem
from service.schemas.catalogue import builtin_shape
from service.schemas.data import BuiltinData, Data, DatasetInfo
from service.schemas.expansion import submission_networks
from service.schemas.intake import Accepted, accept, fitted
from service.schemas.network import NetworkSpec
from service.schemas.onnx import Imported, OnnxSpec
from service.schemas.plan import Shape, Tensor
from service.schemas.submission import Submission
from service.schemas.training import Training
from workers.errors import DataMissing
from workers.messages import Assignment
from workers.networks.file import NAME, FileNetwork, open_file
from workers.networks.load import Networks, begin, choose_trained, load
from workers.networks.lsuv import scale, scaled_layers
from workers.networks.network import PlanNetwork
from workers.training.batches import batches, sizes
from workers.training.data import Examples
from workers.training.data import load as load_examples


@dataclass(frozen=True)
class Prepared:
    """A run that can begin."""

    accepted: Accepted
    networks: Networks
    examples: Examples
    imported: Imported | None = None
    """What the network's file holds, where it came as one."""


def prepare(assignment: Assignment) -> Prepared:
    """Everything that a run takes; raises InvalidSubmission or a RunError with whose fault it is."""
    order, info = assignment.order, assignment.dataset
    spec = order.submission.network
    if isinstance(spec, OnnxSpec):
        return _from_file(assignment, spec)
    accepted = accept(order.submission, order.limits, lambda _digest: info)
    return build(accepted, order.seed, _dataset(assignment))


def build(accepted: Accepted, seed: int, dataset: tuple[Path, DatasetInfo] | None = None) -> Prepared:
    """The networks that a submission writes out, with their initial weights, and its examples."""
    submission = accepted.submission
    networks = load(submission, accepted.plan, seed)
    examples = load_examples(submission, accepted.plan, dataset)
    for name, written in submission_networks(submission).items():
        _scale(networks.modules[name], written, examples, submission.training, seed)
    return Prepared(accepted, networks, examples)


def _from_file(assignment: Assignment, spec: OnnxSpec) -> Prepared:
    order, info = assignment.order, assignment.dataset
    if assignment.network_path is None:
        raise DataMissing(f"The network {spec.onnx} was not handed to this run.")
    path, wanted = Path(assignment.network_path), order.submission.training.batch_size
    shape = _shape_of(order.submission.data, info)
    network = open_file(spec, path, order.limits, batch=wanted, shape=shape)
    choose_trained(network, spec)
    submission = _in_batches(order.submission, network.batch or wanted)
    accepted = fitted(submission, network.plan, order.limits, lambda _digest: info)
    if network.batch is not None and accepted.examples < network.batch:
        raise _too_few(network.batch, accepted.examples)
    networks = begin(network, spec, order.seed)
    examples = load_examples(order.submission, accepted.plan, _dataset(assignment))
    _scale(network, spec, examples, order.submission.training, order.seed)
    return Prepared(accepted, networks, examples, _imported(network, accepted))


def _scale(
    network: PlanNetwork | FileNetwork,
    spec: NetworkSpec | OnnxSpec,
    examples: Examples,
    training: Training,
    seed: int,
) -> None:
    """Scale weights that are to begin with a look at the data, on the first batch of the run."""
    depths = scaled_layers(spec, [planned.layer for planned in network.planned])
    if not depths or training.loss.type == "Wasserstein":
        return
    size, _ = sizes(network, training.batch_size)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        x, _ = next(batches(examples, size, seed))
    scale(network, depths, x, seed)


def _shape_of(data: Data | None, info: DatasetInfo | None) -> Shape | None:
    """Shape of one example, for sizes that a file leaves open; synthetic ones are made to fit."""
    if isinstance(data, BuiltinData):
        return builtin_shape(data, Tensor(shape=())).x.shape
    return None if info is None else info.x_shape


def _in_batches(submission: Submission, size: int) -> Submission:
    """The submission with the batch that its network takes, on which its steps and its cost depend."""
    training = submission.training.model_copy(update={"batch_size": size})
    return submission.model_copy(update={"training": training})


def _too_few(batch: int, examples: int) -> InvalidSubmission:
    message = f"the file works with batches of {batch} examples only, and the data have {examples}"
    hint = "export the network with a free batch: dynamic_shapes=({0: torch.export.Dim('batch')},)"
    return InvalidSubmission(message, problems=[Problem("/network/onnx", message, hint)])


def _dataset(assignment: Assignment) -> tuple[Path, DatasetInfo] | None:
    path, info = assignment.dataset_path, assignment.dataset
    return None if path is None or info is None else (Path(path), info)


def _imported(network: FileNetwork, accepted: Accepted) -> Imported:
    plan = accepted.plan
    return Imported(
        layers=plan.layers,
        input=plan.inputs[NAME],
        output_depth=plan.outputs[NAME],
        report=network.report,
        planned_steps=accepted.planned_steps,
        run_steps=accepted.run_steps,
        examples=accepted.examples,
        cost=accepted.cost,
    )
