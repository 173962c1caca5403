"""Faults that few networks have: layers that block, spikes, swings, hidden NaNs, scales that fp16 cannot hold."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    ALL_SKIPPED,
    CONSTANT_LAYER,
    HIDDEN_NAN,
    OSCILLATING,
    SPIKING,
    UNSCALED_LOSS,
    Fault,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIGITS,
    IRIS,
    MOONS,
    REGRESSION,
    SPIRALS,
    SYNTHETIC,
    WINE,
    XOR,
    Layers,
    Spec,
    Task,
    characters,
    first_token,
    head,
    linear,
    mlp,
    plan,
    recurrent,
    submission,
)


def configurations() -> Iterator[Configuration]:
    """By kind."""
    yield from _blocked()
    yield from _swinging()
    yield from _spiking()
    yield from _hidden()
    yield from _scaled()


def _between(task: Task, *parts: Spec) -> Layers:
    return [linear(32), "ReLU", linear(32), *parts, linear(32), "ReLU", head(task)]


def _blocked() -> Iterator[Configuration]:
    """A layer that answers every example alike; the cure leaves it out."""
    threshold = {"type": "Threshold", "threshold": 20.0, "value": 0.0}
    for task, layer, optimizer, lr in (
        (DIGITS, threshold, "Adam", 3e-3),
        (BLOBS, {"type": "Threshold", "threshold": 100.0, "value": 1.0}, "Adam", 1e-2),
        (WINE, {"type": "Hardshrink", "lambd": 50.0}, "SGD", 0.1),
        (SYNTHETIC, {"type": "Softshrink", "lambd": 30.0}, "RMSprop", 1e-3),
        (CANCER, {"type": "Dropout", "p": 1.0}, "SGD", 0.1),
        (REGRESSION, {"type": "Hardtanh", "min_val": 20.0, "max_val": 30.0}, "Adam", 3e-3),
        (SYNTHETIC, {"type": "Dropout", "p": 1.0}, "Adam", 3e-3),
    ):
        training = plan(task, optimizer, lr)
        broken = submission(task, _between(task, layer), training)
        cure = submission(task, _between(task), training)
        kind = str(layer["type"]).lower()
        yield sick(f"{task.name}-blocked-{kind}-{optimizer.lower()}", CONSTANT_LAYER, broken, cure)


def _swinging() -> Iterator[Configuration]:
    """Bounded units keep the loss finite while every step overshoots."""
    for task, lr in ((XOR, 30.0), (CIRCLES, 30.0), (MOONS, 30.0), (IRIS, 20.0), (DIGITS, 60.0)):
        broken = submission(task, mlp(task, 1, "Tanh"), plan(task, "SGD", lr))
        cure = submission(task, mlp(task, 1, "Tanh"), plan(task, lr=1e-2))
        yield sick(f"{task.name}-tanh-swinging-sgd-{lr:g}", OSCILLATING, broken, cure)


def _spiking() -> Iterator[Configuration]:
    """Momentum or a rectified memory at the edge."""
    for task, lr in ((SPIRALS, 1.0), (WINE, 2.0), (DIGITS, 1.0)):
        broken = submission(task, mlp(task, 3, "ReLU"), plan(task, "SGD", lr, momentum=0.9))
        yield sick(
            f"{task.name}-relu-spiking-sgd",
            SPIKING,
            broken,
            submission(task, mlp(task, 3, "ReLU"), plan(task, lr=1e-2)),
        )
    eye = [{"match": "rnn", "recurrent": "eye"}]
    for length, lr in ((40, 1.0), (30, 2.0)):
        task = characters(length)
        layers = recurrent(task, "RNN", output="sequence", nonlinearity="relu")
        broken = submission(task, layers, plan(task, "SGD", lr, clip={"norm": 2.0}), init=eye)
        cure = submission(task, recurrent(task, "LSTM", output="sequence"), plan(task, lr=1e-2))
        yield sick(f"characters-rnn-spiking-sgd-{length}", SPIKING, broken, cure)


def _hidden() -> Iterator[Configuration]:
    """Rows that see nothing and that no output reads: their NaN is in the gradient alone."""
    for length, optimizer in ((6, "Adam"), (8, "SGD"), (10, "Adam")):
        task = first_token(length, steps=100)
        entry: Layers = [{"type": "Embedding", "embedding_dim": 16}, "PositionalEmbedding"]
        attention = {"type": "SelfAttention", "num_heads": 2, "name": "blind"}
        last = [{"type": "Select", "dim": 1, "index": -1}, head(task)]
        mean = [{"op": "mean", "dim": 1}, head(task)]
        training = plan(task, optimizer, 3e-3 if optimizer == "Adam" else 0.3)
        broken = submission(task, [*entry, {**attention, "mask": "strict_causal"}, *last], training)
        yield sick(
            f"tokens-hidden-nan-{optimizer.lower()}-{length}",
            HIDDEN_NAN,
            broken,
            submission(task, [*entry, attention, *mean], training),
        )


def _scaled() -> Iterator[Configuration]:
    """Loss scales far too small or far too large for fp16; the cure is fp32."""
    cases: tuple[tuple[Task, str, str, float, float, Fault], ...] = (
        (DIGITS, "ReLU", "SGD", 0.3, 1e-5, UNSCALED_LOSS),
        (WINE, "Tanh", "Adam", 3e-3, 1e-6, UNSCALED_LOSS),
        (REGRESSION, "ReLU", "Adam", 3e-3, 1e-7, UNSCALED_LOSS),
        (SYNTHETIC, "ReLU", "SGD", 0.1, 1e-5, UNSCALED_LOSS),
        (CANCER, "ReLU", "Adam", 3e-3, 1e-6, UNSCALED_LOSS),
        (DIGITS, "ReLU", "Adam", 3e-3, 2.0**24, ALL_SKIPPED),
        (CIRCLES, "ReLU", "Adam", 3e-3, 2.0**26, ALL_SKIPPED),
        (REGRESSION, "Tanh", "Adam", 3e-3, 2.0**24, ALL_SKIPPED),
    )
    for task, activation, optimizer, lr, scale, fault in cases:
        layers, training = mlp(task, 3, activation), plan(task, optimizer, lr)
        broken = submission(task, layers, {**training, "precision": "fp16", "loss_scale": scale})
        name = f"{task.name}-{activation.lower()}-scaled-{optimizer.lower()}-{scale:g}"
        yield sick(name, fault, broken, submission(task, layers, training))
