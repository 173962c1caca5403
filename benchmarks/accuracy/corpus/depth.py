"""Plain networks too deep for what they are made of, and the same depth done right."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import DEEP, DEEP_NORM, SHATTERED, SHRINKING, Fault, healthy, sick
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIGITS,
    GLOROT,
    HE,
    IRIS,
    LECUN,
    MOONS,
    REGRESSION,
    SPIRALS,
    SYNTHETIC,
    TANH_GLOROT,
    WINE,
    Layers,
    Spec,
    Task,
    mlp,
    plan,
    residual_mlp,
    rule,
    submission,
)

RATES = {"Adam": 3e-3, "AdamW": 3e-3, "SGD": 0.1, "RMSprop": 1e-3, "NAdam": 2e-3}


def configurations() -> Iterator[Configuration]:
    """Sick ones first."""
    yield from _plain(DIGITS, "Sigmoid", "Adam", DEEP, (6, 10, 20))
    yield from _plain(DIGITS, "Sigmoid", "SGD", DEEP, (4, 8))
    yield from _plain(MOONS, "Sigmoid", "Adam", DEEP, (5, 9))
    yield from _plain(WINE, "Sigmoid", "SGD", DEEP, (3, 6))
    yield from _plain(SYNTHETIC, "Sigmoid", "RMSprop", DEEP, (6, 10))
    yield from _plain(CIRCLES, "Softsign", "SGD", SHRINKING, (8, 14))
    yield from _plain(REGRESSION, "Hardsigmoid", "Adam", DEEP, (5, 10))
    yield from _plain(DIGITS, "Tanh", "SGD", SHRINKING, (8, 14, 24))
    yield from _plain(REGRESSION, "Tanh", "SGD", SHRINKING, (6, 12))
    yield from _plain(BLOBS, "Softsign", "Adam", SHRINKING, (12, 20))
    yield from _plain(DIGITS, "ReLU", "SGD", SHRINKING, (8, 16, 30))
    yield from _plain(DIGITS, "ReLU", "Adam", SHRINKING, (12, 30))
    yield from _plain(WINE, "ReLU", "SGD", SHRINKING, (6, 12))
    yield from _plain(CANCER, "LeakyReLU", "SGD", SHRINKING, (10, 20))
    yield from _plain(SYNTHETIC, "GELU", "AdamW", SHRINKING, (8, 16))
    yield from _plain(IRIS, "SiLU", "SGD", SHRINKING, (6, 12))
    yield from _plain(SPIRALS, "ELU", "SGD", SHRINKING, (8, 16))
    yield from _plain(SYNTHETIC, None, "SGD", SHRINKING, (10,), name="linear")
    yield from _plain(
        DIGITS, "ReLU", "SGD", SHATTERED, (30, 50), name="he-relu", init=[rule(HE, bias="zeros")]
    )
    yield from _plain(
        CIRCLES, "ReLU", "Adam", SHATTERED, (24, 40), name="he-relu", init=[rule(HE, bias="zeros")]
    )
    yield from _normed(DIGITS, "SGD", (10, 24, 40))
    yield from _normed(WINE, "SGD", (16, 32))
    yield from _normed(CIRCLES, "Adam", (14, 28))
    yield from _done_right()


def reference(task: Task, depth: int = 4, optimizer: str = "Adam") -> Submission:
    """The textbook's network for a task: pre-norm residual layers under Adam, or the asked-for optimiser."""
    return submission(task, residual_mlp(task, depth), plan(task, optimizer, RATES[optimizer]))


def _plain(
    task: Task,
    activation: str | None,
    optimizer: str,
    fault: Fault,
    depths: tuple[int, ...],
    *,
    name: str | None = None,
    init: Layers | None = None,
) -> Iterator[Configuration]:
    """Nothing but layers; the cure is a shortcut and a norm at each, a rectifier, and the same depth."""
    program = f"{task.name}-{name or (activation or '').lower()}-{optimizer.lower()}"
    for depth in depths:
        layers = mlp(task, depth, activation)
        broken = submission(task, layers, plan(task, optimizer, RATES[optimizer]), init=init)
        yield sick(f"{program}-{depth}", fault, broken, reference(task, depth, optimizer))


def _normed(task: Task, optimizer: str, depths: tuple[int, ...]) -> Iterator[Configuration]:
    """Batch norm without shortcuts, whose gradient grows with every layer."""
    program = f"{task.name}-batchnorm-{optimizer.lower()}"
    for depth in depths:
        layers = mlp(task, depth, "ReLU", norm="BatchNorm1d")
        broken = submission(task, layers, plan(task, optimizer, RATES[optimizer]))
        yield sick(f"{program}-{depth}", DEEP_NORM, broken, reference(task, depth, optimizer))


def _done_right() -> Iterator[Configuration]:
    """The same depths with shortcuts, norms or weights that keep the signal."""
    for task, optimizer, depth in (
        (DIGITS, "SGD", 8),
        (DIGITS, "Adam", 20),
        (WINE, "SGD", 12),
        (REGRESSION, "SGD", 12),
        (SPIRALS, "SGD", 8),
        (CIRCLES, "Adam", 24),
        (SYNTHETIC, "AdamW", 16),
        (CANCER, "SGD", 20),
    ):
        program = f"{task.name}-residual-{optimizer.lower()}"
        yield healthy(f"{program}-{depth}", reference(task, depth, optimizer), reference(task))
    shapes: tuple[tuple[str, Task, str, int, Spec, str | None], ...] = (
        ("he-relu", DIGITS, "ReLU", 6, HE, None),
        ("he-relu", WINE, "ReLU", 8, HE, None),
        ("he-gelu", SYNTHETIC, "GELU", 6, HE, None),
        ("lecun-selu", CANCER, "SELU", 10, LECUN, None),
        ("lecun-selu", DIGITS, "SELU", 8, LECUN, None),
        ("glorot-tanh", DIGITS, "Tanh", 6, TANH_GLOROT, None),
        ("glorot-tanh", REGRESSION, "Tanh", 5, TANH_GLOROT, None),
        ("he-layernorm", BLOBS, "ReLU", 10, HE, "LayerNorm"),
        ("he-layernorm", MOONS, "ReLU", 12, HE, "LayerNorm"),
        ("batchnorm", SPIRALS, "ReLU", 6, GLOROT, "BatchNorm1d"),
        ("rmsnorm", CIRCLES, "SiLU", 8, HE, "RMSNorm"),
        ("batchnorm-sigmoid", DIGITS, "Sigmoid", 4, GLOROT, "BatchNorm1d"),
    )
    for name, task, activation, depth, weight, norm in shapes:
        program = f"{task.name}-{name}-adam"
        layers = mlp(task, depth, activation, norm=norm)
        right = submission(task, layers, plan(task), init=[rule(weight, bias="zeros")])
        yield healthy(f"{program}-{depth}", right, reference(task))
