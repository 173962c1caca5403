"""Inputs, targets and losses of the wrong size, and biases that are missing where zero means something."""

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
    BLOBS,
    CANCER,
    CIRCLES,
    DIABETES,
    DIGITS,
    HE,
    IMAGES,
    IRIS,
    REGRESSION,
    SYNTHETIC,
    WINE,
    Spec,
    Task,
    cnn,
    mlp,
    normal,
    plan,
    rule,
    submission,
)

RATES = {"Adam": 3e-3, "SGD": 0.1}


def configurations() -> Iterator[Configuration]:
    """Inputs, targets, sums, biases."""
    yield from _inputs()
    yield from _targets()
    yield from _sums()
    yield from _biases()


def _inputs() -> Iterator[Configuration]:
    """Raw tables and synthetic inputs of any size; the cure is to standardise."""
    synthetic, regression = SYNTHETIC.data, REGRESSION.data
    raw: tuple[tuple[str, Task, Spec, str, str, Fault], ...] = (
        ("raw", WINE, _raw(WINE), "Tanh", "SGD", INPUTS_LARGE),
        ("raw", WINE, _raw(WINE), "ReLU", "SGD", INPUTS_LARGE),
        ("raw", CANCER, _raw(CANCER), "Sigmoid", "SGD", INPUTS_LARGE),
        ("raw", CANCER, _raw(CANCER), "ReLU", "SGD", INPUTS_LARGE),
        ("raw", WINE, _raw(WINE), "Tanh", "Adam", INPUTS_LARGE),
        ("times100", SYNTHETIC, {**synthetic, "scale": 100.0}, "Tanh", "SGD", INPUTS_LARGE),
        ("times255", SYNTHETIC, {**synthetic, "scale": 255.0, "shift": 127.0}, "ReLU", "SGD", INPUTS_LARGE),
        ("times1000", SYNTHETIC, {**synthetic, "scale": 1e3}, "ReLU", "Adam", INPUTS_LARGE),
        ("shifted", SYNTHETIC, {**synthetic, "shift": 200.0}, "ReLU", "Adam", INPUTS_LARGE),
        ("times30", REGRESSION, {**regression, "scale": 30.0}, "ReLU", "SGD", INPUTS_LARGE),
        ("times300", REGRESSION, {**regression, "scale": 300.0}, "Tanh", "Adam", INPUTS_LARGE),
        ("times1e-4", SYNTHETIC, {**synthetic, "scale": 1e-4}, "Tanh", "SGD", INPUTS_SMALL),
        ("times1e-3", SYNTHETIC, {**synthetic, "scale": 1e-3}, "ReLU", "SGD", INPUTS_SMALL),
        ("times1e-4", REGRESSION, {**regression, "scale": 1e-4}, "ReLU", "Adam", INPUTS_SMALL),
        ("times1e-5", SYNTHETIC, {**synthetic, "scale": 1e-5}, "ReLU", "Adam", INPUTS_SMALL),
        ("times1e-3", REGRESSION, {**regression, "scale": 1e-3}, "Tanh", "SGD", INPUTS_SMALL),
    )
    for label, task, data, activation, optimizer, fault in raw:
        lr = 0.03 if task is REGRESSION and optimizer == "SGD" else RATES[optimizer]
        program = f"{task.name}-{activation.lower()}-inputs-{optimizer.lower()}"
        layers, training = (
            mlp(task, 1 if activation == "Sigmoid" else 3, activation),
            plan(task, optimizer, lr),
        )
        cure = submission(task, layers, training, data={**data, "preprocess": "standardize"})
        yield sick(f"{program}-{label}", fault, submission(task, layers, training, data=data), cure)
    yield from _inputs_that_do()


def _inputs_that_do() -> Iterator[Configuration]:
    """Sizes away from one that do no harm, or that a norm takes care of."""
    greys = {**DIGITS.data, "preprocess": "none"}
    for name, task, data, layers, optimizer, lr in (
        ("greys", DIGITS, greys, mlp(DIGITS, 2, "ReLU"), "Adam", 3e-3),
        ("greys", IMAGES, greys, cnn(IMAGES, 3, norm="BatchNorm2d"), "SGD", 0.1),
        ("raw-iris", IRIS, _raw(IRIS), mlp(IRIS, 2, "ReLU"), "Adam", 1e-2),
        ("normed-wine", WINE, _raw(WINE), ["BatchNorm1d", *mlp(WINE, 2, "ReLU")], "Adam", 3e-3),
        ("normed-cancer", CANCER, _raw(CANCER), ["BatchNorm1d", *mlp(CANCER, 3, "Tanh")], "SGD", 0.1),
        ("tenfold", SYNTHETIC, {**SYNTHETIC.data, "scale": 10.0}, mlp(SYNTHETIC, 2, "ReLU"), "Adam", 3e-3),
        ("tenth", SYNTHETIC, {**SYNTHETIC.data, "scale": 0.1}, mlp(SYNTHETIC, 3, "ReLU"), "Adam", 1e-2),
        ("noisy", DIGITS, {**DIGITS.data, "noise": 0.1}, mlp(DIGITS, 2, "ReLU"), "Adam", 3e-3),
        ("wide-blobs", BLOBS, {**BLOBS.data, "preprocess": "none"}, mlp(BLOBS, 3, "ReLU"), "Adam", 3e-3),
    ):
        program = f"{task.name}-{name}-inputs-{optimizer.lower()}"
        textbook = submission(
            task,
            mlp(task, 2, "ReLU") if task is not IMAGES else cnn(IMAGES, 3, norm="BatchNorm2d"),
            plan(task),
        )
        yield healthy(program, submission(task, layers, plan(task, optimizer, lr), data=data), textbook)


def _targets() -> Iterator[Configuration]:
    """Targets in hundreds or thousandths; skill has no unit, so the cure is compared as it is."""
    for label, scale, shift, optimizer, lr, activation, fault in (
        ("times1000", 1000.0, 0.0, "Adam", 1e-3, "ReLU", TARGETS_LARGE),
        ("times100", 100.0, 0.0, "Adam", 1e-3, "Tanh", TARGETS_LARGE),
        ("times1000", 1000.0, 0.0, "SGD", 0.03, "ReLU", TARGETS_LARGE),
        ("times100", 100.0, 50.0, "SGD", 0.03, "Tanh", TARGETS_LARGE),
        ("shifted", 1.0, 500.0, "Adam", 3e-3, "ReLU", TARGETS_LARGE),
        ("shifted", 1.0, 100.0, "SGD", 0.03, "ReLU", TARGETS_LARGE),
        ("times1e-3", 1e-3, 0.0, "Adam", 1e-2, "ReLU", TARGETS_SMALL),
        ("times1e-4", 1e-4, 0.0, "Adam", 1e-2, "Tanh", TARGETS_SMALL),
    ):
        data = {**REGRESSION.data, "target_scale": scale, "target_shift": shift}
        program = f"regression-{activation.lower()}-targets-{optimizer.lower()}"
        layers, training = mlp(REGRESSION, 3, activation), plan(REGRESSION, optimizer, lr)
        yield sick(
            f"{program}-{label}",
            fault,
            submission(REGRESSION, layers, training, data=data),
            submission(REGRESSION, layers, training),
        )
    begun = [{"match": "head", "weight": normal(10.0), "bias": {"scheme": "constant", "val": 150.0}}]
    layers = mlp(DIABETES, 2, "ReLU")
    cure = submission(DIABETES, layers, plan(DIABETES, "Adam", 3e-2), init=begun)
    for optimizer, lr in (("Adam", 1e-3), ("SGD", 1e-2)):
        program = f"diabetes-scores-{optimizer.lower()}"
        yield sick(program, TARGETS_LARGE, submission(DIABETES, layers, plan(DIABETES, optimizer, lr)), cure)
    yield healthy("diabetes-begun-adam", cure, submission(DIABETES, layers, plan(DIABETES, "Adam", 0.1)))
    small = {**REGRESSION.data, "target_scale": 0.1, "target_shift": 0.5}
    right = submission(REGRESSION, mlp(REGRESSION, 2, "ReLU"), plan(REGRESSION), data=small)
    yield healthy(
        "regression-tenth-targets-adam",
        right,
        submission(REGRESSION, mlp(REGRESSION, 2, "ReLU"), plan(REGRESSION)),
    )


def _sums() -> Iterator[Configuration]:
    """Losses that are summed over the batch at a rate that is meant for means."""
    for task, optimizer, lr, batch, clip in (
        (DIGITS, "SGD", 0.1, 128, None),
        (SYNTHETIC, "SGD", 0.1, 64, None),
        (REGRESSION, "SGD", 0.03, 64, None),
        (WINE, "SGD", 0.1, 128, None),
        (DIGITS, "Adam", 3e-3, 64, None),
        (DIGITS, "SGD", 0.1, 64, {"norm": 1.0}),
        (SYNTHETIC, "SGD", 3e-3, 64, None),
    ):
        wide = replace(task, batch=batch)
        harmless = optimizer == "Adam" or clip is not None or lr < 0.01
        program = f"{task.name}-summed-{optimizer.lower()}{'-harmless' * harmless}"
        more: dict[str, Any] = {"clip": clip} if clip else {}
        layers = mlp(task, 3, "ReLU")
        init = [rule(HE, bias="zeros")]
        summed = submission(
            wide,
            layers,
            plan(wide, optimizer, lr, loss={"type": task.loss, "reduction": "sum"}, **more),
            init=init,
        )
        mean = submission(
            wide, layers, plan(wide, optimizer, RATES[optimizer] if lr < 0.01 else lr), init=init
        )
        name = f"{program}-{batch}{'-clipped' * bool(clip)}"
        yield healthy(name, summed, mean) if harmless else sick(name, SUMMED, summed, mean)


def _biases() -> Iterator[Configuration]:
    """Without biases a rectifier network is homogeneous and a tanh network odd; some tasks are neither."""
    shifted = {**REGRESSION.data, "target_shift": 3.0}
    for task, activation, data in (
        (CIRCLES, "ReLU", None),
        (CIRCLES, "Tanh", None),
        (CIRCLES, "LeakyReLU", None),
        (REGRESSION, "Tanh", shifted),
        (DIGITS, "ReLU", None),
        (BLOBS, "ReLU", None),
        (CANCER, "Tanh", None),
    ):
        bites = task is CIRCLES or task is REGRESSION
        program = f"{task.name}-{activation.lower()}-biasless-adam"
        more: dict[str, Any] = {"data": data} if data else {}
        without = submission(task, mlp(task, 2, activation, bias=False), plan(task, lr=1e-2), **more)
        with_bias = submission(task, mlp(task, 2, activation), plan(task, lr=1e-2), **more)
        yield sick(program, NO_BIAS, without, with_bias) if bites else healthy(program, without, with_bias)


def _raw(task: Task) -> Spec:
    return {**task.data, "preprocess": "none"}
