"""Data that the rest of the corpus does not have, and networks around them."""

from typing import Any

from benchmarks.accuracy.configuration import Submission
from benchmarks.accuracy.corpus.parts import (
    Layers,
    Task,
    head,
    linear,
    plan,
    residual_mlp,
    rule,
    submission,
)

DIGIT_DATA = {"source": "builtin", "name": "digits", "preprocess": "standardize"}
GREY = Task("grey", DIGIT_DATA, (64,), 10, batch=48)
ROWS = Task("rows", DIGIT_DATA, (8, 8), 10, batch=48)
SCAN = Task("scan", DIGIT_DATA, (1, 64), 10, batch=48)
SIX = Task("six", {"source": "synthetic", "task": "classification", "examples": 1500}, (24,), 6, batch=48)
SENSOR = Task("sensor", {"source": "synthetic", "task": "classification"}, (3, 20), 3)
PATCH = Task("patch", {"source": "synthetic", "task": "classification"}, (2, 9, 9), 3)
TWENTY = Task(
    "twenty", {"source": "synthetic", "task": "regression", "examples": 1500}, (20,), 2, "MSELoss", batch=48
)
EIGHT = Task("eight", {"source": "builtin", "name": "blobs", "classes": 8}, (2,), 8, batch=48)
RATES = {
    "SGD": 0.1, "ASGD": 0.1, "Adagrad": 0.03, "Adadelta": 1.0, "Rprop": 1e-2, "RMSprop": 1e-3, "Adam": 3e-3,
    "AdamW": 3e-3, "NAdam": 3e-3, "RAdam": 5e-3, "Adamax": 5e-3, "Adafactor": 2e-2,
}  # fmt: skip


def textbook(task: Task, depth: int = 4, optimizer: str = "Adam", width: int = 40) -> Submission:
    """Pre-norm residual layers, as deep as the network that they are held against."""
    return submission(task, residual_mlp(task, depth, width=width), plan(task, optimizer, RATES[optimizer]))


def conv1d(task: Task, depth: int, activation: Any, *, channels: int = 10, norm: str | None = None) -> Layers:
    """Plain convolutions along time, pooled to four places."""
    conv = {"type": "Conv1d", "out_channels": channels, "kernel_size": 3, "padding": 1}
    body = [conv, *([norm] if norm else []), activation]
    return [
        {"repeat": depth, "name": "h", "body": body},
        {"type": "AdaptiveAvgPool1d", "output_size": 4},
        "Flatten",
        head(task),
    ]


def begun(scheme: Any, layer: str = "Linear") -> Layers:
    """An init rule for the hidden layers, biases at zero."""
    return [rule(scheme, layer=layer, bias="zeros")]


def through(task: Task, *parts: Any, width: int = 40, activation: Any = "ReLU") -> Layers:
    """Two hidden layers with `parts` between them."""
    return [linear(width), activation, linear(width), *parts, linear(width), activation, head(task)]
