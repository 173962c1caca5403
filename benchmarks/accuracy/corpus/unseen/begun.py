"""Weights that begin too small, too large, alike or dead, in networks of other shapes."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    BORN_DEAD,
    LARGE_WEIGHTS,
    SATURATING_WEIGHTS,
    SMALL_WEIGHTS,
    SYMMETRIC,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.initialization import ZERO, constant
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIABETES,
    GLOROT,
    HE,
    IRIS,
    MOONS,
    REGRESSION,
    SPIRALS,
    WINE,
    Task,
    cnn,
    mlp,
    normal,
    orthogonal,
    plan,
    rule,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import (
    EIGHT,
    GREY,
    PATCH,
    RATES,
    SENSOR,
    SIX,
    TWENTY,
    begun,
    conv1d,
)

UNIFORM = {"scheme": "uniform", "a": -0.02, "b": 0.02}
Case = tuple[Task, str | None, int, str, Fault, dict[str, Any]]

CASES: tuple[Case, ...] = (
    (GREY, "ELU", 6, "SGD", SMALL_WEIGHTS, {"0.02": normal(0.02)}),
    (SIX, "SiLU", 5, "Adamax", SMALL_WEIGHTS, {"5e-3": normal(5e-3)}),
    (TWENTY, "LeakyReLU", 6, "SGD", SMALL_WEIGHTS, {"uniform": UNIFORM}),
    (IRIS, "ReLU", 6, "AdamW", SMALL_WEIGHTS, {"gain0.1": orthogonal(0.1), "1e-3": normal(1e-3)}),
    (EIGHT, "Softsign", 7, "SGD", SMALL_WEIGHTS, {"0.03": normal(0.03)}),
    (WINE, None, 7, "SGD", SMALL_WEIGHTS, {"0.05": normal(0.05)}),
    (GREY, "ELU", 7, "NAdam", LARGE_WEIGHTS, {"0.8": normal(0.8)}),
    (MOONS, "LeakyReLU", 7, "SGD", LARGE_WEIGHTS, {"gain4": orthogonal(4.0), "1": normal(1.0)}),
    (DIABETES, "GELU", 7, "AdamW", LARGE_WEIGHTS, {"1": normal(1.0)}),
    (SIX, "ReLU", 10, "RAdam", LARGE_WEIGHTS, {"0.7": normal(0.7)}),
    (TWENTY, "SiLU", 6, "SGD", LARGE_WEIGHTS, {"0.6": normal(0.6)}),
    (IRIS, "GELU", 6, "SGD", LARGE_WEIGHTS, {"1.5": normal(1.5)}),
    (GREY, "Tanh", 6, "RMSprop", SATURATING_WEIGHTS, {"1.5": normal(1.5)}),
    (CIRCLES, "Tanh", 6, "AdamW", SATURATING_WEIGHTS, {"3": normal(3.0)}),
    (EIGHT, "Tanh", 7, "SGD", SATURATING_WEIGHTS, {"2": normal(2.0)}),
    (IRIS, "Softsign", 8, "SGD", SATURATING_WEIGHTS, {"20": normal(20.0)}),
    (DIABETES, "Sigmoid", 2, "SGD", SATURATING_WEIGHTS, {"12": normal(12.0)}),
)


def configurations() -> Iterator[Configuration]:
    """By size, then alike, then dead, then sound."""
    for task, activation, depth, optimizer, fault, schemes in CASES:
        cure = GLOROT if activation in {"Tanh", "Softsign", "Sigmoid", None} else HE
        layers, training = mlp(task, depth, activation, width=40), plan(task, optimizer, RATES[optimizer])
        right = submission(task, layers, training, init=begun(cure))
        for label, scheme in schemes.items():
            name = f"new-{task.name}-{(activation or 'linear').lower()}-weights-{optimizer.lower()}-{depth}-{label}"
            yield sick(name, fault, submission(task, layers, training, init=begun(scheme)), right)
    yield from _convolutions()
    yield from _alike()
    yield from _dead()
    yield from _sound()


def _convolutions() -> Iterator[Configuration]:
    training = plan(SENSOR, "Adamax", 5e-3)
    layers = conv1d(SENSOR, 6, "ReLU")
    right = submission(SENSOR, layers, training, init=begun(HE, "Conv1d"))
    for label, std, fault in (("3e-3", 3e-3, SMALL_WEIGHTS), ("1.5", 1.5, LARGE_WEIGHTS)):
        broken = submission(SENSOR, layers, training, init=begun(normal(std), "Conv1d"))
        yield sick(f"new-sensor-weights-adamax-6-{label}", fault, broken, right)
    layers, training = cnn(PATCH, 7, activation="LeakyReLU"), plan(PATCH, "SGD", 0.05)
    right = submission(PATCH, layers, training, init=begun(HE, "Conv2d"))
    broken = submission(PATCH, layers, training, init=begun(normal(0.8), "Conv2d"))
    yield sick("new-patch-weights-sgd-7-0.8", LARGE_WEIGHTS, broken, right)


def _alike() -> Iterator[Configuration]:
    for task, activation, depth, optimizer, weight in (
        (GREY, "GELU", 3, "SGD", ZERO),
        (SIX, "Tanh", 2, "AdamW", constant(0.05)),
        (EIGHT, "ReLU", 3, "NAdam", constant(0.3)),
        (MOONS, "ELU", 3, "Adam", ZERO),
        (TWENTY, "Softsign", 2, "SGD", constant(0.02)),
    ):
        layers, training = mlp(task, depth, activation, width=40), plan(task, optimizer, RATES[optimizer])
        broken = submission(task, layers, training, init=[rule(weight, match="*", bias="zeros")])
        right = submission(task, layers, training, init=[rule(GLOROT, match="*", bias="zeros")])
        yield sick(
            f"new-{task.name}-{activation.lower()}-alike-{optimizer.lower()}", SYMMETRIC, broken, right
        )


def _dead() -> Iterator[Configuration]:
    for task, activation, depth, optimizer, bias in (
        (GREY, "ReLU", 3, "NAdam", -9.0),
        (EIGHT, "ReLU", 2, "RMSprop", -20.0),
        (SIX, "ReLU6", 3, "SGD", -7.0),
        (IRIS, "ReLU", 3, "Adagrad", -6.0),
        (TWENTY, "ReLU", 2, "Adamax", -8.0),
    ):
        layers, training = mlp(task, depth, activation, width=40), plan(task, optimizer, RATES[optimizer])
        low = submission(task, layers, training, init=[rule(HE, bias=constant(bias))])
        right = submission(task, layers, training, init=begun(HE))
        yield sick(
            f"new-{task.name}-{activation.lower()}-dead-{optimizer.lower()}-{depth}", BORN_DEAD, low, right
        )


def _sound() -> Iterator[Configuration]:
    """Zero heads, orthogonal weights, a little too large or too small, small biases."""
    for label, task, activation, depth, optimizer, init in (
        ("zero-head", CANCER, "ELU", 3, "Adam", [rule(HE), rule(ZERO, match="head", bias="zeros")]),
        ("orthogonal", SIX, "ELU", 6, "AdamW", begun(orthogonal(1.3))),
        ("small", WINE, "SiLU", 2, "NAdam", begun(normal(0.05))),
        ("large", GREY, "SiLU", 2, "AdamW", begun(normal(0.3))),
        ("open", SPIRALS, "LeakyReLU", 3, "Adam", [rule(HE, bias=constant(0.2))]),
        ("glorot", REGRESSION, "Softsign", 4, "Adam", begun(GLOROT)),
        ("he", BLOBS, "GELU", 5, "NAdam", begun(HE)),
        ("lecun", MOONS, "SELU", 7, "Adam", begun({"scheme": "kaiming_normal", "nonlinearity": "linear"})),
    ):
        layers = mlp(task, depth, activation, width=40)
        training = plan(task, optimizer, 2 * RATES[optimizer] if task is SPIRALS else RATES[optimizer])
        right = submission(task, layers, training, init=init)
        cure = submission(task, mlp(task, depth, "ReLU", width=40), plan(task), init=begun(HE))
        yield healthy(f"new-{task.name}-{label}-{activation.lower()}-{optimizer.lower()}", right, cure)
