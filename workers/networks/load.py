"""From a submission's plan to its networks: built, initialised by a seed, parametrized, in this order.

Weights are made on the CPU, whatever the device, inside a fork of torch's CPU generator: no random state
of the process changes, CUDA is not touched, and the same seed gives the same bits. Every layer draws from
a stream of its own, seeded by the seed, the network's name and the layer's: a change of one layer leaves
the weights of all others alone, so a remedy and its control differ in nothing else.
"""

from dataclasses import dataclass
from hashlib import sha256

import torch
from torch import nn
from torch.nn.utils import parametrizations

from service.schemas.expansion import submission_networks
from service.schemas.init_rules import init_rules_for
from service.schemas.network import NetworkSpec
from service.schemas.planned import Plan, PlannedLayer
from service.schemas.submission import Submission
from workers.errors import CannotBuild, OutOfMemory, is_out_of_memory
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

    modules: dict[str, PlanNetwork]


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


def _stream(seed: int, network: str, layer: str) -> int:
    """Torch's CPU generator keeps 32 bits of its seed."""
    return int.from_bytes(sha256(f"{seed}\n{network}\n{layer}".encode()).digest()[:4])


def _initialised(planned: PlannedLayer, network: NetworkSpec) -> nn.Module:
    spec = planned.spec
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
