"""Sixteen bits on other programs: what they lose, and where they do no harm."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    ALL_SKIPPED,
    FP16_EPSILON,
    LOST_UPDATES,
    OVERFLOW,
    UNSCALED_LOSS,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    HE,
    IRIS,
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
from benchmarks.accuracy.corpus.precisions import PURE_BF16, PURE_FP16, UNSCALED
from benchmarks.accuracy.corpus.unseen.tasks import EIGHT, GREY, SIX, TWENTY, begun

HUGE = [rule(normal(2e4), match="wide", bias="zeros")]


def configurations() -> Iterator[Configuration]:
    """The cure is fp32, all else being equal."""
    cases: tuple[tuple[str, Task, str, Spec, str, float, Fault, Layers | None], ...] = (
        ("epsilon", GREY, "ELU", PURE_FP16, "AdamW", 3e-3, FP16_EPSILON, None),
        ("epsilon", SIX, "Softsign", PURE_FP16, "Adam", 3e-3, FP16_EPSILON, None),
        ("epsilon", IRIS, "GELU", PURE_FP16, "Adam", 3e-3, FP16_EPSILON, None),
        ("lost", SIX, "ReLU", PURE_BF16, "Adamax", 2e-4, LOST_UPDATES, begun(HE)),
        ("lost", GREY, "GELU", PURE_BF16, "NAdam", 2e-4, LOST_UPDATES, begun(HE)),
        ("lost", EIGHT, "ELU", PURE_BF16, "AdamW", 1e-4, LOST_UPDATES, begun(HE)),
        ("tiny", GREY, "ELU", {"precision": "fp16", "loss_scale": 1e-5}, "ASGD", 0.1, UNSCALED_LOSS, None),
        (
            "tiny",
            SIX,
            "ReLU",
            {"precision": "fp16", "loss_scale": 1e-6},
            "Adadelta",
            1.0,
            UNSCALED_LOSS,
            None,
        ),
        (
            "tiny",
            CIRCLES,
            "SiLU",
            {"precision": "fp16", "loss_scale": 1e-6},
            "AdamW",
            3e-3,
            UNSCALED_LOSS,
            None,
        ),
        (
            "tiny",
            TWENTY,
            "ReLU",
            {"precision": "fp16", "loss_scale": 1e-6},
            "Adafactor",
            1e-2,
            UNSCALED_LOSS,
            None,
        ),
        (
            "skipped",
            GREY,
            "SiLU",
            {"precision": "fp16", "loss_scale": 2.0**24},
            "Adam",
            3e-3,
            ALL_SKIPPED,
            None,
        ),
        (
            "skipped",
            WINE,
            "ReLU",
            {"precision": "fp16", "loss_scale": 2.0**26},
            "NAdam",
            3e-3,
            ALL_SKIPPED,
            None,
        ),
        ("overflow", SIX, "ReLU", UNSCALED, "Rprop", 1e-2, OVERFLOW, HUGE),
        ("overflow", GREY, "ELU", UNSCALED, "Adamax", 1e-2, OVERFLOW, HUGE),
        ("overflow", EIGHT, "GELU", UNSCALED, "RMSprop", 3e-3, OVERFLOW, HUGE),
    )
    for label, task, activation, precision, optimizer, lr, fault, init in cases:
        steps = {"steps": 300} if label == "lost" else {}
        hidden: Layers = [linear(64, name="wide"), "LayerNorm", activation, head(task)]
        layers = hidden if label == "overflow" else mlp(task, 3, activation, width=40)
        broken = submission(task, layers, plan(task, optimizer, lr, **precision, **steps), init=init)
        cure = submission(task, layers, plan(task, optimizer, lr, **steps), init=init)
        name = f"new-{task.name}-{label}-{precision['precision']}-{activation.lower()}-{optimizer.lower()}"
        yield sick(name, fault, broken, cure)
    for label, task, activation, optimizer, lr, precision in (
        ("amp", GREY, "ReLU", "Adamax", 5e-3, {"precision": "fp16"}),
        ("amp", CANCER, "Softsign", "Adam", 5e-3, {"precision": "fp16"}),
        ("amp", TWENTY, "SiLU", "NAdam", 5e-3, {"precision": "fp16", "loss_scale": 512.0}),
        ("bf16", SIX, "LeakyReLU", "Adam", 5e-3, {"precision": "bf16"}),
        ("pure-bf16", EIGHT, "ReLU", "Adadelta", 1.0, PURE_BF16),
        ("pure-bf16", BLOBS, "Mish", "AdamW", 1e-2, PURE_BF16),
    ):
        layers = mlp(task, 2, activation, width=40)
        right = submission(task, layers, plan(task, optimizer, lr, **precision))
        name = f"new-{task.name}-{label}-{activation.lower()}-{optimizer.lower()}"
        yield healthy(name, right, submission(task, layers, plan(task)))
