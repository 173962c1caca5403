"""Data, towers of layers and trainings that the corpus does not have."""

from typing import Any

from benchmarks.accuracy.configuration import Submission
from benchmarks.accuracy.corpus.parts import (
    Layers,
    Task,
    head,
    linear,
    plan,
    residual_mlp,
    submission,
)

INK_DATA = {"source": "builtin", "name": "digits", "preprocess": "standardize"}
INK = Task("ink", INK_DATA, (64,), 10, batch=40)
PICTURE = Task("picture", INK_DATA, (1, 8, 8), 10, batch=40)
STRIPES = Task("stripes", INK_DATA, (8, 8), 10, batch=40)
"""Rows of a digit: channels of a convolution along its columns, or steps of a sequence."""
PAIRS = Task("pairs", INK_DATA, (4, 16), 10, batch=40)
"""Two rows of a digit at each of four steps."""
TABLE = Task("table", {"source": "synthetic", "task": "classification", "examples": 1200}, (12,), 4, batch=40)
SIGNAL = Task("signal", {"source": "synthetic", "task": "classification"}, (2, 16), 4, batch=40, steps=200)
TILE = Task("tile", {"source": "synthetic", "task": "classification"}, (3, 8, 8), 4, batch=40)
SURVEY = Task(
    "survey", {"source": "synthetic", "task": "regression", "examples": 1200}, (10,), 3, "MSELoss", batch=40
)
SCORES = Task(
    "scores",
    {"source": "builtin", "name": "diabetes", "target_preprocess": "standardize"},
    (10,),
    1,
    "MSELoss",
)
"""Disease scores with mean 0 and variance 1."""
RATES = {
    "SGD": 0.08, "ASGD": 0.08, "Adagrad": 0.03, "Adadelta": 1.0, "Rprop": 5e-3, "RMSprop": 1e-3, "Adam": 4e-3,
    "AdamW": 4e-3, "NAdam": 3e-3, "RAdam": 6e-3, "Adamax": 6e-3, "Adafactor": 2e-2,
}  # fmt: skip
"""What each optimiser bears on networks of a few layers."""


def short(*words: object) -> str:
    """A name of the set's own, from what tells the configuration from others."""
    return "-".join(("unseen", *(str(word).lower() for word in words)))


def train(task: Task, optimizer: str, lr: float | None = None, **more: Any) -> dict[str, Any]:
    """A training of the task's budget at the optimiser's usual rate."""
    return plan(task, optimizer, RATES[optimizer] if lr is None else lr, **more)


def tower(task: Task, activation: Any, widths: tuple[int, ...], *, bias: bool = True) -> Layers:
    """Hidden layers h0, h1, ... of these widths, then the head."""
    flags = {} if bias else {"bias": False}
    hidden = [
        part for i, width in enumerate(widths) for part in (linear(width, name=f"h{i}", **flags), activation)
    ]
    return [*hidden, head(task, **flags)]


def shortcut(task: Task, depth: int, optimizer: str, width: int = 36) -> Submission:
    """As many layers with a norm before and a shortcut around each."""
    return submission(task, residual_mlp(task, depth, width=width), train(task, optimizer))


def waves(task: Task, depth: int, activation: Any, *, channels: int = 12) -> Layers:
    """Plain convolutions of width five along time, averaged over three places."""
    conv = {"type": "Conv1d", "out_channels": channels, "kernel_size": 5, "padding": 2}
    body = [conv, activation]
    return [
        {"repeat": depth, "name": "h", "body": body},
        {"type": "AdaptiveAvgPool1d", "output_size": 3},
        "Flatten",
        head(task),
    ]


def bridged_waves(task: Task, depth: int, *, channels: int = 12) -> Layers:
    """Convolutions along time, each after a norm and with a shortcut around it."""
    conv = {"type": "Conv1d", "out_channels": channels, "kernel_size": 5, "padding": 2}
    block = {"residual": {"body": ["BatchNorm1d", "ReLU", conv]}}
    return [
        {**conv, "name": "stem"},
        {"repeat": depth - 1, "name": "h", "body": [block]},
        {"type": "AdaptiveAvgPool1d", "output_size": 3},
        "Flatten",
        head(task),
    ]


def stages(task: Task, activation: Any, *channels: int) -> Layers:
    """Convolutions h0, h1, ... of these channels; the second one halves the picture."""
    layers: Layers = []
    for i, wide in enumerate(channels):
        conv = {"type": "Conv2d", "name": f"h{i}", "out_channels": wide, "kernel_size": 3, "padding": 1}
        layers += [conv | ({"stride": 2} if i == 1 else {}), activation]
    return [*layers, {"type": "AdaptiveAvgPool2d", "output_size": 2}, "Flatten", head(task)]
