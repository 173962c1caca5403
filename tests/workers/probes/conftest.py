"""Small networks in the shape the probes expect, and a training step told the way the loop tells it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor, nn

from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.plan import Layer
from service.schemas.plan import Tensor as Flow
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from service.schemas.submission import Submission
from workers.probes.recorder import Recorder

FAMILIES = {
    "Linear": "linear", "Conv2d": "convolution", "LSTM": "recurrent", "RNN": "recurrent", "Embedding": "embedding",
    "BatchNorm1d": "normalization", "LayerNorm": "normalization", "Flatten": "shape", "Dropout": "dropout",
    "MaxPool2d": "pooling", "RootPool": "pooling", "Add": "operation", "Mul": "operation",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    layer: Layer


class Network(nn.Module):
    """Modules in order; each takes the one before it, unless `inputs` says otherwise."""

    def __init__(self, modules, x, *, inputs=None, network="main", first=0):
        super().__init__()
        self.registered = nn.ModuleList(modules)
        self.inputs = [tuple((inputs or {}).get(i, (i - 1,))) for i in range(len(modules))]
        self.first = first
        with torch.no_grad():
            outputs = self.run(x)
        self.layers = {first + i: module for i, module in enumerate(modules)}
        self.planned = tuple(
            Place(
                _layer(
                    first + i,
                    module,
                    outputs[i],
                    tuple(n + first if n >= 0 else n for n in self.inputs[i]),
                    network,
                )
            )
            for i, module in enumerate(modules)
        )

    def run(self, x):
        values = {-1: x}
        for i, module in enumerate(self.registered):
            values[i] = module(*(values[source] for source in self.inputs[i]))
        return values

    def forward(self, x):
        return self.run(x)[len(self.registered) - 1]


def _layer(depth, module, output, inputs, network):
    kind = type(module).__name__
    return Layer(
        depth=depth, network=network, name=f"{kind.lower()}_{depth}", type=kind,
        family=FAMILIES.get(kind, "activation"), inputs=inputs,
        output=Flow(shape=tuple(output.shape[1:]), dtype="float" if output.is_floating_point() else "int"),
        parameters=sum(p.numel() for p in module.parameters()), multiply_adds=0, pointer=f"/{depth}",
        activation=getattr(module, "activation", None),
    )  # fmt: skip


def make_order(*, steps=1, precision="fp32", every_step=True, loss_scale=None):
    submission = Submission.model_validate(
        {
            "network": {"input": {"shape": [1]}, "layers": ["ReLU"]},
            "training": {
                "loss": {"type": "MSELoss"}, "optimizer": {"type": "SGD", "lr": 0.1},
                "precision": precision, "loss_scale": loss_scale,
            },
            "probing": {"every_step": every_step},
        }
    )  # fmt: skip
    return RunOrder(
        run_id="r",
        attempt=1,
        seed=0,
        steps=steps,
        planned_steps=steps,
        submission=submission,
        limits=Limits(),
    )


@dataclass
class Rows:
    """What a recorder gave out."""

    layers: list[LayerStatistics] = field(default_factory=list)
    network: list[NetworkStatistics] = field(default_factory=list)
    profiles: list[TimeProfile] = field(default_factory=list)

    def __call__(self, *, layers, network, time_profiles):
        self.layers += layers
        self.network += network
        self.profiles += time_profiles

    def at(self, depth, step=0) -> LayerStatistics:
        (row,) = [row for row in self.layers if (row.depth, row.step) == (depth, step)]
        return row


@dataclass
class Training:
    """One network, one optimiser, and every step told to a recorder."""

    networks: Mapping[str, Network]
    optimizer: torch.optim.Optimizer | None
    recorder: Recorder
    rows: Rows
    loss: Callable[[Tensor], Tensor]
    clip: float | None = None
    scale: float = 1.0

    def step(self, x, step=0, *, skipped=None) -> Tensor:
        network = self.networks["main"]
        network.zero_grad()
        watched = self.recorder.begin(step)
        loss = self.loss(network(x))
        if watched:
            self.recorder.after_forward(inputs=x, loss=loss)
        (loss * self.scale).backward()
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.grad /= self.scale
        if watched:
            self.recorder.after_backward()
        if self.clip:
            torch.nn.utils.clip_grad_norm_(network.parameters(), self.clip)
        if self.optimizer:
            self.optimizer.step()
        self.recorder.after_update(
            step, loss=loss.detach(), learning_rate=0.1, accuracy=None, trivial_loss=2.0, clipped=None,
            skipped=skipped,
        )  # fmt: skip
        return loss


@pytest.fixture(params=[True, False], ids=["read at once", "read at the next probe"])
def eager(request):
    """Both ways in which numbers leave a device; the second is what CUDA takes."""
    return request.param


@pytest.fixture
def build(eager):
    """A training over modules: `build(modules, x, loss=..., optimizer=...)`."""

    def build_training(
        modules: Sequence[nn.Module], x: Tensor, *, loss=lambda y: y.square().mean(), optimizer=None,
        inputs=None, clip=None, scale=1.0, **order,
    ) -> Training:  # fmt: skip
        network = Network(modules, x, inputs=inputs)
        rows = Rows()
        recorder = Recorder({"main": network}, make_order(**order), rows, eager=eager)
        built = optimizer(network.parameters()) if optimizer else None
        recorder.attach({"main": built} if built else {})
        return Training({"main": network}, built, recorder, rows, loss, clip, scale)

    return build_training


@pytest.fixture
def watch(build):
    """Statistics of one step of a fresh training: `watch(modules, x)` gives its rows."""

    def watch_step(modules, x, **options) -> Rows:
        training = build(modules, x, **options)
        training.step(x)
        training.recorder.finish()
        return training.rows

    return watch_step


@pytest.fixture(autouse=True)
def _deterministic():
    torch.manual_seed(0)
    torch.set_num_threads(1)
