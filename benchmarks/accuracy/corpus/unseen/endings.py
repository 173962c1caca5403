"""Outputs, losses and targets that do not fit, on other programs, and pairs that do."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import ATTENUATED, MISMATCH, Fault, healthy, sick
from benchmarks.accuracy.corpus.outputs import BINARY, LOG_SOFTMAX, LOGITS, SOFTMAX, SQUARED, Pair
from benchmarks.accuracy.corpus.parts import (
    CANCER,
    CIRCLES,
    IRIS,
    MOONS,
    WINE,
    Layers,
    Task,
    linear,
    plan,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import EIGHT, GREY, RATES, SIX, TWENTY

KERAS_BINARY: Pair = (["Sigmoid"], {"type": "BCELoss"}, 1)
WRONG: dict[str, tuple[Pair, Pair, Fault, tuple[tuple[Task, str, str], ...]]] = {
    "softmax-twice": (
        ([SOFTMAX], {"type": "CrossEntropyLoss"}, None), LOGITS, ATTENUATED,
        ((GREY, "GELU", "SGD"), (EIGHT, "ELU", "NAdam"), (SIX, "SiLU", "SGD")),
    ),
    "softmax-of-one": (
        ([SOFTMAX], {"type": "BCELoss"}, 1), BINARY, MISMATCH,
        ((CIRCLES, "ELU", "AdamW"), (CANCER, "GELU", "RMSprop")),
    ),
    "no-softmax": (
        ([], {"type": "CrossEntropyLoss", "from_logits": False}, None), LOGITS, MISMATCH,
        ((SIX, "LeakyReLU", "NAdam"), (IRIS, "GELU", "SGD")),
    ),
    "softmax-no-log": (
        ([SOFTMAX], {"type": "NLLLoss"}, None), LOGITS, ATTENUATED, ((WINE, "SiLU", "SGD"), (EIGHT, "GELU", "SGD")),
    ),
    "bare-likelihood": (
        ([], {"type": "NLLLoss"}, None), LOGITS, MISMATCH, ((IRIS, "ELU", "AdamW"), (GREY, "SiLU", "SGD")),
    ),
    "squared-softmax": (
        ([SOFTMAX], {"type": "MSELoss"}, None), LOGITS, ATTENUATED,
        ((GREY, "LeakyReLU", "SGD"), (EIGHT, "SiLU", "SGD")),
    ),
    "sigmoid-squared": (
        (["Sigmoid"], {"type": "MSELoss"}, None), LOGITS, ATTENUATED, ((SIX, "ELU", "SGD"),),
    ),
    "sigmoid-twice": (
        (["Sigmoid"], {"type": "BCEWithLogitsLoss"}, 1), BINARY, ATTENUATED,
        ((CIRCLES, "GELU", "SGD"), (MOONS, "ELU", "AdamW")),
    ),
    "rectified": (
        (["ReLU"], {"type": "CrossEntropyLoss"}, None), LOGITS, MISMATCH,
        ((SIX, "Tanh", "RMSprop"), (EIGHT, "Tanh", "Adamax")),
    ),
    "rectified-binary": (
        (["ReLU"], {"type": "BCELoss"}, 1), KERAS_BINARY, MISMATCH, ((CANCER, "ELU", "SGD"),),
    ),
    "tanh-binary": (
        (["Tanh"], {"type": "BCELoss"}, 1), KERAS_BINARY, MISMATCH, ((MOONS, "GELU", "AdamW"), (CANCER, "SiLU", "SGD")),
    ),
    "class-number": (
        ([], {"type": "MSELoss"}, 1), LOGITS, MISMATCH, ((GREY, "ELU", "RMSprop"), (EIGHT, "LeakyReLU", "SGD")),
    ),
    "absolute": (
        ([], {"type": "L1Loss"}, None), LOGITS, MISMATCH, ((GREY, "Softsign", "RMSprop"),),
    ),
}  # fmt: skip


def configurations() -> Iterator[Configuration]:
    """What does not fit, then what does."""
    for label, (wrong, right, fault, programs) in WRONG.items():
        for task, activation, optimizer in programs:
            name = f"new-{task.name}-{label}-{activation.lower()}-{optimizer.lower()}"
            broken, cure = (_ending(task, pair, activation, optimizer) for pair in (wrong, right))
            yield sick(name, fault, broken, cure, "accuracy")
    yield from _unreachable()
    yield from _fitting()


def _ending(task: Task, pair: Pair, activation: str, optimizer: str, **more: Any) -> Submission:
    tail, loss, units = pair
    body: Layers = [linear(40), activation, linear(40), activation, linear(units or task.outputs), *tail]
    return submission(task, body, plan(task, optimizer, RATES[optimizer], loss=loss), **more)


def _unreachable() -> Iterator[Configuration]:
    for activation, scale, shift, optimizer, inner in (
        ("ReLU", 1.0, -1.5, "NAdam", "GELU"),
        ("Tanh", 4.0, 1.0, "AdamW", "ReLU"),
        ("Sigmoid", 2.0, 0.0, "RMSprop", "ReLU"),
        ("Softsign", 6.0, 0.0, "Adamax", "ELU"),
        ("ReLU6", 1.0, 9.0, "Adam", "SiLU"),
    ):
        data = {**TWENTY.data, "target_scale": scale, "target_shift": shift}
        body: Layers = [linear(40), inner, linear(40), inner, linear(2)]
        training = plan(TWENTY, optimizer, 2 * RATES[optimizer])
        wrong = submission(TWENTY, [*body, activation], training, data=data)
        name = f"new-twenty-{inner.lower()}-then-{activation.lower()}-{optimizer.lower()}"
        yield sick(name, MISMATCH, wrong, submission(TWENTY, body, training, data=data))


def _fitting() -> Iterator[Configuration]:
    log_softmax: Pair = ([LOG_SOFTMAX], {"type": "NLLLoss"}, None)
    keras: Pair = ([SOFTMAX], {"type": "CrossEntropyLoss", "from_logits": False}, None)
    margin: Pair = ([], {"type": "MultiMarginLoss"}, None)
    smooth: Pair = ([], {"type": "CrossEntropyLoss", "label_smoothing": 0.15}, None)
    for label, task, pair, activation, optimizer in (
        ("log-softmax", EIGHT, log_softmax, "ReLU", "AdamW"),
        ("log-softmax", SIX, log_softmax, "GELU", "NAdam"),
        ("keras", WINE, keras, "ELU", "Adam"),
        ("keras", GREY, keras, "GELU", "NAdam"),
        ("sigmoid", CIRCLES, KERAS_BINARY, "Mish", "Adam"),
        ("sigmoid", CANCER, KERAS_BINARY, "SiLU", "AdamW"),
        ("margin", IRIS, margin, "LeakyReLU", "Adam"),
        ("smoothed", WINE, smooth, "Mish", "AdamW"),
        ("binary", MOONS, BINARY, "ReLU", "RMSprop"),
        ("squared", GREY, SQUARED, "Tanh", "AdamW"),
    ):
        name = f"new-{task.name}-{label}-ending-{activation.lower()}-{optimizer.lower()}"
        textbook = _ending(task, LOGITS if pair[2] is None else BINARY, "ReLU", "Adam")
        yield healthy(name, _ending(task, pair, activation, optimizer), textbook, "accuracy")
    positive = {**TWENTY.data, "target_shift": 4.0}
    body: Layers = [linear(40), "ELU", linear(40), "ELU", linear(2)]
    training = plan(TWENTY, "NAdam", 1e-2)
    right = submission(TWENTY, [*body, "Softplus"], training, data=positive)
    yield healthy("new-twenty-softplus-range", right, submission(TWENTY, body, training, data=positive))
