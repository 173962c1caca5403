"""Weights that begin too small, too large, all alike, or so that no unit answers."""

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
    sick,
)
from benchmarks.accuracy.corpus.initialization import ZERO, constant
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    GLOROT,
    HE,
    IRIS,
    LECUN,
    MOONS,
    WINE,
    Layers,
    Spec,
    Task,
    linear,
    mlp,
    normal,
    orthogonal,
    rule,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import begun
from benchmarks.remedies.unseen.parts import (
    INK,
    PICTURE,
    SCORES,
    SIGNAL,
    SURVEY,
    TABLE,
    TILE,
    short,
    stages,
    tower,
    train,
    waves,
)

UNIT = {"scheme": "uniform", "a": 0.0, "b": 1.0}
"""What `torch.rand` draws: positive throughout."""
FAINT = {"scheme": "uniform", "a": -0.01, "b": 0.01}
Case = tuple[Task, str, tuple[int, ...], str, Fault, Spec, Spec]

CASES: tuple[Case, ...] = (
    (INK, "SELU", (48,) * 6, "SGD", SMALL_WEIGHTS, normal(0.02), LECUN),
    (TABLE, "RReLU", (64, 48, 32, 24), "SGD", SMALL_WEIGHTS, normal(0.02), HE),
    (SURVEY, "Mish", (36,) * 6, "NAdam", SMALL_WEIGHTS, orthogonal(0.05), HE),
    (BLOBS, "ReLU", (32, 24, 16), "ASGD", SMALL_WEIGHTS, FAINT, HE),
    (IRIS, "ELU", (24,) * 6, "SGD", LARGE_WEIGHTS, normal(1.0), HE),
    (CIRCLES, "ReLU", (32,) * 9, "NAdam", LARGE_WEIGHTS, orthogonal(4.0), HE),
    (TABLE, "Hardswish", (64, 48, 32, 32), "SGD", LARGE_WEIGHTS, UNIT, HE),
    (SURVEY, "PReLU", (36,) * 5, "SGD", LARGE_WEIGHTS, normal(0.8), HE),
    (SCORES, "CELU", (28,) * 6, "Adam", LARGE_WEIGHTS, normal(1.0), HE),
    (CANCER, "Hardtanh", (40,) * 6, "SGD", SATURATING_WEIGHTS, normal(2.0), GLOROT),
    (IRIS, "Tanh", (24,) * 6, "Adam", SATURATING_WEIGHTS, UNIT, GLOROT),
)


def configurations() -> Iterator[Configuration]:
    """By size, then waves of sine, convolutions, alike, dead."""
    for task, activation, widths, optimizer, fault, scheme, textbook in CASES:
        layers, training = tower(task, activation, widths), train(task, optimizer)
        yield sick(
            short(task.name, activation, "weights", optimizer, len(widths), scheme["scheme"]),
            fault,
            submission(task, layers, training, init=begun(scheme)),
            submission(task, layers, training, init=begun(textbook)),
        )
    yield from _convolutions()
    yield from _sines()
    yield from _alike()
    yield from _dead()


def _convolutions() -> Iterator[Configuration]:
    cases: tuple[tuple[Task, Layers, str, str, Fault, Spec], ...] = (
        (TILE, stages(TILE, "CELU", 8, 12, 12, 16, 16), "Conv2d", "SGD", SMALL_WEIGHTS, normal(0.02)),
        (PICTURE, stages(PICTURE, "SELU", 8, 12, 16, 16, 16), "Conv2d", "NAdam", LARGE_WEIGHTS, normal(1.0)),
        (SIGNAL, waves(SIGNAL, 6, "Hardtanh"), "Conv1d", "Adam", SATURATING_WEIGHTS, normal(1.5)),
    )
    for task, layers, kind, optimizer, fault, scheme in cases:
        training = train(task, optimizer)
        yield sick(
            short(task.name, "convolutions", "weights", optimizer, scheme["std"]),
            fault,
            submission(task, layers, training, init=begun(scheme, kind)),
            submission(task, layers, training, init=begun(HE, kind)),
        )


def _sines() -> Iterator[Configuration]:
    """Sine layers under torch's default weights; the cure is the bounds of the paper (arXiv:2006.09661)."""
    task, width, speed = SURVEY, 40, 30.0
    sine: Any = {"type": "Sine", "w0": speed}
    first, inner = 1 / task.inputs[0] / 10, (6 / width) ** 0.5 / speed
    layers = [linear(width, name="first"), sine, *mlp(task, 2, sine, width=width)]
    cure = [
        rule({"scheme": "uniform", "a": -first, "b": first}, match="first"),
        rule({"scheme": "uniform", "a": -inner, "b": inner}),
    ]
    training = train(task, "AdamW", 1e-3)
    yield sick(
        short(task.name, "sine", "adamw"),
        SATURATING_WEIGHTS,
        submission(task, layers, training),
        submission(task, layers, training, init=cure),
    )


def _alike() -> Iterator[Configuration]:
    """Every weight the same number, in all layers."""
    for task, activation, widths, optimizer, weight in (
        (IRIS, "SiLU", (32, 32), "Adam", ZERO),
        (INK, "Hardswish", (48, 48), "NAdam", constant(0.02)),
        (SURVEY, "ReLU", (40, 40), "RAdam", constant(0.1)),
    ):
        layers, training = tower(task, activation, widths), train(task, optimizer)
        yield sick(
            short(task.name, activation, "alike", optimizer),
            SYMMETRIC,
            submission(task, layers, training, init=[rule(weight, match="*", bias="zeros")]),
            submission(task, layers, training, init=[rule(GLOROT, match="*", bias="zeros")]),
        )


def _dead() -> Iterator[Configuration]:
    """Biases so low that no rectifier opens."""
    for task, activation, widths, optimizer, bias in (
        (WINE, "ReLU", (32, 24), "RAdam", -9.0),
        (CANCER, "ReLU6", (40, 40, 40), "Adam", -12.0),
        (MOONS, "ReLU", (24, 24), "Adamax", -5.0),
    ):
        layers, training = tower(task, activation, widths), train(task, optimizer)
        yield sick(
            short(task.name, activation, "dead", optimizer),
            BORN_DEAD,
            submission(task, layers, training, init=[rule(HE, bias=constant(bias))]),
            submission(task, layers, training, init=begun(HE)),
        )
