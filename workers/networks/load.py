"""From a submission's plan to its networks: built, initialised by a seed, parametrized, in this order.

Weights are made on the CPU, whatever the device, inside a fork of torch's CPU generator: no random state
of the process changes, CUDA is not touched, and the same seed gives the same bits. Every layer draws from
a stream of its own, seeded by the seed, the network's name and the layer's: a change of one layer leaves
the weights of all others alone, so a remedy and its control differ in nothing else.

A network from a file keeps the file's weights unless it is told to draw afresh: then its seeds differ in the order of
the data and in dropout alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

import torch
from torch import nn
from torch.nn.utils import parametrizations

from service.errors import InvalidSubmission, Problem
from service.schemas.expansion import submission_networks
from service.schemas.init_rules import init_rules_for, rule_problems
from service.schemas.initialization import Initialization
from service.schemas.network import NetworkSpec
from service.schemas.onnx import OnnxSpec
from service.schemas.planned import Plan, PlannedLayer
from service.schemas.submission import Submission
from workers.errors import CannotBuild, OutOfMemory, is_out_of_memory
from workers.networks.file import FileNetwork
from workers.networks.fresh import fill_layer, reset_statistics
from workers.networks.init import apply_rules
from workers.networks.keras import apply_keras
from workers.networks.kinds.recurrent import MemoryLayer
from workers.networks.network import PlanNetwork
from workers.networks.registry import class_of

_REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, LookupError, ArithmeticError, MemoryError)
"""What torch and numpy raise on arguments that they do not take."""


@dataclass(frozen=True)
class Networks:
    """The networks of a submission by name, on the CPU and in training mode."""

    modules: dict[str, PlanNetwork | FileNetwork]


def load(submission: Submission, plan: Plan, seed: int) -> Networks:
    """Build every network; raises CannotBuild with the layer's name and place, or OutOfMemory."""
    specs = submission_networks(submission)
    with torch.random.fork_rng(devices=[]):
        return Networks(
            {
                name: PlanNetwork(
                    planned,
                    {layer.layer.depth: build(layer, specs[name], seed) for layer in planned},
                    plan.outputs[name],
                )
                for name, planned in plan.networks.items()
            }
        )


def build(planned: PlannedLayer, network: NetworkSpec, seed: int) -> nn.Module:
    """One layer with its initial weights; seeds torch's CPU generator, so call it inside a fork."""
    layer = planned.layer
    torch.default_generator.manual_seed(_stream(seed, layer.network, layer.name))
    try:
        return parametrized(_initialised(planned, network), getattr(planned.spec, "norm", None))
    except _REFUSALS as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"Layer {layer.name} does not fit into memory: {error}") from error
        raise CannotBuild(str(error), layer=layer.name, pointer=layer.pointer) from error


def begin(network: FileNetwork, spec: OnnxSpec, seed: int) -> Networks:
    """Give a file's network its initial weights, in place; raises OutOfMemory."""
    with torch.random.fork_rng(devices=[]):
        for planned in network.planned:
            layer = planned.layer
            rules = init_rules_for(spec, layer)
            if spec.weights == "as-given" and rules == Initialization():
                continue
            torch.default_generator.manual_seed(_stream(seed, layer.network, layer.name))
            fill_layer(network.placed(layer.depth), rules)
            reset_statistics(network.layers[layer.depth])
    return Networks({layer.network: network})


def choose_trained(network: FileNetwork, spec: OnnxSpec) -> None:
    """Let gradients reach only those parameters that `train` and `freeze` leave; raises InvalidSubmission.

    A pattern or a rule that matches nothing is refused as well: it was meant for something.
    """
    problems = [
        *_idle(network, "train", spec.train),
        *_idle(network, "freeze", spec.freeze),
        *rule_problems(spec, (planned.layer for planned in network.planned), "/network"),
    ]
    for name, parameter in network.parameter_of.items():
        chosen = not spec.train or _matches(name, spec.train)
        parameter.requires_grad_(chosen and not _matches(name, spec.freeze))
    if not problems and not any(parameter.requires_grad for parameter in network.parameter_of.values()):
        place = "/network/freeze" if spec.freeze else "/network/train"
        problems.append(Problem(place, "nothing is left to train", "freeze fewer parameters"))
    if problems:
        raise InvalidSubmission(problems[0].message, problems=problems)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _idle(network: FileNetwork, key: str, patterns: tuple[str, ...]) -> Iterator[Problem]:
    for number, pattern in enumerate(patterns):
        if not any(fnmatchcase(name, pattern) for name in network.parameter_of):
            names = [each.name for each in network.report.parameters[:3]]
            hint = f"parameters are {', '.join(names)}{', ...' if len(network.parameter_of) > 3 else ''}"
            yield Problem(f"/network/{key}/{number}", f"no parameter is called {pattern}", hint)


def _stream(seed: int, network: str, layer: str) -> int:
    """Torch's CPU generator keeps 32 bits of its seed."""
    return int.from_bytes(sha256(f"{seed}\n{network}\n{layer}".encode()).digest()[:4])


def _initialised(planned: PlannedLayer, network: NetworkSpec) -> nn.Module:
    spec = planned.spec
    if spec is None:
        raise LookupError("it was not written out")
    module = class_of(spec.type)(**spec.arguments(*planned.inputs))
    if network.defaults == "keras":
        apply_keras(module, spec.model_fields_set)
    apply_rules(module, init_rules_for(network, planned.layer))
    if isinstance(module, MemoryLayer):
        module.fill_forget_bias()
    return module


def parametrized(module: nn.Module, norm: str | None) -> nn.Module:
    """The module with weight or spectral normalization on its weight, which keeps its initial value."""
    if norm == "weight":
        parametrizations.weight_norm(module)
    elif norm == "spectral":
        parametrizations.spectral_norm(module)
    return module
