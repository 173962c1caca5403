"""Steps that are too long, too short, or shortened by something else."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import CLIPPED, EPSILON, TOO_FAST, TOO_SLOW, Fault, sick
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    IRIS,
    MOONS,
    Layers,
    Task,
    characters,
    recurrent,
    submission,
)
from benchmarks.remedies.unseen.parts import (
    INK,
    PICTURE,
    SCORES,
    STRIPES,
    SURVEY,
    TABLE,
    short,
    stages,
    tower,
    train,
)

TEXT = characters(18)
HALVED = {"schedule": {"type": "step", "step_size": 2, "gamma": 0.5}}
STOPPED = {"schedule": {"type": "multistep", "milestones": [3, 6], "gamma": 0.01}}
Case = tuple[Task, str, str, float, dict[str, Any]]

RATED: dict[str, tuple[Fault, tuple[Case, ...]]] = {
    "fast": (TOO_FAST, (
        (INK, "SELU", "AdamW", 0.5, {}),
        (TABLE, "LeakyReLU", "Adamax", 1.5, {}), (SCORES, "ReLU", "AdamW", 1.0, {}),
        (BLOBS, "Mish", "Adam", 1.0, {}),
    )),
    "slow": (TOO_SLOW, (
        (INK, "Mish", "Adam", 2e-6, {}), (CANCER, "CELU", "SGD", 1e-4, {}),
        (TABLE, "SELU", "AdamW", 3e-3, HALVED), (BLOBS, "Hardswish", "NAdam", 3e-3, STOPPED),
    )),
    "epsilon": (EPSILON, (
        (IRIS, "ELU", "Adam", 3e-3, {"eps": 100.0}), (SURVEY, "LeakyReLU", "NAdam", 3e-3, {"eps": 300.0}),
    )),
    "clipped": (CLIPPED, (
        (MOONS, "Mish", "SGD", 0.1, {"clip": {"norm": 1e-4}}),
        (CANCER, "Hardswish", "SGD", 0.1, {"clip": {"value": 1e-6}}),
    )),
}  # fmt: skip


def configurations() -> Iterator[Configuration]:
    """The cure is Adam at an ordinary rate."""
    for label, (fault, cases) in RATED.items():
        for task, activation, optimizer, lr, more in cases:
            kind = next(iter(more.values()))["type"] if "schedule" in more else "-".join(more) or f"{lr:g}"
            layers = tower(task, activation, (48, 36, 24))
            yield sick(
                short(task.name, activation, label, optimizer, kind),
                fault,
                submission(task, layers, train(task, optimizer, lr, **more)),
                submission(task, layers, train(task, "Adam", 1e-2 if task is SCORES else None)),
            )
    yield from _shaped()


def _shaped() -> Iterator[Configuration]:
    """Convolutions and recurrent cells at rates of other networks."""
    text = recurrent(TEXT, "GRU", hidden=40, output="sequence")
    rows = recurrent(STRIPES, "GRU", hidden=28, bidirectional=True)
    cases: tuple[tuple[Task, Layers, str, float, Fault], ...] = (
        (PICTURE, stages(PICTURE, "ReLU", 10, 16), "AdamW", 0.5, TOO_FAST),
        (TEXT, text, "RMSprop", 0.3, TOO_FAST),
        (STRIPES, rows, "AdamW", 3e-6, TOO_SLOW),
        (TEXT, text, "Adagrad", 1e-4, TOO_SLOW),
    )
    for task, layers, optimizer, lr, fault in cases:
        label = "fast" if fault is TOO_FAST else "slow"
        yield sick(
            short(task.name, "shaped", label, optimizer),
            fault,
            submission(task, layers, train(task, optimizer, lr)),
            submission(task, layers, train(task, "Adam", 1e-2 if task is TEXT else None)),
        )
