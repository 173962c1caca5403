"""Recurrent networks and transformers: memory that is needed or not, norms after or before."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import (
    BURST_TIME,
    MASKED,
    POST_NORM,
    THROUGH_TIME,
    TOO_FAST,
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
    long_lstm,
    normal,
    orthogonal,
    plan,
    recurrent,
    submission,
    transformer,
)


def configurations() -> Iterator[Configuration]:
    """Recurrent ones, then attention."""
    yield from _forgetful()
    yield from _bursting()
    yield from _remembering()
    yield from _post_norm()
    yield from _attentive()


def _cured(task: Task) -> Submission:
    """Gates that stay open for as long as the sequence; for sums a GRU, which learns them sooner."""
    if task.name.startswith("adding"):
        return submission(
            task, recurrent(task, "GRU", hidden=48 if task.inputs[0] < 20 else 32), plan(task, lr=1e-2)
        )
    output = "sequence" if task.name.startswith(("characters", "copy")) else "last"
    return submission(task, long_lstm(task, output=output), plan(task, lr=1e-2))


def _forgetful() -> Iterator[Configuration]:
    """The first token of a long sequence, by cells that forget it; the cure is a forget gate that stays open."""
    for length, kind, optimizer, lr, init in (
        (20, "RNN", "Adam", 3e-3, None),
        (30, "RNN", "Adam", 3e-3, None),
        (40, "RNN", "Adam", 3e-3, None),
        (20, "RNN", "SGD", 0.1, None),
        (40, "RNN", "SGD", 0.1, None),
        (20, "RNN", "RMSprop", 1e-3, [{"match": "rnn", "recurrent": orthogonal(0.5)}]),
        (30, "LSTM", "Adam", 1e-2, None),
        (40, "LSTM", "Adam", 1e-2, None),
        (30, "LSTM", "SGD", 0.1, None),
        (30, "GRU", "Adam", 3e-3, None),
        (40, "GRU", "Adam", 3e-3, None),
        (24, "RNN", "AdamW", 3e-3, [{"match": "rnn", "recurrent": normal(0.02)}]),
    ):
        task = first_token(length)
        program = f"tokens-{kind.lower()}-{optimizer.lower()}"
        broken = submission(task, recurrent(task, kind), plan(task, optimizer, lr), init=init)
        yield sick(f"{program}-{length}", THROUGH_TIME, broken, _cured(task))
    for length in (30, 50):
        task = adding(length)
        broken = submission(task, recurrent(task, "RNN"), plan(task, lr=3e-3))
        cure = submission(task, recurrent(task, "GRU"), plan(task, lr=1e-2))
        yield sick(f"adding-rnn-adam-{length}", THROUGH_TIME, broken, cure)


def _bursting() -> Iterator[Configuration]:
    """States and gradients that grow from step to step of the sequence."""
    burst: tuple[tuple[Task, str, Fault, str, float, dict[str, Any], Layers | None], ...] = (
        (
            characters(24),
            "RNN",
            BURST_TIME,
            "SGD",
            0.3,
            {"nonlinearity": "relu"},
            [{"match": "rnn", "recurrent": orthogonal(1.8)}],
        ),
        (
            characters(32),
            "RNN",
            BURST_TIME,
            "Adam",
            3e-3,
            {"nonlinearity": "relu"},
            [{"match": "rnn", "recurrent": orthogonal(2.0)}],
        ),
        (
            first_token(30),
            "RNN",
            BURST_TIME,
            "Adam",
            3e-3,
            {"nonlinearity": "relu"},
            [{"match": "rnn", "recurrent": orthogonal(1.6)}],
        ),
        (
            first_token(20),
            "RNN",
            BURST_TIME,
            "SGD",
            0.1,
            {},
            [{"match": "rnn", "recurrent": orthogonal(4.0)}],
        ),
        (first_token(30), "RNN", BURST_TIME, "Adam", 3e-3, {}, [{"match": "rnn", "recurrent": normal(1.0)}]),
        (
            adding(30),
            "RNN",
            BURST_TIME,
            "Adam",
            3e-3,
            {"nonlinearity": "relu"},
            [{"match": "rnn", "recurrent": normal(0.4)}],
        ),
        (
            characters(40),
            "LSTM",
            UNBOUNDED_CELL,
            "Adam",
            3e-2,
            {"activation": "relu"},
            [{"match": "rnn", "recurrent": normal(0.6)}],
        ),
        (
            first_token(40),
            "LSTM",
            UNBOUNDED_CELL,
            "Adam",
            1e-2,
            {"activation": "relu", "forget_bias": 3.0},
            [{"match": "rnn", "recurrent": normal(0.5)}],
        ),
        (
            adding(40),
            "LSTM",
            UNBOUNDED_CELL,
            "SGD",
            0.1,
            {"activation": "relu", "forget_bias": 2.0},
            [{"match": "rnn", "recurrent": normal(0.4)}],
        ),
    )
    for task, kind, fault, optimizer, lr, more, init in burst:
        output = "sequence" if task.name.startswith("characters") else "last"
        cell = "relu" if more.get("activation") == "relu" else more.get("nonlinearity", "tanh")
        program = f"{task.name.rstrip('0123456789')}-{kind.lower()}-{cell}-burst-{optimizer.lower()}"
        layers = recurrent(task, kind, output=output, **more)
        broken = submission(task, layers, plan(task, optimizer, lr), init=init)
        yield sick(f"{program}-{task.inputs[0]}", fault, broken, _cured(task))


def _remembering() -> Iterator[Configuration]:
    """Cells whose memory suffices for their task, short or long."""
    for task, kind, lr, more in (
        (characters(16), "RNN", 1e-2, {}),
        (characters(32), "RNN", 1e-2, {}),
        (characters(48), "RNN", 3e-3, {}),
        (characters(24), "GRU", 1e-2, {}),
        (characters(24), "LSTM", 1e-2, {}),
        (copying(8), "GRU", 1e-2, {}),
        (copying(10), "LSTM", 1e-2, {}),
        (first_token(6), "RNN", 3e-3, {}),
        (first_token(8), "LSTM", 1e-2, {}),
        (first_token(10), "GRU", 1e-2, {}),
        (first_token(16), "LSTM", 1e-2, {"forget_bias": 3.0}),
        (first_token(24), "LSTM", 1e-2, {"forget_bias": 4.0}),
        (adding(10), "GRU", 1e-2, {}),
        (adding(16), "GRU", 1e-2, {}),
        (characters(40), "RNN", 1e-2, {"num_layers": 2}),
    ):
        output = "sequence" if task.name.startswith(("characters", "copy")) else "last"
        program = f"{task.name.rstrip('0123456789')}-{kind.lower()}-memory-adam"
        right = submission(task, recurrent(task, kind, output=output, **more), plan(task, lr=lr))
        yield healthy(
            f"{program}-{task.inputs[0]}-{lr:g}{'-2' * bool(more)}",
            right,
            _cured(task),
        )
    task = first_token(10)
    begun = [{"match": "rnn", "recurrent": "eye"}]
    right = submission(task, recurrent(task, "RNN", nonlinearity="relu"), plan(task), init=begun)
    yield healthy("token-irnn-adam-10", right, _cured(task))
    clipped = submission(task, recurrent(task, "GRU"), plan(task, lr=1e-2, clip={"norm": 1.0}))
    yield healthy("token-gru-clipped-adam-10", clipped, _cured(task))


def _post_norm() -> Iterator[Configuration]:
    """Norms after the sum, deep, and rates that only pre-norm bears."""
    for length, depth, lr, fault in (
        (6, 12, 3e-3, POST_NORM),
        (6, 18, 3e-3, POST_NORM),
        (8, 8, 1e-2, POST_NORM),
        (6, 4, 0.1, TOO_FAST),
    ):
        task = first_token(length, steps=100)
        kind = "fast" if fault is TOO_FAST else "post"
        program = f"tokens-{kind}-transformer-{length}"
        broken = submission(task, transformer(task, depth, norm_first=False), plan(task, lr=lr))
        cure = submission(task, transformer(task, depth, norm_first=True), plan(task, lr=min(lr, 3e-3)))
        yield sick(f"{program}-{depth}", fault, broken, cure)
    for length, mask, optimizer in ((6, "all", "Adam"), (8, "strict_causal", "SGD")):
        task = first_token(length, steps=100)
        lr = 3e-3 if optimizer == "Adam" else 0.3
        attention = {"type": "SelfAttention", "num_heads": 2, "name": "blind"}
        entry = [{"type": "Embedding", "embedding_dim": 16}, "PositionalEmbedding"]
        tail = [{"op": "mean", "dim": 1}, {"type": "Linear", "out_features": task.outputs}]
        broken = submission(task, [*entry, {**attention, "mask": mask}, *tail], plan(task, optimizer, lr))
        cure = submission(task, [*entry, attention, *tail], plan(task, optimizer, lr))
        yield sick(f"tokens-masked-{mask}", MASKED, broken, cure)


def _attentive() -> Iterator[Configuration]:
    """Pre-norm at any depth, post-norm while it is shallow or warmed up."""
    warm = {"schedule": {"type": "constant", "warmup_steps": 30}}
    sound: tuple[tuple[int, int, bool, float, dict[str, Any]], ...] = (
        (6, 2, True, 3e-3, {}),
        (6, 6, True, 3e-3, {}),
        (6, 12, True, 3e-3, {}),
        (6, 18, True, 3e-3, {}),
        (8, 2, False, 3e-3, {}),
        (8, 3, False, 4e-3, warm),
        (6, 4, False, 3e-3, warm),
        (8, 3, True, 1e-2, warm),
    )
    for length, depth, first, lr, more in sound:
        task = first_token(length, steps=100)
        program = f"tokens-{'pre' if first else 'post'}-norm-adam-{length}"
        right = submission(task, transformer(task, depth, norm_first=first), plan(task, lr=lr, **more))
        textbook = submission(task, transformer(task, 2, norm_first=True), plan(task, lr=2e-3))
        yield healthy(f"{program}-{depth}-{lr:g}", right, textbook)
