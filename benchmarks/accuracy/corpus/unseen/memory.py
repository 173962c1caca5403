"""Recurrent networks and attention on other sequences: rows of a digit, signals, sums, copies, text."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import (
    BURST_TIME,
    HIDDEN_NAN,
    MASKED,
    POST_NORM,
    THROUGH_TIME,
    UNBOUNDED_CELL,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    Layers,
    Task,
    adding,
    characters,
    copying,
    first_token,
    head,
    long_lstm,
    normal,
    orthogonal,
    plan,
    recurrent,
    submission,
    transformer,
)
from benchmarks.accuracy.corpus.unseen.tasks import ROWS


def configurations() -> Iterator[Configuration]:
    """Forgetting, bursting, remembering, attention."""
    yield from _forgetful()
    yield from _bursting()
    yield from _remembering()
    yield from _attention()


def _output(task: Task) -> str:
    return "sequence" if task.name.startswith(("characters", "copy")) else "last"


def _cured(task: Task) -> Submission:
    if task.name.startswith("adding"):
        return submission(task, recurrent(task, "GRU", hidden=40), plan(task, lr=1e-2))
    return submission(task, long_lstm(task, hidden=36, output=_output(task)), plan(task, lr=1e-2))


def _forgetful() -> Iterator[Configuration]:
    """The first of five tokens of a long sequence, and sums of far apart numbers."""
    for task, kind, optimizer, lr, init in (
        (first_token(26, classes=5), "RNN", "NAdam", 3e-3, None),
        (first_token(36, classes=5), "RNN", "NAdam", 3e-3, None),
        (first_token(32, classes=5), "GRU", "SGD", 0.1, None),
        (first_token(44, classes=3), "GRU", "AdamW", 3e-3, None),
        (first_token(34, classes=5), "LSTM", "AdamW", 5e-3, None),
        (first_token(44, classes=5), "LSTM", "NAdam", 5e-3, None),
        (first_token(28, classes=3), "RNN", "Adamax", 5e-3, [{"match": "rnn", "recurrent": orthogonal(0.6)}]),
        (adding(40), "RNN", "AdamW", 3e-3, None),
        (adding(60), "RNN", "RMSprop", 1e-3, None),
    ):
        name = f"new-{task.name}-{kind.lower()}-{optimizer.lower()}"
        broken = submission(task, recurrent(task, kind, hidden=36), plan(task, optimizer, lr), init=init)
        yield sick(name, THROUGH_TIME, broken, _cured(task))


def _bursting() -> Iterator[Configuration]:
    relu: dict[str, Any] = {"nonlinearity": "relu"}
    cell: dict[str, Any] = {"activation": "relu"}
    cases: tuple[tuple[Task, str, Fault, str, float, dict[str, Any], Any], ...] = (
        (characters(28), "RNN", BURST_TIME, "AdamW", 3e-3, relu, orthogonal(1.9)),
        (first_token(26, classes=5), "RNN", BURST_TIME, "Adagrad", 0.03, relu, orthogonal(1.8)),
        (adding(36), "RNN", BURST_TIME, "Adamax", 5e-3, relu, normal(0.45)),
        (copying(20), "RNN", BURST_TIME, "SGD", 0.1, relu, orthogonal(2.0)),
        (first_token(24, classes=5), "RNN", BURST_TIME, "ASGD", 0.1, {}, orthogonal(5.0)),
        (characters(36), "LSTM", UNBOUNDED_CELL, "RMSprop", 1e-2, cell, normal(0.7)),
        (
            first_token(44, classes=5),
            "LSTM",
            UNBOUNDED_CELL,
            "Adamax",
            1e-2,
            {**cell, "forget_bias": 3.0},
            normal(0.6),
        ),
    )
    for task, kind, fault, optimizer, lr, more, scheme in cases:
        name = f"new-{task.name}-{kind.lower()}-burst-{optimizer.lower()}"
        layers = recurrent(task, kind, output=_output(task), hidden=36, **more)
        init = [{"match": "rnn", "recurrent": scheme}]
        yield sick(name, fault, submission(task, layers, plan(task, optimizer, lr), init=init), _cured(task))


def _remembering() -> Iterator[Configuration]:
    """Rows of a digit one after the other, and tasks that a short memory does."""
    for task, kind, optimizer, lr, more in (
        (ROWS, "RNN", "AdamW", 5e-3, {}),
        (ROWS, "LSTM", "Adam", 1e-2, {}),
        (ROWS, "GRU", "NAdam", 5e-3, {}),
        (ROWS, "GRU", "RMSprop", 3e-3, {"bidirectional": True}),
        (characters(24), "RNN", "NAdam", 5e-3, {}),
        (characters(36), "GRU", "AdamW", 1e-2, {}),
        (characters(20), "LSTM", "Adamax", 2e-2, {}),
        (copying(8), "LSTM", "AdamW", 1e-2, {}),
        (copying(6), "GRU", "NAdam", 1e-2, {}),
        (first_token(7, classes=5), "GRU", "AdamW", 1e-2, {}),
        (first_token(6, classes=5), "RNN", "Adamax", 1e-2, {}),
        (adding(8), "LSTM", "AdamW", 1e-2, {}),
    ):
        name = f"new-{task.name}-{kind.lower()}-memory-{optimizer.lower()}{'-both' * bool(more)}"
        layers = recurrent(task, kind, output=_output(task), hidden=36, **more)
        right = submission(task, layers, plan(task, optimizer, lr))
        yield healthy(name, right, _cured(task))


def _blind(task: Task, mask: str, last: Layers) -> Layers:
    attention = {"type": "SelfAttention", "num_heads": 2, "name": "blind", "mask": mask}
    entry: Layers = [{"type": "Embedding", "embedding_dim": 20}, "PositionalEmbedding"]
    return [*entry, attention, *last, head(task)]


def _attention() -> Iterator[Configuration]:
    """Post-norm at depth, rows that see nothing, and pre-norm."""
    mean: Layers = [{"op": "mean", "dim": 1}]
    select: Layers = [{"type": "Select", "dim": 1, "index": -1}]
    for length, mask, optimizer, last, fault in (
        (7, "all", "AdamW", mean, MASKED),
        (9, "strict_causal", "NAdam", mean, MASKED),
        (7, "strict_causal", "AdamW", select, HIDDEN_NAN),
        (9, "strict_causal", "RMSprop", select, HIDDEN_NAN),
        (8, "strict_causal", "Adamax", select, HIDDEN_NAN),
    ):
        task = first_token(length, steps=100, classes=5)
        broken = submission(task, _blind(task, mask, last), plan(task, optimizer, 3e-3))
        cure = submission(task, _blind(task, "none", mean), plan(task, optimizer, 3e-3))
        name = f"new-{task.name}-{mask}-{'hidden' if last is select else 'seen'}-{optimizer.lower()}"
        yield sick(name, fault, broken, cure)
    for length, depth, lr, optimizer in (
        (7, 14, 3e-3, "AdamW"),
        (7, 20, 3e-3, "NAdam"),
        (9, 10, 8e-3, "AdamW"),
    ):
        task = first_token(length, steps=100, classes=5)
        broken = submission(
            task, transformer(task, depth, norm_first=False, size=20), plan(task, optimizer, lr)
        )
        cure = submission(
            task, transformer(task, depth, norm_first=True, size=20), plan(task, optimizer, 3e-3)
        )
        yield sick(f"new-{task.name}-post-{depth}-{optimizer.lower()}", POST_NORM, broken, cure)
    for length, depth, first, lr, optimizer in (
        (7, 3, True, 3e-3, "AdamW"),
        (7, 16, True, 3e-3, "NAdam"),
        (9, 8, True, 3e-3, "AdamW"),
        (8, 2, False, 3e-3, "NAdam"),
    ):
        task = first_token(length, steps=100, classes=5)
        right = submission(
            task, transformer(task, depth, norm_first=first, size=20), plan(task, optimizer, lr)
        )
        textbook = submission(task, transformer(task, 2, norm_first=True, size=20), plan(task, lr=2e-3))
        name = f"new-{task.name}-{'pre' if first else 'post'}-norm-{depth}-{optimizer.lower()}"
        yield healthy(name, right, textbook)
