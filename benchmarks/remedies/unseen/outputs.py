"""Last layers, losses and targets that do not fit each other."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import ATTENUATED, MISMATCH, Fault, sick
from benchmarks.accuracy.corpus.outputs import BINARY, LOGITS, SOFTMAX, Pair
from benchmarks.accuracy.corpus.parts import (
    CANCER,
    CIRCLES,
    MOONS,
    SPIRALS,
    WINE,
    Layers,
    Task,
    linear,
    submission,
)
from benchmarks.remedies.unseen.parts import INK, PICTURE, SCORES, SURVEY, TABLE, short, train

Program = tuple[Task, str, str]

WRONG: dict[str, tuple[Pair, Pair, Fault, tuple[Program, ...]]] = {
    "softmax-twice": (
        ([SOFTMAX], {"type": "CrossEntropyLoss"}, None), LOGITS, ATTENUATED,
        ((TABLE, "Mish", "SGD"), (INK, "CELU", "ASGD")),
    ),
    "softmax-of-one": (
        ([SOFTMAX], {"type": "BCELoss"}, 1), BINARY, MISMATCH, ((MOONS, "Mish", "NAdam"), (CANCER, "SELU", "AdamW")),
    ),
    "one-unit-for-all": (
        ([], {"type": "CrossEntropyLoss"}, 1), BINARY, MISMATCH, ((CIRCLES, "CELU", "Adam"),),
    ),
    "no-softmax": (
        ([], {"type": "CrossEntropyLoss", "from_logits": False}, None), LOGITS, MISMATCH,
        ((WINE, "ELU", "RMSprop"),),
    ),
    "softmax-no-log": (
        ([SOFTMAX], {"type": "NLLLoss"}, None), LOGITS, ATTENUATED, ((INK, "Hardswish", "SGD"),),
    ),
    "bare-likelihood": (
        ([], {"type": "NLLLoss"}, None), LOGITS, MISMATCH, ((WINE, "PReLU", "AdamW"),),
    ),
    "squared-softmax": (
        ([SOFTMAX], {"type": "MSELoss"}, None), LOGITS, ATTENUATED, ((INK, "RReLU", "SGD"),),
    ),
    "sigmoid-twice": (
        (["Sigmoid"], {"type": "BCEWithLogitsLoss"}, 1), BINARY, ATTENUATED,
        ((SPIRALS, "ReLU", "AdamW"), (CANCER, "Mish", "SGD")),
    ),
    "tanh-binary": (
        (["Tanh"], {"type": "BCELoss"}, 1), BINARY, MISMATCH, ((MOONS, "ELU", "Adam"),),
    ),
    "class-number": (
        ([], {"type": "MSELoss"}, 1), LOGITS, MISMATCH, ((INK, "Hardtanh", "RMSprop"),),
    ),
}  # fmt: skip


def configurations() -> Iterator[Configuration]:
    """Classes first, then answers that the last activation cannot give."""
    for label, (wrong, right, fault, programs) in WRONG.items():
        for task, activation, optimizer in programs:
            broken, cure = (_ending(task, pair, activation, optimizer) for pair in (wrong, right))
            yield sick(short(task.name, label, activation, optimizer), fault, broken, cure, "accuracy")
    yield from _convolutions()
    yield from _unreachable()


def _ending(task: Task, pair: Pair, activation: str, optimizer: str) -> Submission:
    tail, loss, units = pair
    body: Layers = [linear(48), activation, linear(24), activation, linear(units or task.outputs), *tail]
    return submission(task, body, train(task, optimizer, loss=loss))


def _convolutions() -> Iterator[Configuration]:
    """The loss takes logits, and the network has made probabilities of them."""
    task, training = PICTURE, train(PICTURE, "SGD", 0.03)
    body: Layers = [
        {"type": "Conv2d", "out_channels": 12, "kernel_size": 3}, "ELU", {"type": "MaxPool2d", "kernel_size": 2},
        "Flatten", linear(task.outputs),
    ]  # fmt: skip
    yield sick(
        short(task.name, "softmax-twice", "sgd"),
        ATTENUATED,
        submission(task, [*body, SOFTMAX], training),
        submission(task, body, training),
        "accuracy",
    )


def _unreachable() -> Iterator[Configuration]:
    """Regression whose answers lie where the last activation does not reach."""
    raw = {**SCORES.data, "target_preprocess": "none"}
    below = {**SURVEY.data, "target_shift": -3.0}
    cases: tuple[tuple[Task, dict[str, Any], str, str, str, float], ...] = (
        (SCORES, raw, "ReLU", "Sigmoid", "Adam", 5e-3),
        (SCORES, raw, "Mish", "Tanh", "RMSprop", 3e-3),
        (SURVEY, below, "SELU", "Softplus", "RMSprop", 2e-3),
    )
    for task, data, inner, last, optimizer, lr in cases:
        body: Layers = [linear(48), inner, linear(24), inner, linear(task.outputs)]
        training = train(task, optimizer, lr)
        cured = {**data, "target_preprocess": "standardize"}
        yield sick(
            short(task.name, inner, "then", last, optimizer),
            MISMATCH,
            submission(task, [*body, last], training, data=data),
            submission(task, body, training, data=cured),
        )
