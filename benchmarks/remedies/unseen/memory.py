"""Recurrent networks whose memory fades before it is asked for, or grows from step to step."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import BURST_TIME, THROUGH_TIME, UNBOUNDED_CELL, Fault, sick
from benchmarks.accuracy.corpus.parts import (
    Task,
    adding,
    characters,
    copying,
    first_token,
    long_lstm,
    normal,
    orthogonal,
    recurrent,
    submission,
)
from benchmarks.remedies.unseen.parts import short, train

RECTIFIED: dict[str, Any] = {"nonlinearity": "relu"}
RECTIFIED_CELL: dict[str, Any] = {"activation": "relu"}


def configurations() -> Iterator[Configuration]:
    """Fading, growing."""
    yield from _fading()
    yield from _growing()


def _output(task: Task) -> str:
    return "sequence" if task.name.startswith(("characters", "copy")) else "last"


def _cured(task: Task) -> Submission:
    """Gates that stay open for as long as the sequence; for sums a GRU, which learns them sooner."""
    if task.name.startswith("adding"):
        return submission(task, recurrent(task, "GRU", hidden=40), train(task, "Adam", 1e-2))
    return submission(task, long_lstm(task, hidden=40, output=_output(task)), train(task, "Adam", 1e-2))


def _fading() -> Iterator[Configuration]:
    """Plain cells, stacks of them, and gates that begin half closed."""
    for task, kind, optimizer, lr, stack in (
        (first_token(28, classes=6), "RNN", "RAdam", 5e-3, 1),
        (first_token(22, classes=6), "RNN", "Adadelta", 1.0, 2),
        (first_token(38, classes=6), "GRU", "RMSprop", 1e-3, 1),
        (first_token(32, classes=6), "LSTM", "RMSprop", 3e-3, 1),
        (first_token(36, classes=3), "LSTM", "RAdam", 5e-3, 2),
        (adding(36), "RNN", "NAdam", 3e-3, 1),
    ):
        layers = recurrent(task, kind, hidden=40 if stack == 1 else 28, num_layers=stack)
        broken = submission(task, layers, train(task, optimizer, lr))
        yield sick(short(task.name, kind, "fading", optimizer), THROUGH_TIME, broken, _cured(task))


def _growing() -> Iterator[Configuration]:
    """Rectified cells and recurrent weights beyond one."""
    cases: tuple[tuple[Task, str, Fault, str, float, dict[str, Any], Any], ...] = (
        (characters(30), "RNN", BURST_TIME, "RMSprop", 3e-3, RECTIFIED, orthogonal(1.9)),
        (copying(18), "RNN", BURST_TIME, "Adam", 4e-3, RECTIFIED, orthogonal(2.2)),
        (characters(34), "LSTM", UNBOUNDED_CELL, "AdamW", 2e-2, RECTIFIED_CELL, normal(0.7)),
        (first_token(40, classes=6), "LSTM", UNBOUNDED_CELL, "Adagrad", 0.05, RECTIFIED_CELL, normal(0.8)),
    )
    for task, kind, fault, optimizer, lr, more, scheme in cases:
        layers = recurrent(task, kind, hidden=40, output=_output(task), **more)
        init = [{"match": "rnn", "recurrent": scheme}]
        broken = submission(task, layers, train(task, optimizer, lr), init=init)
        yield sick(short(task.name, kind, "growing", optimizer), fault, broken, _cured(task))
