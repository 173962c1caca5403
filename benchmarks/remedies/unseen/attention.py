"""Attention that sees nothing, and transformers whose norms stand after the sum."""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import HIDDEN_NAN, MASKED, POST_NORM, sick
from benchmarks.accuracy.corpus.parts import Layers, Task, first_token, head, submission, transformer
from benchmarks.remedies.unseen.parts import PAIRS, short, train

MEAN: Layers = [{"op": "mean", "dim": 1}]
LAST: Layers = [{"type": "Select", "dim": 1, "index": -1}]


def configurations() -> Iterator[Configuration]:
    """Masks, then norms."""
    yield from _blind()
    yield from _post_norm()


def _attending(task: Task, mask: str, last: Layers) -> Layers:
    attention = {"type": "SelfAttention", "num_heads": 3, "name": "look", "mask": mask}
    return [{"type": "Embedding", "embedding_dim": 24}, "PositionalEmbedding", attention, *last, head(task)]


def _blind() -> Iterator[Configuration]:
    """A softmax over nothing: seen in the output, or only in the gradient where no output reads that row."""
    for length, mask, last, optimizer, lr in (
        (5, "all", MEAN, "RAdam", 1e-2),
        (10, "strict_causal", MEAN, "RMSprop", 2e-3),
        (11, "strict_causal", LAST, "NAdam", 4e-3),
        (6, "strict_causal", LAST, "RAdam", 1e-2),
    ):
        task = first_token(length, steps=200 if optimizer == "RAdam" else 120, classes=6)
        yield sick(
            short(task.name, mask, "read-last" if last is LAST else "averaged", optimizer),
            HIDDEN_NAN if last is LAST else MASKED,
            submission(task, _attending(task, mask, last), train(task, optimizer, lr)),
            submission(task, _attending(task, "none", MEAN), train(task, optimizer, lr)),
        )


def _post_norm() -> Iterator[Configuration]:
    """The cure puts the norm before each layer, all else being equal."""
    task = first_token(5, steps=100, classes=5)
    broken, cure = (
        submission(
            task,
            transformer(task, 10, norm_first=first, size=24, nhead=3, activation="gelu"),
            train(task, "RMSprop", 2e-3),
        )
        for first in (False, True)
    )
    yield sick(short(task.name, "post-norm-10-rmsprop"), POST_NORM, broken, cure)
    rows = replace(PAIRS, steps=80)
    broken, cure = (
        submission(rows, _reading(rows, 12, norm_first=first), train(rows, "Adam", 1e-2))
        for first in (False, True)
    )
    yield sick(short(rows.name, "post-norm-12-adam"), POST_NORM, broken, cure)


def _reading(task: Task, depth: int, *, norm_first: bool) -> Layers:
    """Pairs of rows of a picture as a sequence of vectors."""
    layer = {
        "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 32, "dropout": 0.0, "norm_first": norm_first,
    }  # fmt: skip
    last = ["LayerNorm"] if norm_first else []
    body = {"repeat": depth, "name": "layer", "body": [layer]}
    return ["PositionalEmbedding", body, *last, *MEAN, head(task)]
