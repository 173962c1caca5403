"""Sixteen bits: what they lose, and where they do no harm."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    FP16_EPSILON,
    LOST_UPDATES,
    OVERFLOW,
    UNDERFLOW,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIGITS,
    HE,
    REGRESSION,
    SYNTHETIC,
    WINE,
    Layers,
    Spec,
    Task,
    head,
    linear,
    mlp,
    normal,
    plan,
    rule,
    submission,
)

PURE_BF16 = {"precision": "bf16", "precision_mode": "pure"}
PURE_FP16 = {"precision": "fp16", "precision_mode": "pure"}
UNSCALED = {"precision": "fp16", "loss_scale": 1.0}


def configurations() -> Iterator[Configuration]:
    """The cure is fp32, all else being equal."""
    dim = [rule(normal(1e-5), match="head", bias="zeros")]
    begun = [rule(HE, bias="zeros")]
    huge = [rule(normal(2e4), match="wide", bias="zeros")]
    cases: tuple[tuple[str, Task, Spec, str, float, Fault, Layers | None], ...] = (
        ("epsilon", DIGITS, PURE_FP16, "Adam", 3e-3, FP16_EPSILON, None),
        ("epsilon", CIRCLES, PURE_FP16, "Adam", 3e-3, FP16_EPSILON, None),
        ("epsilon", WINE, PURE_FP16, "AdamW", 3e-3, FP16_EPSILON, None),
        ("epsilon", CANCER, PURE_FP16, "RMSprop", 1e-3, FP16_EPSILON, None),
        ("lost", DIGITS, PURE_BF16, "Adam", 3e-4, LOST_UPDATES, begun),
        ("lost", BLOBS, PURE_BF16, "Adam", 1e-4, LOST_UPDATES, begun),
        ("lost", CANCER, PURE_BF16, "Adam", 1e-4, LOST_UPDATES, begun),
        ("lost", WINE, PURE_BF16, "AdamW", 2e-4, LOST_UPDATES, begun),
        ("tiny", DIGITS, UNSCALED, "Adam", 3e-3, UNDERFLOW, dim),
        ("tiny", CANCER, UNSCALED, "Adam", 3e-3, UNDERFLOW, dim),
        ("overflow", DIGITS, UNSCALED, "SGD", 0.3, OVERFLOW, huge),
        ("overflow", DIGITS, UNSCALED, "Adam", 1e-2, OVERFLOW, huge),
    )
    for label, task, precision, optimizer, lr, fault, init in cases:
        steps = {"steps": 300} if label == "lost" else {}
        layers = _normed_at_once(task) if label == "overflow" else mlp(task, 3, "ReLU")
        broken = submission(task, layers, plan(task, optimizer, lr, **precision, **steps), init=init)
        cure = submission(task, layers, plan(task, optimizer, lr, **steps), init=init)
        yield sick(f"{task.name}-{label}-{precision['precision']}-{optimizer.lower()}", fault, broken, cure)
    yield from _harmless()


def _normed_at_once(task: Task) -> Layers:
    """Weights of any size do here, because a norm follows, as long as the products can be written down."""
    return [linear(64, name="wide"), "LayerNorm", "ReLU", head(task)]


def _harmless() -> Iterator[Configuration]:
    """Autocast, loss scaling (whose first steps are skipped), and pure bf16 at a rate that moves its weights."""
    for name, task, optimizer, lr, precision in (
        ("amp", DIGITS, "Adam", 3e-3, {"precision": "fp16"}),
        ("amp", WINE, "SGD", 0.1, {"precision": "fp16"}),
        ("amp", CIRCLES, "AdamW", 5e-3, {"precision": "fp16", "loss_scale": 1024.0}),
        ("bf16", DIGITS, "SGD", 0.5, {"precision": "bf16"}),
        ("bf16", REGRESSION, "Adam", 5e-3, {"precision": "bf16"}),
        ("bf16", CANCER, "Adam", 3e-3, {"precision": "bf16"}),
        ("pure-bf16", SYNTHETIC, "SGD", 0.3, PURE_BF16),
        ("pure-bf16", DIGITS, "Adam", 5e-3, PURE_BF16),
        ("unscaled", BLOBS, "Adam", 3e-3, UNSCALED),
        ("pure-fp16", SYNTHETIC, "SGD", 0.3, PURE_FP16),
    ):
        program = f"{task.name}-{name}-{optimizer.lower()}"
        layers = mlp(task, 2, "ReLU")
        right = submission(task, layers, plan(task, optimizer, lr, **precision))
        yield healthy(program, right, submission(task, layers, plan(task)))
