"""Courses of training that swing, leap or stand still, and layers that let nothing through."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import CONSTANT_LAYER, OSCILLATING, PLATEAU, SPIKING, sick
from benchmarks.accuracy.corpus.parts import (
    AND,
    CANCER,
    CIRCLES,
    IRIS,
    WINE,
    XOR,
    Layers,
    Task,
    characters,
    head,
    linear,
    recurrent,
    submission,
)
from benchmarks.remedies.unseen.parts import INK, SURVEY, TABLE, short, tower, train


def configurations() -> Iterator[Configuration]:
    """By kind."""
    yield from _swinging()
    yield from _leaping()
    yield from _standing()
    yield from _blocked()


def _swinging() -> Iterator[Configuration]:
    """Bounded units, one layer, and steps that overshoot every time."""
    for task, activation, optimizer, lr in (
        (WINE, "Hardtanh", "SGD", 50.0),
        (CANCER, "Softsign", "ASGD", 80.0),
    ):
        layers = tower(task, activation, (28,))
        yield sick(
            short(task.name, activation, "swinging", optimizer),
            OSCILLATING,
            submission(task, layers, train(task, optimizer, lr)),
            submission(task, layers, train(task, "Adam", 1e-2)),
        )


def _leaping() -> Iterator[Configuration]:
    """Momentum that carries too far, and a rectified memory at the edge of growth."""
    for task, activation, lr, momentum in ((CIRCLES, "Mish", 2.0, 0.9), (INK, "PReLU", 0.8, 0.95)):
        layers = tower(task, activation, (40, 32, 24))
        broken = submission(task, layers, train(task, "SGD", lr, momentum=momentum))
        cure = submission(task, layers, train(task, "Adam", 1e-2 if task is CIRCLES else None))
        yield sick(short(task.name, activation, "leaping-sgd"), SPIKING, broken, cure)
    task = characters(34)
    layers = recurrent(task, "RNN", hidden=40, output="sequence", nonlinearity="relu")
    init = [{"match": "rnn", "recurrent": "eye"}]
    broken = submission(task, layers, train(task, "Adagrad", 0.5, clip={"norm": 3.0}), init=init)
    cure = submission(task, recurrent(task, "GRU", hidden=40, output="sequence"), train(task, "Adam", 1e-2))
    yield sick("unseen-characters-rnn-leaping-adagrad", SPIKING, broken, cure)


def _standing() -> Iterator[Configuration]:
    """The rows of a truth table, with units too few or steps too short to tell them apart."""
    for task, activation, width, optimizer, lr in (
        (XOR, "Softsign", 2, "SGD", 0.03),
        (AND, "Sigmoid", 3, "ASGD", 0.01),
    ):
        yield sick(
            short(task.name, activation, "standing", optimizer),
            PLATEAU,
            submission(task, tower(task, activation, (width,)), train(task, optimizer, lr)),
            submission(task, tower(task, "Tanh", (10,)), train(task, "Adam", 3e-2)),
        )


def _blocked() -> Iterator[Configuration]:
    """One layer answers every example alike; the cure leaves it out."""
    cases: tuple[tuple[Task, dict[str, Any], str, str], ...] = (
        (WINE, {"type": "Threshold", "threshold": 25.0, "value": 0.5}, "ELU", "AdamW"),
        (TABLE, {"type": "Dropout", "p": 1.0}, "CELU", "Adam"),
        (IRIS, {"type": "Hardtanh", "min_val": 30.0, "max_val": 31.0}, "ReLU", "NAdam"),
        (SURVEY, {"type": "Softshrink", "lambd": 60.0}, "ReLU", "AdamW"),
    )
    for task, layer, activation, optimizer in cases:
        front: Layers = [linear(40), activation, linear(28)]
        back: Layers = [linear(28), activation, head(task)]
        yield sick(
            short(task.name, layer["type"], "blocks", optimizer),
            CONSTANT_LAYER,
            submission(task, [*front, layer, *back], train(task, optimizer)),
            submission(task, [*front, *back], train(task, optimizer)),
        )
