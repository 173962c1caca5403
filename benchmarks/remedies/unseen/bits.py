"""What sixteen bits lose: small steps, small gradients, large numbers."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    ALL_SKIPPED,
    FP16_EPSILON,
    LOST_UPDATES,
    OVERFLOW,
    UNSCALED_LOSS,
    Fault,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    HE,
    IRIS,
    MOONS,
    Layers,
    Spec,
    Task,
    head,
    linear,
    normal,
    rule,
    submission,
)
from benchmarks.accuracy.corpus.precisions import PURE_BF16, PURE_FP16, UNSCALED
from benchmarks.accuracy.corpus.unseen.tasks import begun
from benchmarks.remedies.unseen.parts import INK, STRIPES, SURVEY, short, tower, train, waves

Case = tuple[str, Task, Layers, Spec, str, float, Fault, Layers | None]


def scaled(scale: float) -> Spec:
    """Autocast to fp16 under a loss scale that never changes."""
    return {"precision": "fp16", "loss_scale": scale}


def _wide(task: Task, activation: str) -> Layers:
    """A layer of large products before a norm, which makes their size harmless in fp32."""
    return [linear(48, name="wide"), "LayerNorm", activation, head(task)]


def configurations() -> Iterator[Configuration]:
    """The cure is fp32, all else being equal."""
    huge = [rule(normal(3e4), match="wide", bias="zeros")]
    cases: tuple[Case, ...] = (
        ("epsilon", MOONS, tower(MOONS, "Mish", (32, 24)), PURE_FP16, "Adam", 5e-3, FP16_EPSILON, None),
        ("epsilon", STRIPES, waves(STRIPES, 2, "ReLU"), PURE_FP16, "Adam", 4e-3, FP16_EPSILON, None),
        ("lost", INK, tower(INK, "Mish", (48, 32)), PURE_BF16, "Adamax", 6e-4, LOST_UPDATES, begun(HE)),
        ("lost", CANCER, tower(CANCER, "GELU", (48, 32)), PURE_BF16, "Adam", 1.5e-4, LOST_UPDATES, begun(HE)),
        ("tiny", BLOBS, tower(BLOBS, "CELU", (32, 24)), scaled(1e-6), "AdamW", 4e-3, UNSCALED_LOSS, None),
        ("tiny", SURVEY, tower(SURVEY, "SELU", (36, 24)), scaled(1e-7), "AdamW", 4e-3, UNSCALED_LOSS, None),
        ("skipped", IRIS, tower(IRIS, "CELU", (24, 24)), scaled(2.0**26), "Adam", 4e-3, ALL_SKIPPED, None),
        ("overflow", INK, _wide(INK, "CELU"), UNSCALED, "AdamW", 1e-2, OVERFLOW, huge),
    )
    for label, task, layers, precision, optimizer, lr, fault, init in cases:
        steps = {"steps": 300} if label == "lost" else {}
        yield sick(
            short(task.name, label, precision["precision"], optimizer),
            fault,
            submission(task, layers, train(task, optimizer, lr, **precision, **steps), init=init),
            submission(task, layers, train(task, optimizer, lr, **steps), init=init),
        )
