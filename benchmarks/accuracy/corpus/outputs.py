"""The last layer, the loss and the targets: pairs that do not fit, and unusual ones that do."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Measure
from benchmarks.accuracy.corpus.faults import ATTENUATED, MISMATCH, Fault, healthy, sick
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIGITS,
    IRIS,
    MOONS,
    REGRESSION,
    SYNTHETIC,
    WINE,
    Layers,
    Task,
    linear,
    plan,
    submission,
)

RATES = {"Adam": 3e-3, "SGD": 0.1}
SOFTMAX, LOG_SOFTMAX = {"type": "Softmax", "dim": -1}, {"type": "LogSoftmax", "dim": -1}
Pair = tuple[list[Any], dict[str, Any], int | None]
"""What follows the last Linear layer, the loss, and its units where they are not one for each class."""

LOGITS: Pair = ([], {"type": "CrossEntropyLoss"}, None)
BINARY: Pair = ([], {"type": "BCEWithLogitsLoss"}, 1)
SQUARED: Pair = ([], {"type": "MSELoss"}, None)


def configurations() -> Iterator[Configuration]:
    """What does not fit, then what does."""
    softmax_twice: Pair = ([SOFTMAX], {"type": "CrossEntropyLoss"}, None)
    one_unit: Pair = ([SOFTMAX], {"type": "BCELoss"}, 1)
    keras_one_unit: Pair = ([SOFTMAX], {"type": "CrossEntropyLoss", "from_logits": False}, 1)
    no_softmax: Pair = ([], {"type": "CrossEntropyLoss", "from_logits": False}, None)
    no_log: Pair = ([SOFTMAX], {"type": "NLLLoss"}, None)
    bare: Pair = ([], {"type": "NLLLoss"}, None)
    squared_softmax: Pair = ([SOFTMAX], {"type": "MSELoss"}, None)
    squared_sigmoid: Pair = (["Sigmoid"], {"type": "MSELoss"}, None)
    absolute: Pair = ([], {"type": "L1Loss"}, None)
    sigmoid_twice: Pair = (["Sigmoid"], {"type": "BCEWithLogitsLoss"}, 1)
    rectified: Pair = (["ReLU"], {"type": "CrossEntropyLoss"}, None)
    rectified_binary: Pair = (["ReLU"], {"type": "BCELoss"}, 1)
    bounded: Pair = (["Tanh"], {"type": "BCELoss"}, 1)
    no_sigmoid: Pair = ([], {"type": "BCELoss"}, 1)
    class_number: Pair = ([], {"type": "MSELoss"}, 1)
    yield from _pairs(
        "softmax-twice",
        softmax_twice,
        LOGITS,
        ATTENUATED,
        ((DIGITS, "SGD"), (WINE, "Adam"), (SYNTHETIC, "SGD"), (BLOBS, "Adam"), (IRIS, "SGD")),
    )
    yield from _pairs("softmax-of-one", one_unit, BINARY, MISMATCH, ((MOONS, "Adam"), (CANCER, "SGD")))
    yield from _pairs(
        "softmax-of-one-keras", keras_one_unit, BINARY, MISMATCH, ((CIRCLES, "Adam"), (CANCER, "Adam"))
    )
    yield from _pairs(
        "no-softmax", no_softmax, LOGITS, MISMATCH, ((DIGITS, "Adam"), (WINE, "SGD"), (BLOBS, "Adam"))
    )
    yield from _pairs("softmax-no-log", no_log, LOGITS, ATTENUATED, ((DIGITS, "SGD"), (IRIS, "Adam")))
    yield from _pairs("bare-likelihood", bare, LOGITS, MISMATCH, ((DIGITS, "SGD"), (SYNTHETIC, "Adam")))
    yield from _pairs(
        "squared-softmax",
        squared_softmax,
        LOGITS,
        ATTENUATED,
        ((DIGITS, "SGD"), (SYNTHETIC, "SGD"), (BLOBS, "SGD")),
    )
    yield from _pairs(
        "squared-sigmoid", squared_sigmoid, LOGITS, ATTENUATED, ((DIGITS, "SGD"), (WINE, "SGD"))
    )
    yield from _pairs("absolute", absolute, LOGITS, MISMATCH, ((DIGITS, "SGD"), (SYNTHETIC, "Adam")))
    yield from _pairs(
        "sigmoid-twice",
        sigmoid_twice,
        BINARY,
        ATTENUATED,
        ((MOONS, "SGD"), (CANCER, "SGD"), (CIRCLES, "Adam")),
    )
    yield from _pairs(
        "rectified", rectified, LOGITS, MISMATCH, ((DIGITS, "SGD"), (BLOBS, "Adam"), (WINE, "SGD"))
    )
    yield from _pairs(
        "rectified-binary", rectified_binary, BINARY, MISMATCH, ((MOONS, "Adam"), (CANCER, "SGD"))
    )
    yield from _pairs("tanh-binary", bounded, BINARY, MISMATCH, ((MOONS, "Adam"), (CIRCLES, "SGD")))
    yield from _pairs("no-sigmoid", no_sigmoid, BINARY, MISMATCH, ((CANCER, "Adam"), (MOONS, "SGD")))
    yield from _pairs("class-number", class_number, LOGITS, MISMATCH, ((DIGITS, "SGD"), (BLOBS, "Adam")))
    yield from _unreachable()
    yield from _fitting()


def _pairs(
    name: str, wrong: Pair, right: Pair, fault: Fault, programs: tuple[tuple[Task, str], ...]
) -> Iterator[Configuration]:
    """One wrong pair on several programs; the loss changes with the cure, so accuracies are compared."""
    for task, optimizer in programs:
        program = f"{task.name}-{name}-{optimizer.lower()}"
        yield sick(
            program, fault, _ending(task, wrong, optimizer), _ending(task, right, optimizer), "accuracy"
        )


def _ending(task: Task, pair: Pair, optimizer: str = "Adam", **more: Any) -> dict[str, Any]:
    """Two hidden layers and the pair."""
    tail, loss, units = pair
    body: Layers = [linear(32), "ReLU", linear(32), "ReLU", linear(units or task.outputs), *tail]
    return submission(task, body, plan(task, optimizer, RATES[optimizer], loss=loss), **more)


def _unreachable() -> Iterator[Configuration]:
    """Regression whose targets the last activation cannot reach."""
    for activation, scale, shift, optimizer in (
        ("ReLU", 1.0, -1.0, "Adam"),
        ("ReLU", 1.0, 0.0, "SGD"),
        ("Tanh", 5.0, 0.0, "Adam"),
        ("Sigmoid", 1.0, 0.0, "SGD"),
        ("Sigmoid", 3.0, 2.0, "Adam"),
        ("Softplus", 1.0, -2.0, "Adam"),
    ):
        data = {**REGRESSION.data, "target_scale": scale, "target_shift": shift}
        program = f"regression-{activation.lower()}-output-{optimizer.lower()}"
        lr = 1e-2 if optimizer == "Adam" else 0.03
        wrong = submission(
            REGRESSION,
            [linear(32), "ReLU", linear(32), "ReLU", linear(1), activation],
            plan(REGRESSION, optimizer, lr),
            data=data,
        )
        right = submission(
            REGRESSION,
            [linear(32), "ReLU", linear(32), "ReLU", linear(1)],
            plan(REGRESSION, optimizer, lr),
            data=data,
        )
        yield sick(f"{program}-{scale:g}-{shift:g}", MISMATCH, wrong, right)


def _fitting() -> Iterator[Configuration]:
    """Pairs that fit, written in other ways."""
    log_softmax: Pair = ([LOG_SOFTMAX], {"type": "NLLLoss"}, None)
    log_twice: Pair = ([LOG_SOFTMAX], {"type": "CrossEntropyLoss"}, None)
    keras: Pair = ([SOFTMAX], {"type": "CrossEntropyLoss", "from_logits": False}, None)
    sigmoid: Pair = (["Sigmoid"], {"type": "BCELoss"}, 1)
    margin: Pair = ([], {"type": "MultiMarginLoss"}, None)
    hinge: Pair = ([], {"type": "SoftMarginLoss"}, 1)
    smooth: Pair = ([], {"type": "CrossEntropyLoss", "label_smoothing": 0.1}, None)
    for name, task, pair, optimizer in (
        ("log-softmax", DIGITS, log_softmax, "Adam"),
        ("log-softmax", WINE, log_softmax, "SGD"),
        ("log-twice", BLOBS, log_twice, "Adam"),
        ("keras-softmax", DIGITS, keras, "SGD"),
        ("keras-softmax", IRIS, keras, "Adam"),
        ("sigmoid", MOONS, sigmoid, "Adam"),
        ("sigmoid", CANCER, sigmoid, "SGD"),
        ("margin", SYNTHETIC, margin, "Adam"),
        ("soft-margin", CIRCLES, hinge, "Adam"),
        ("smoothed", DIGITS, smooth, "Adam"),
        ("binary", CANCER, BINARY, "Adam"),
        ("squared", BLOBS, SQUARED, "Adam"),
    ):
        program = f"{task.name}-{name}-ending-{optimizer.lower()}"
        textbook = _ending(task, LOGITS if pair[2] is None else BINARY)
        compare: Measure = "accuracy"
        yield healthy(program, _ending(task, pair, optimizer), textbook, compare)
    for activation, scale, shift in (("Tanh", 0.3, 0.0), ("Softplus", 1.0, 4.0)):
        data = {**REGRESSION.data, "target_scale": scale, "target_shift": shift}
        body: Layers = [linear(32), "ReLU", linear(32), "ReLU", linear(1)]
        right = submission(REGRESSION, [*body, activation], plan(REGRESSION, lr=1e-2), data=data)
        program = f"regression-{activation.lower()}-range-adam"
        yield healthy(program, right, submission(REGRESSION, body, plan(REGRESSION, lr=1e-2), data=data))
