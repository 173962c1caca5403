"""Steps that are too long, too short, spiking or swinging; layers that block; unusual trainings that learn."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    CLIPPED,
    CONSTANT_LAYER,
    EPSILON,
    OSCILLATING,
    PLATEAU,
    SPIKING,
    TOO_FAST,
    TOO_SLOW,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    AND,
    BLOBS,
    CANCER,
    CIRCLES,
    DIABETES,
    IRIS,
    MOONS,
    REGRESSION,
    SPIRALS,
    WINE,
    XOR,
    Task,
    characters,
    mlp,
    plan,
    recurrent,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import EIGHT, GREY, SIX, TWENTY, through

GONE = {"schedule": {"type": "exponential", "gamma": 0.6}}
Case = tuple[Task, str, str, float, dict[str, Any]]
RATED: dict[str, tuple[Fault, tuple[Case, ...]]] = {
    "fast": (TOO_FAST, (
        (GREY, "ELU", "SGD", 8.0, {}), (SIX, "Softsign", "SGD", 60.0, {}), (EIGHT, "GELU", "AdamW", 0.5, {}),
        (TWENTY, "ReLU", "RMSprop", 0.3, {}), (WINE, "LeakyReLU", "RMSprop", 0.5, {}), (IRIS, "ReLU", "NAdam", 1.0, {}),
        (GREY, "SiLU", "Adamax", 1.0, {}), (CANCER, "ELU", "RMSprop", 0.5, {}), (MOONS, "Tanh", "NAdam", 2.0, {}),
        (GREY, "LeakyReLU", "RMSprop", 0.2, {"momentum": 0.9}), (DIABETES, "ReLU", "RMSprop", 3.0, {}),
    )),
    "slow": (TOO_SLOW, (
        (GREY, "ELU", "SGD", 3e-5, {}), (SIX, "Tanh", "NAdam", 3e-7, {}), (EIGHT, "GELU", "AdamW", 1e-6, {}),
        (TWENTY, "ReLU", "RMSprop", 1e-7, {}), (IRIS, "Tanh", "ASGD", 1e-4, {}), (CANCER, "SiLU", "RAdam", 1e-6, {}),
        (GREY, "Tanh", "Adamax", 3e-3, GONE), (SIX, "ReLU", "ASGD", 0.1, GONE), (WINE, "GELU", "RMSprop", 1e-7, {}),
    )),
    "epsilon": (EPSILON, (
        (SIX, "ELU", "AdamW", 3e-3, {"eps": 300.0}), (EIGHT, "ReLU", "NAdam", 3e-3, {"eps": 100.0}),
        (GREY, "Tanh", "AdamW", 1e-3, {"eps": 100.0}),
    )),
    "clipped": (CLIPPED, (
        (GREY, "GELU", "ASGD", 0.1, {"clip": {"norm": 1e-4}}), (IRIS, "Softsign", "SGD", 0.1, {"clip": {"norm": 3e-4}}),
        (TWENTY, "Softsign", "SGD", 0.03, {"clip": {"norm": 1e-3}}),
        (SIX, "ELU", "SGD", 0.1, {"clip": {"value": 1e-6}}),
    )),
}  # fmt: skip


def configurations() -> Iterator[Configuration]:
    """By what is wrong, then sound."""
    for label, (fault, cases) in RATED.items():
        for task, activation, optimizer, lr, more in cases:
            kind = "".join(f"-{key}" for key in more)
            name = f"new-{task.name}-{activation.lower()}-{label}-{optimizer.lower()}-{lr:g}{kind}"
            broken = submission(task, mlp(task, 3, activation, width=40), plan(task, optimizer, lr, **more))
            yield sick(name, fault, broken, _usual(task, activation))
    yield from _swinging()
    yield from _spiking()
    yield from _blocked()
    yield from _plateaus()
    yield from _sound()


def _usual(task: Task, activation: str, depth: int = 3) -> dict[str, Any]:
    lr = 3e-2 if task in (XOR, AND, DIABETES) else 5e-3
    return submission(task, mlp(task, depth, activation, width=40), plan(task, lr=lr))


def _swinging() -> Iterator[Configuration]:
    """One hidden layer whose bounded units keep the loss finite while every step overshoots."""
    for task, activation, optimizer, lr in (
        (IRIS, "Softsign", "ASGD", 60.0),
        (BLOBS, "Hardtanh", "SGD", 60.0),
        (EIGHT, "Tanh", "ASGD", 60.0),
        (MOONS, "Sigmoid", "SGD", 200.0),
    ):
        broken = submission(task, mlp(task, 1, activation, width=40), plan(task, optimizer, lr))
        name = f"new-{task.name}-{activation.lower()}-swinging-{optimizer.lower()}"
        yield sick(name, OSCILLATING, broken, _usual(task, activation, 1))


def _spiking() -> Iterator[Configuration]:
    """Momentum or a rectified memory at the edge: steps that undo what the others have learned."""
    for task, activation, optimizer, lr, more in (
        (SPIRALS, "SiLU", "SGD", 1.5, {"momentum": 0.9}),
        (CANCER, "GELU", "SGD", 2.0, {"momentum": 0.95}),
        (EIGHT, "LeakyReLU", "SGD", 1.0, {"momentum": 0.95}),
    ):
        broken = submission(task, mlp(task, 3, activation, width=40), plan(task, optimizer, lr, **more))
        yield sick(
            f"new-{task.name}-{activation.lower()}-spiking-{optimizer.lower()}",
            SPIKING,
            broken,
            _usual(task, "ReLU"),
        )
    task = characters(36)
    eye = [{"match": "rnn", "recurrent": "eye"}]
    layers = recurrent(task, "RNN", hidden=36, output="sequence", nonlinearity="relu")
    broken = submission(task, layers, plan(task, "ASGD", 1.0, clip={"norm": 2.0}), init=eye)
    cure = submission(task, recurrent(task, "LSTM", output="sequence"), plan(task, lr=1e-2))
    yield sick("new-characters-rnn-spiking-asgd", SPIKING, broken, cure)


def _blocked() -> Iterator[Configuration]:
    """A layer between others that answers every example alike."""
    for task, layer, activation, optimizer, lr in (
        (GREY, {"type": "Threshold", "threshold": 30.0, "value": 0.0}, "ELU", "NAdam", 3e-3),
        (IRIS, {"type": "Hardshrink", "lambd": 40.0}, "ReLU", "RMSprop", 3e-3),
        (EIGHT, {"type": "Softshrink", "lambd": 90.0}, "Tanh", "Adam", 3e-3),
        (WINE, {"type": "Dropout", "p": 1.0}, "GELU", "NAdam", 3e-3),
        (TWENTY, {"type": "Dropout", "p": 1.0}, "ELU", "SGD", 0.03),
    ):
        kind = str(layer["type"]).lower()
        broken = submission(task, through(task, layer, activation=activation), plan(task, optimizer, lr))
        cure = submission(task, through(task, activation=activation), plan(task, optimizer, lr))
        yield sick(f"new-{task.name}-{kind}-{optimizer.lower()}", CONSTANT_LAYER, broken, cure)


def _plateaus() -> Iterator[Configuration]:
    for task, activation, width, optimizer, lr in (
        (XOR, "Sigmoid", 3, "ASGD", 0.3),
        (XOR, "Hardsigmoid", 3, "SGD", 0.3),
        (AND, "Softsign", 2, "SGD", 0.01),
    ):
        stuck = submission(task, mlp(task, 1, activation, width=width), plan(task, optimizer, lr))
        cure = submission(task, mlp(task, 1, "Tanh", width=8), plan(task, "Adam", 3e-2))
        yield sick(f"new-{task.name}-{activation.lower()}-plateau-{optimizer.lower()}", PLATEAU, stuck, cure)


def _sound() -> Iterator[Configuration]:
    """Unusual rates, decays, clippings and optimisers that learn."""
    fine: tuple[tuple[Task, str, int, str, float, dict[str, Any]], ...] = (
        (IRIS, "Softsign", 1, "SGD", 2.0, {}),
        (CIRCLES, "Hardtanh", 1, "SGD", 2.0, {}),
        (MOONS, "Softsign", 1, "ASGD", 2.0, {}),
        (GREY, "ReLU", 2, "NAdam", 2e-3, {}),
        (GREY, "GELU", 2, "AdamW", 2e-3, {"weight_decay": 0.2}),
        (SIX, "ReLU", 2, "Adagrad", 0.05, {}),
        (SIX, "ELU", 2, "Adadelta", 2.0, {}),
        (WINE, "ReLU", 2, "Adamax", 1e-2, {}),
        (WINE, "Tanh", 2, "RMSprop", 3e-3, {"momentum": 0.5}),
        (IRIS, "Mish", 2, "Adam", 1e-2, {"schedule": {"type": "cosine"}}),
        (EIGHT, "ReLU", 2, "Adafactor", 3e-2, {}),
        (BLOBS, "ReLU", 2, "Rprop", 1e-2, {"batch_size": 1000}),
        (CANCER, "Mish", 2, "RAdam", 1e-2, {"schedule": {"type": "linear", "warmup_steps": 10}}),
        (TWENTY, "ReLU", 2, "NAdam", 1e-2, {"clip": {"value": 0.2}}),
        (TWENTY, "Tanh", 2, "AdamW", 1e-2, {"schedule": {"type": "one-cycle"}}),
        (REGRESSION, "GELU", 2, "RMSprop", 3e-3, {"clip": {"norm": 1.0}}),
        (SPIRALS, "Tanh", 3, "Adam", 1e-2, {}),
        (CIRCLES, "SiLU", 2, "RAdam", 1e-2, {"l1": 1e-5}),
    )
    for task, activation, depth, optimizer, lr, more in fine:
        kind = "".join(f"-{key}" for key in more)
        name = f"new-{task.name}-{activation.lower()}-everyday-{optimizer.lower()}-{lr:g}{kind}"
        right = submission(task, mlp(task, depth, activation, width=40), plan(task, optimizer, lr, **more))
        yield healthy(
            name,
            right,
            submission(task, mlp(task, depth, "ReLU" if depth > 1 else "Tanh"), plan(task, lr=1e-2)),
        )
