"""Sixteen bits: what they lose, and where they do no harm."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import FP16_EPSILON, LOST_UPDATES, OVERFLOW, UNDERFLOW, Fault, healthy, sick
from benchmarks.accuracy.corpus.parts import (
    BLOBS, CANCER, CIRCLES, DIGITS, REGRESSION, SYNTHETIC, WINE, Layers, Spec, Task, mlp, normal, plan, rule, submission,
)  # fmt: skip

PURE_BF16 = {"precision": "bf16", "precision_mode": "pure"}
PURE_FP16 = {"precision": "fp16", "precision_mode": "pure"}
UNSCALED = {"precision": "fp16", "loss_scale": 1.0}


def configurations() -> Iterator[Configuration]:
    """The cure is fp32, all else being equal."""
    large = {**SYNTHETIC.data, "scale": 5000.0}
    thousands = {**REGRESSION.data, "target_scale": 1000.0}
    dim = [rule(normal(1e-5), match="head", bias="zeros")]
    cases: tuple[tuple[str, Task, Spec, str, float, Fault, dict[str, Any]], ...] = (
        ("epsilon", DIGITS, PURE_FP16, "Adam", 3e-3, FP16_EPSILON, {}), ("epsilon", CIRCLES, PURE_FP16, "Adam", 3e-3, FP16_EPSILON, {}),
        ("epsilon", WINE, PURE_FP16, "AdamW", 3e-3, FP16_EPSILON, {}), ("epsilon", CANCER, PURE_FP16, "RMSprop", 1e-3, FP16_EPSILON, {}),
        ("lost", DIGITS, PURE_BF16, "Adam", 1e-5, LOST_UPDATES, {}), ("lost", SYNTHETIC, PURE_BF16, "SGD", 1e-3, LOST_UPDATES, {}),
        ("lost", BLOBS, PURE_BF16, "Adam", 3e-5, LOST_UPDATES, {}), ("lost", REGRESSION, PURE_BF16, "SGD", 1e-3, LOST_UPDATES, {}),
        ("tiny", DIGITS, UNSCALED, "Adam", 3e-3, UNDERFLOW, {"init": dim, "target": 1}), ("tiny", CANCER, UNSCALED, "Adam", 3e-3, UNDERFLOW, {"init": dim}),
        ("overflow", SYNTHETIC, PURE_FP16, "SGD", 0.01, OVERFLOW, {"data": large}), ("overflow", REGRESSION, {**UNSCALED}, "SGD", 1e-4, OVERFLOW, {"data": thousands}),
    )  # fmt: skip
    for label, task, precision, optimizer, lr, fault, more in cases:
        more.pop("target", None)
        init: Layers | None = more.pop("init", None)
        program = f"{task.name}-{label}-{precision['precision']}-{optimizer.lower()}"
        steps = {"steps": 300} if label == "lost" else {}
        rate = lr * 30 if label == "lost" and optimizer == "SGD" else lr
        layers = mlp(task, 3, "ReLU")
        broken = submission(task, layers, plan(task, optimizer, lr, **precision, **steps), init=init, **more)
        cure = submission(task, layers, plan(task, optimizer, rate, **steps), init=init, **more)
        yield sick(program, fault, broken, cure)
    yield from _harmless()


def _harmless() -> Iterator[Configuration]:
    """Autocast, loss scaling (whose first steps are skipped), and pure bf16 at a rate that moves its weights."""
    for name, task, optimizer, lr, precision in (
        ("amp", DIGITS, "Adam", 3e-3, {"precision": "fp16"}), ("amp", WINE, "SGD", 0.1, {"precision": "fp16"}),
        ("amp", CIRCLES, "AdamW", 5e-3, {"precision": "fp16", "loss_scale": 1024.0}), ("bf16", DIGITS, "SGD", 0.1, {"precision": "bf16"}),
        ("bf16", REGRESSION, "Adam", 5e-3, {"precision": "bf16"}), ("bf16", CANCER, "Adam", 3e-3, {"precision": "bf16"}),
        ("pure-bf16", SYNTHETIC, "SGD", 0.3, PURE_BF16), ("pure-bf16", DIGITS, "Adam", 5e-3, PURE_BF16), ("unscaled", BLOBS, "Adam", 3e-3, UNSCALED),
        ("pure-fp16", SYNTHETIC, "SGD", 0.1, PURE_FP16),
    ):  # fmt: skip
        program = f"{task.name}-{name}-{optimizer.lower()}"
        layers = mlp(task, 2, "ReLU")
        right = submission(task, layers, plan(task, optimizer, lr, **precision))
        yield healthy(program, right, submission(task, layers, plan(task)))
