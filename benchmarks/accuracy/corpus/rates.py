"""Steps that are too long or too short, whatever shortens them, and unusual ones that learn."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import (
    CLIPPED,
    EPSILON,
    PLATEAU,
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
    DIGITS,
    HE,
    IMAGES,
    IRIS,
    MOONS,
    REGRESSION,
    SPIRALS,
    SYNTHETIC,
    WINE,
    XOR,
    Task,
    characters,
    cnn,
    mlp,
    plan,
    recurrent,
    residual_mlp,
    rule,
    submission,
)

FASTEST = 3.0
"""A rate that one hidden layer bears."""
GONE_AT_ONCE = {"schedule": {"type": "exponential", "gamma": 0.5}}


def configurations() -> Iterator[Configuration]:
    """Too long, too short, plateaus, sound."""
    yield from _rates(
        TOO_FAST,
        "fast",
        (
            (DIGITS, "ReLU", "SGD", 10.0, {}),
            (DIGITS, "Tanh", "SGD", 30.0, {}),
            (WINE, "ReLU", "SGD", 10.0, {}),
            (CIRCLES, "Tanh", "SGD", 100.0, {}),
            (DIGITS, "ReLU", "Adam", 0.3, {}),
            (DIGITS, "Tanh", "Adam", 1.0, {}),
            (SYNTHETIC, "GELU", "Adam", 0.3, {}),
            (MOONS, "ReLU", "Adam", 1.0, {}),
            (REGRESSION, "ReLU", "SGD", 1.0, {}),
            (REGRESSION, "Tanh", "SGD", 3.0, {}),
            (REGRESSION, "SiLU", "Adam", 1.0, {}),
            (BLOBS, "ReLU", "SGD", 3.0, {}),
            (CANCER, "ReLU", "RMSprop", 0.3, {}),
            (DIGITS, "ReLU", "SGD", 0.5, {"momentum": 0.99}),
            (WINE, "Sigmoid", "Adam", 1.0, {}),
            (IRIS, "Tanh", "AdamW", 3.0, {}),
        ),
    )
    yield from _rates(
        TOO_SLOW,
        "slow",
        (
            (DIGITS, "ReLU", "SGD", 1e-5, {}),
            (DIGITS, "ReLU", "SGD", 1e-3, {}),
            (DIGITS, "Tanh", "Adam", 1e-7, {}),
            (DIGITS, "GELU", "Adam", 1e-5, {}),
            (WINE, "Tanh", "SGD", 1e-4, {}),
            (CIRCLES, "ReLU", "Adam", 1e-6, {}),
            (REGRESSION, "ReLU", "SGD", 1e-6, {}),
            (SYNTHETIC, "SiLU", "RMSprop", 1e-6, {}),
            (CANCER, "Tanh", "Adam", 1e-6, {}),
            (DIGITS, "ReLU", "Adam", 3e-3, GONE_AT_ONCE),
            (SYNTHETIC, "Tanh", "SGD", 0.1, GONE_AT_ONCE),
            (MOONS, "ReLU", "Adam", 3e-3, GONE_AT_ONCE),
            (WINE, "ReLU", "SGD", 0.1, GONE_AT_ONCE),
            (BLOBS, "Tanh", "Adagrad", 1e-5, {}),
        ),
    )
    yield from _rates(
        EPSILON,
        "epsilon",
        (
            (DIGITS, "ReLU", "Adam", 1e-3, {"eps": 1e3}),
            (REGRESSION, "Tanh", "Adam", 3e-3, {"eps": 100.0}),
            (WINE, "ReLU", "AdamW", 3e-3, {"eps": 100.0}),
        ),
    )
    yield from _rates(
        CLIPPED,
        "clipped",
        (
            (DIGITS, "ReLU", "SGD", 0.1, {"clip": {"norm": 1e-4}}),
            (SYNTHETIC, "Tanh", "SGD", 0.1, {"clip": {"value": 1e-6}}),
            (REGRESSION, "ReLU", "SGD", 0.03, {"clip": {"norm": 1e-3}}),
            (WINE, "Tanh", "SGD", 0.1, {"clip": {"norm": 1e-4}}),
        ),
    )
    yield from _plateaus()
    yield from _sound()


def _standard(task: Task, activation: str, *, depth: int = 3) -> Submission:
    return submission(task, mlp(task, depth, activation), plan(task))


def _rates(
    fault: Fault, label: str, cases: tuple[tuple[Task, str, str, float, dict[str, Any]], ...]
) -> Iterator[Configuration]:
    """Three hidden layers; the cure is Adam at an ordinary rate."""
    for task, activation, optimizer, lr, more in cases:
        program = f"{task.name}-{activation.lower()}-{label}-{optimizer.lower()}"
        kind = "".join(f"-{key}" for key in more)
        broken = submission(task, mlp(task, 3, activation), plan(task, optimizer, lr, **more))
        yield sick(f"{program}-{lr:g}{kind}", fault, broken, _standard(task, activation))


def _plateaus() -> Iterator[Configuration]:
    """Two or four rows of a truth table by sigmoids and plain descent: the gradient is there and leads nowhere soon."""
    for task, activation, width, lr in (
        (XOR, "Sigmoid", 2, 0.1),
        (XOR, "Sigmoid", 4, 1.0),
        (AND, "Sigmoid", 2, 0.01),
        (XOR, "Tanh", 2, 0.01),
    ):
        program = f"{task.name}-{activation.lower()}-plateau-sgd"
        stuck = submission(task, mlp(task, 1, activation, width=width), plan(task, "SGD", lr))
        cure = submission(task, mlp(task, 1, "Tanh", width=8), plan(task, "Adam", 3e-2))
        yield sick(f"{program}-{width}-{lr:g}", PLATEAU, stuck, cure)


def _sound() -> Iterator[Configuration]:
    """High rates that learn, low ones that do, warm-ups, decays, clipping that only trims, other optimisers."""
    fine: tuple[tuple[Task, str, str, float, dict[str, Any]], ...] = (
        (MOONS, "Tanh", "SGD", FASTEST, {}),
        (CIRCLES, "Tanh", "SGD", FASTEST, {}),
        (IRIS, "Tanh", "SGD", FASTEST, {}),
        (IRIS, "Tanh", "SGD", 1.0, {}),
        (XOR, "Tanh", "SGD", 1.0, {}),
        (AND, "Tanh", "SGD", 1.0, {}),
        (DIGITS, "ReLU", "Adam", 1e-3, {}),
        (DIGITS, "ReLU", "SGD", 0.3, {}),
        (WINE, "ReLU", "SGD", 0.1, {"momentum": 0.9}),
        (DIGITS, "ReLU", "AdamW", 3e-3, {"weight_decay": 0.1}),
        (SYNTHETIC, "ReLU", "RMSprop", 3e-3, {}),
        (CANCER, "ReLU", "Adagrad", 0.03, {}),
        (CIRCLES, "GELU", "NAdam", 5e-3, {}),
        (BLOBS, "ELU", "RAdam", 1e-2, {}),
        (REGRESSION, "SiLU", "Adamax", 1e-2, {}),
        (DIGITS, "ReLU", "Adadelta", 1.0, {}),
        (SYNTHETIC, "Mish", "Adam", 1e-2, {"schedule": {"type": "cosine", "warmup_steps": 15}}),
        (DIGITS, "Tanh", "Adam", 5e-3, {"schedule": {"type": "linear"}}),
        (CANCER, "Tanh", "SGD", 0.3, {"schedule": {"type": "one-cycle"}}),
        (DIGITS, "ReLU", "SGD", 0.3, {"clip": {"norm": 1.0}}),
        (REGRESSION, "ReLU", "Adam", 1e-2, {"clip": {"value": 0.1}}),
        (BLOBS, "ReLU", "Adam", 3e-2, {}),
        (IRIS, "Sigmoid", "Adam", 3e-2, {}),
        (WINE, "Softsign", "Adam", 1e-2, {}),
        (REGRESSION, "Tanh", "Adam", 1e-2, {"weight_decay": 1e-3}),
        (CIRCLES, "ReLU", "Adam", 1e-2, {"eps": 1e-4}),
        (CANCER, "LeakyReLU", "SGD", 0.03, {"momentum": 0.9}),
        (WINE, "GELU", "Adam", 1e-2, {"l1": 1e-4}),
        (SPIRALS, "ReLU", "Adam", 1e-2, {}),
        (MOONS, "SiLU", "AdamW", 1e-2, {}),
        (DIGITS, "Hardswish", "Adam", 5e-3, {}),
    )
    for task, activation, optimizer, lr, more in fine:
        depth = 1 if lr == FASTEST or task in (XOR, AND) else 2
        program = f"{task.name}-{activation.lower()}-everyday-{optimizer.lower()}"
        kind = "".join(f"-{key}" for key in more)
        layers = mlp(task, depth, activation)
        textbook = submission(task, mlp(task, depth, "Tanh" if depth == 1 else "ReLU"), plan(task, lr=1e-2))
        yield healthy(
            f"{program}-{lr:g}{kind}", submission(task, layers, plan(task, optimizer, lr, **more)), textbook
        )
    yield from _sound_elsewhere()


def _sound_elsewhere() -> Iterator[Configuration]:
    """Dropout, one hidden layer, none at all, a wide one, large batches, Keras's defaults."""
    he = [rule(HE, bias="zeros")]
    dropped = mlp(DIGITS, 2, "ReLU", width=64)
    dropped.insert(1, {"type": "Dropout", "p": 0.2})
    for name, task, layers, more in (
        ("dropout", DIGITS, dropped, {}),
        ("softmax-regression", DIGITS, [mlp(DIGITS, 1, None)[-1]], {}),
        ("one-layer", CANCER, mlp(CANCER, 1, "ReLU"), {}),
        ("wide", SYNTHETIC, mlp(SYNTHETIC, 2, "ReLU", width=256), {"init": he}),
        ("narrow", WINE, mlp(WINE, 2, "Tanh", width=8), {}),
        ("keras", DIGITS, mlp(DIGITS, 3, "ReLU"), {"defaults": "keras"}),
        ("keras", SYNTHETIC, mlp(SYNTHETIC, 3, "Tanh"), {"defaults": "keras"}),
        ("residual", REGRESSION, residual_mlp(REGRESSION, 4, "GELU"), {}),
    ):
        program = f"{task.name}-{name}-adam"
        textbook = submission(task, mlp(task, 2, "ReLU"), plan(task))
        yield healthy(f"{program}-plain", submission(task, layers, plan(task, lr=1e-2), **more), textbook)
    task = characters(20)
    keras = submission(
        task, recurrent(task, "LSTM", output="sequence"), plan(task, lr=1e-2), defaults="keras"
    )
    yield healthy(
        "characters-keras-lstm-adam-20",
        keras,
        submission(task, recurrent(task, "GRU", output="sequence"), plan(task, lr=1e-2)),
    )
    early = submission(
        IMAGES, cnn(IMAGES, 2, activation="LeakyReLU"), plan(IMAGES, lr=1e-2, clip={"norm": 5.0})
    )
    yield healthy(
        "images-clipped-cnn-adam", early, submission(IMAGES, cnn(IMAGES, 3, norm="BatchNorm2d"), plan(IMAGES))
    )
