"""Inputs, answers and losses of the wrong size, and biases that are left out where zero means something."""

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
    sick,
)
from benchmarks.accuracy.corpus.parts import CANCER, CIRCLES, HE, WINE, Layers, Task, submission
from benchmarks.accuracy.corpus.unseen.tasks import begun
from benchmarks.remedies.unseen.parts import (
    SCORES,
    SIGNAL,
    SURVEY,
    TABLE,
    TILE,
    short,
    stages,
    tower,
    train,
    waves,
)


def configurations() -> Iterator[Configuration]:
    """Inputs, answers, sums, biases."""
    yield from _inputs()
    yield from _targets()
    yield from _sums()
    yield from _biases()


def _inputs() -> Iterator[Configuration]:
    """Raw measures, grey values, wrong units; the cure is to standardise."""
    cases: tuple[tuple[str, Task, dict[str, Any], Layers, str, Fault], ...] = (
        ("raw-hardtanh", WINE, {"preprocess": "none"}, tower(WINE, "Hardtanh", (32, 24)), "Adam", INPUTS_LARGE),
        ("raw-selu", CANCER, {"preprocess": "none"}, tower(CANCER, "SELU", (32, 24)), "SGD", INPUTS_LARGE),
        (
            "pixels", TILE, {"scale": 64.0, "shift": 128.0}, stages(TILE, "SELU", 8, 12), "SGD",
            INPUTS_LARGE,
        ),
        ("millivolts", SIGNAL, {"scale": 300.0}, waves(SIGNAL, 3, "ELU"), "SGD", INPUTS_LARGE),
        ("years", SURVEY, {"scale": 10.0, "shift": 1990.0}, tower(SURVEY, "PReLU", (36, 24)), "Adam", INPUTS_LARGE),
        ("kilometres", TABLE, {"scale": 2e-4}, tower(TABLE, "CELU", (36, 24)), "SGD", INPUTS_SMALL),
        ("farads", SIGNAL, {"scale": 1e-5}, waves(SIGNAL, 3, "LeakyReLU"), "AdamW", INPUTS_SMALL),
    )  # fmt: skip
    for label, task, change, layers, optimizer, fault in cases:
        data, training = {**task.data, **change}, train(task, optimizer)
        yield sick(
            short(task.name, "inputs", label, optimizer),
            fault,
            submission(task, layers, training, data=data),
            submission(task, layers, training, data={**data, "preprocess": "standardize"}),
        )


def _targets() -> Iterator[Configuration]:
    """Answers in their own unit; the cure gives them mean 0 and variance 1."""
    offset, money = {"target_scale": 5.0, "target_shift": 400.0}, {"target_scale": 2e4, "target_shift": 5e4}
    micro = {"target_scale": 2e-4}
    cases: tuple[tuple[str, Task, dict[str, Any], str, str, float, Fault], ...] = (
        ("scores", SCORES, {}, "Tanh", "Adam", 4e-3, TARGETS_LARGE),
        ("scores", SCORES, {}, "LeakyReLU", "NAdam", 3e-3, TARGETS_LARGE),
        ("money", SURVEY, money, "Hardswish", "Adam", 4e-3, TARGETS_LARGE),
        ("offset", SURVEY, offset, "GELU", "AdamW", 4e-3, TARGETS_LARGE),
        ("micro", SURVEY, micro, "ELU", "Adam", 1e-2, TARGETS_SMALL),
    )
    for label, task, change, activation, optimizer, lr, fault in cases:
        data = {**task.data, "target_preprocess": "none", **change}
        layers, training = tower(task, activation, (40, 28)), train(task, optimizer, lr)
        yield sick(
            short(task.name, "targets", label, activation, optimizer),
            fault,
            submission(task, layers, training, data=data),
            submission(task, layers, training, data={**data, "target_preprocess": "standardize"}),
        )


def _sums() -> Iterator[Configuration]:
    """Losses summed over the batch at a rate for means."""
    for task, activation, optimizer, lr, batch in (
        (TABLE, "Hardswish", "SGD", 0.1, 128),
        (SURVEY, "Mish", "SGD", 0.05, 64),
    ):
        wide = replace(task, batch=batch)
        layers, init = tower(wide, activation, (48, 32, 32)), begun(HE)
        summed = train(wide, optimizer, lr, loss={"type": task.loss, "reduction": "sum"})
        yield sick(
            short(task.name, activation, "summed", optimizer),
            SUMMED,
            submission(wide, layers, summed, init=init),
            submission(wide, layers, train(wide, optimizer, lr), init=init),
        )


def _biases() -> Iterator[Configuration]:
    """Rings around zero, and answers far from it."""
    away = {**SURVEY.data, "target_shift": 5.0}
    for task, activation, optimizer, lr, data in (
        (CIRCLES, "PReLU", "Adam", 1e-2, CIRCLES.data),
        (CIRCLES, "Hardtanh", "AdamW", 1e-2, CIRCLES.data),
        (SURVEY, "Softsign", "NAdam", 6e-3, away),
    ):
        training = train(task, optimizer, lr)
        without, right = (tower(task, activation, (36, 28), bias=bias) for bias in (False, True))
        yield sick(
            short(task.name, activation, "biasless", optimizer),
            NO_BIAS,
            submission(task, without, training, data=data),
            submission(task, right, training, data=data),
        )
