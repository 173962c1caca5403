"""Inputs, targets and sums of the wrong size, and biases that are missing, on other programs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    INPUTS_LARGE,
    INPUTS_SMALL,
    NO_BIAS,
    SUMMED,
    TARGETS_LARGE,
    TARGETS_SMALL,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    CANCER,
    CIRCLES,
    DIABETES,
    HE,
    IRIS,
    WINE,
    Task,
    cnn,
    mlp,
    plan,
    submission,
)
from benchmarks.accuracy.corpus.unseen.tasks import (
    EIGHT,
    GREY,
    PATCH,
    RATES,
    SENSOR,
    SIX,
    TWENTY,
    begun,
    conv1d,
)


def configurations() -> Iterator[Configuration]:
    """Inputs, targets, sums, biases."""
    yield from _inputs()
    yield from _targets()
    yield from _sums()
    yield from _biases()


def _inputs() -> Iterator[Configuration]:
    """The cure is to standardise."""
    raw_wine, raw_cancer = ({**task.data, "preprocess": "none"} for task in (WINE, CANCER))
    cases: tuple[tuple[str, Task, dict[str, Any], str, str, Fault], ...] = (
        ("raw", WINE, raw_wine, "GELU", "SGD", INPUTS_LARGE),
        ("raw", WINE, raw_wine, "Sigmoid", "RMSprop", INPUTS_LARGE),
        ("raw", CANCER, raw_cancer, "LeakyReLU", "ASGD", INPUTS_LARGE),
        ("raw", CANCER, raw_cancer, "Tanh", "AdamW", INPUTS_LARGE),
        ("times200", SIX, {**SIX.data, "scale": 200.0}, "ELU", "ASGD", INPUTS_LARGE),
        ("times500", SIX, {**SIX.data, "scale": 500.0}, "Tanh", "NAdam", INPUTS_LARGE),
        ("shifted", SIX, {**SIX.data, "shift": 300.0}, "GELU", "RMSprop", INPUTS_LARGE),
        ("times50", TWENTY, {**TWENTY.data, "scale": 50.0}, "ReLU", "ASGD", INPUTS_LARGE),
        ("times3e-4", SIX, {**SIX.data, "scale": 3e-4}, "Tanh", "ASGD", INPUTS_SMALL),
        ("times1e-4", TWENTY, {**TWENTY.data, "scale": 1e-4}, "LeakyReLU", "AdamW", INPUTS_SMALL),
        ("times1e-5", SIX, {**SIX.data, "scale": 1e-5}, "SiLU", "AdamW", INPUTS_SMALL),
    )
    for label, task, data, activation, optimizer, fault in cases:
        layers = mlp(task, 1 if activation == "Sigmoid" else 3, activation, width=40)
        training = plan(task, optimizer, 0.03 if task is TWENTY and optimizer == "ASGD" else RATES[optimizer])
        cure = submission(task, layers, training, data={**data, "preprocess": "standardize"})
        name = f"new-{task.name}-{activation.lower()}-inputs-{optimizer.lower()}-{label}"
        yield sick(name, fault, submission(task, layers, training, data=data), cure)
    large = {**SENSOR.data, "scale": 150.0}
    layers, training = conv1d(SENSOR, 3, "ReLU"), plan(SENSOR, "ASGD", 0.1)
    cure = submission(SENSOR, layers, training, init=begun(HE, "Conv1d"))
    broken = submission(SENSOR, layers, training, data=large, init=begun(HE, "Conv1d"))
    yield sick("new-sensor-inputs-asgd-times150", INPUTS_LARGE, broken, cure)
    yield from _harmless_inputs()


def _harmless_inputs() -> Iterator[Configuration]:
    """Sizes away from one that a norm takes care of, or that do no harm."""
    large, small = {**PATCH.data, "scale": 40.0}, {**SIX.data, "scale": 0.15}
    normed = submission(PATCH, cnn(PATCH, 3, norm="BatchNorm2d"), plan(PATCH, "AdamW"), data=large)
    yield healthy(
        "new-patch-normed-inputs-adamw",
        normed,
        submission(PATCH, cnn(PATCH, 3, norm="BatchNorm2d"), plan(PATCH)),
    )
    tenth = submission(SIX, mlp(SIX, 2, "GELU", width=40), plan(SIX, "NAdam", 1e-2), data=small)
    yield healthy(
        "new-six-small-inputs-nadam", tenth, submission(SIX, mlp(SIX, 2, "ReLU"), plan(SIX, lr=1e-2))
    )
    seven = {**EIGHT.data, "noise": 0.1}
    noisy = submission(EIGHT, mlp(EIGHT, 2, "GELU", width=40), plan(EIGHT, "RAdam", 1e-2), data=seven)
    yield healthy(
        "new-eight-noisy-inputs-radam", noisy, submission(EIGHT, mlp(EIGHT, 2, "ReLU"), plan(EIGHT, lr=1e-2))
    )


def _targets() -> Iterator[Configuration]:
    """Skill has no unit, so the cure is the same network on targets of size one."""
    for scale, shift, activation, optimizer, lr, fault in (
        (500.0, 0.0, "GELU", "NAdam", 3e-3, TARGETS_LARGE),
        (300.0, 100.0, "Tanh", "RMSprop", 1e-3, TARGETS_LARGE),
        (200.0, 0.0, "ELU", "ASGD", 0.03, TARGETS_LARGE),
        (1.0, 300.0, "SiLU", "AdamW", 3e-3, TARGETS_LARGE),
        (1e-3, 0.0, "ReLU", "AdamW", 1e-2, TARGETS_SMALL),
    ):
        data = {**TWENTY.data, "target_scale": scale, "target_shift": shift}
        layers, training = mlp(TWENTY, 3, activation, width=40), plan(TWENTY, optimizer, lr)
        name = f"new-twenty-{activation.lower()}-targets-{optimizer.lower()}-{scale:g}-{shift:g}"
        yield sick(
            name, fault, submission(TWENTY, layers, training, data=data), submission(TWENTY, layers, training)
        )
    begun_there = [
        {
            "match": "head",
            "weight": {"scheme": "normal", "std": 10.0},
            "bias": {"scheme": "constant", "val": 150.0},
        }
    ]
    layers = mlp(DIABETES, 2, "ELU")
    cure = submission(DIABETES, layers, plan(DIABETES, "Adam", 3e-2), init=begun_there)
    yield sick(
        "new-diabetes-scores-radam",
        TARGETS_LARGE,
        submission(DIABETES, layers, plan(DIABETES, "RAdam", 1e-3)),
        cure,
    )


def _sums() -> Iterator[Configuration]:
    for task, activation, optimizer, lr, batch in (
        (SIX, "GELU", "ASGD", 0.1, 96),
        (GREY, "ELU", "ASGD", 0.1, 128),
        (TWENTY, "SiLU", "ASGD", 0.03, 64),
        (WINE, "LeakyReLU", "SGD", 0.1, 128),
        (EIGHT, "GELU", "AdamW", 3e-3, 64),
        (IRIS, "SiLU", "RMSprop", 3e-3, 64),
    ):
        wide, harmless = replace(task, batch=batch), optimizer in {"AdamW", "RMSprop"}
        layers, init = mlp(task, 3, activation, width=40), begun(HE)
        loss = {"type": task.loss, "reduction": "sum"}
        summed = submission(wide, layers, plan(wide, optimizer, lr, loss=loss), init=init)
        mean = submission(wide, layers, plan(wide, optimizer, lr), init=init)
        name = f"new-{task.name}-{activation.lower()}-summed-{optimizer.lower()}-{batch}"
        yield healthy(name, summed, mean) if harmless else sick(name, SUMMED, summed, mean)


def _biases() -> Iterator[Configuration]:
    shifted = {**TWENTY.data, "target_shift": 4.0}
    for task, activation, optimizer, data in (
        (CIRCLES, "GELU", "AdamW", None),
        (CIRCLES, "ELU", "RMSprop", None),
        (CIRCLES, "Softsign", "NAdam", None),
        (TWENTY, "Tanh", "NAdam", shifted),
        (EIGHT, "LeakyReLU", "RAdam", None),
        (GREY, "Tanh", "NAdam", None),
    ):
        more: dict[str, Any] = {"data": data} if data else {}
        training = plan(task, optimizer, 2 * RATES[optimizer])
        without = submission(task, mlp(task, 2, activation, width=40, bias=False), training, **more)
        right = submission(task, mlp(task, 2, activation, width=40), training, **more)
        name = f"new-{task.name}-{activation.lower()}-biasless-{optimizer.lower()}"
        bites = task is CIRCLES or task is TWENTY
        yield sick(name, NO_BIAS, without, right) if bites else healthy(name, without, right)
