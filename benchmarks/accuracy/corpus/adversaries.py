"""Wasserstein games on a ring: critics without a bound, critics clamped to nothing, and working ones."""

from collections.abc import Iterator
from typing import Any

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import CLAMPED, UNCONSTRAINED, healthy, sick
from benchmarks.accuracy.corpus.parts import RING, SEEDS, Layers, linear

PENALTY = {"gradient_penalty": 1.0, "critic_steps": 3}


def game(
    loss: dict[str, Any],
    *,
    depth: int = 2,
    activation: str = "ReLU",
    optimizer: str = "Adam",
    lr: float = 3e-3,
    width: int = 32,
) -> Submission:
    """A generator of two hidden layers against a critic of `depth`."""
    betas = {"betas": [0.0, 0.9]} if optimizer == "Adam" else {}
    hidden: Layers = [{"repeat": depth, "name": "h", "body": [linear(width), activation]}]
    return {
        "project": "corpus",
        "networks": {
            "generator": {
                "input": {"shape": [4]},
                "layers": [linear(width), "ReLU", linear(width), "ReLU", linear(2, name="point")],
            },
            "critic": {"input": {"shape": [2]}, "layers": [*hidden, linear(1, name="score")]},
        },
        "training": {
            "loss": {"type": "Wasserstein", **loss},
            "optimizer": {"type": optimizer, "lr": lr, **betas},
            "batch_size": 64,
            "steps": RING.steps,
        },
        "data": RING.data,
        "probing": {"seeds": SEEDS, "steps": RING.steps},
    }


def configurations() -> Iterator[Configuration]:
    """Outcomes are compared by the samples: the loss of a game has no zero."""
    cure = game(PENALTY)
    for name, broken in (
        ("ring-free-relu-adam", game({"critic_steps": 3})),
        ("ring-free-relu-adam-fast", game({"critic_steps": 3}, lr=1e-2)),
        (
            "ring-free-tanh-rmsprop",
            game({"critic_steps": 3}, activation="Tanh", optimizer="RMSprop", lr=3e-3),
        ),
        ("ring-free-leaky-sgd", game({"critic_steps": 3}, activation="LeakyReLU", optimizer="SGD", lr=0.1)),
    ):
        yield sick(name, UNCONSTRAINED, broken, cure, "samples")
    for name, broken in (
        ("ring-clamped-relu-adam", game({"critic_steps": 3, "weight_clip": 0.01}, depth=4)),
        (
            "ring-clamped-tanh-rmsprop",
            game(
                {"critic_steps": 3, "weight_clip": 0.005},
                depth=5,
                activation="Tanh",
                optimizer="RMSprop",
                lr=1e-3,
            ),
        ),
    ):
        yield sick(name, CLAMPED, broken, cure, "samples")
    for name, right in (
        (
            "ring-penalty-leaky-adam",
            game({"gradient_penalty": 1.0, "critic_steps": 3}, activation="LeakyReLU"),
        ),
        (
            "ring-penalty-silu-adam",
            game({"gradient_penalty": 0.3, "critic_steps": 5}, activation="SiLU", lr=2e-3),
        ),
        (
            "ring-clipped-relu-rmsprop",
            game({"weight_clip": 0.3, "critic_steps": 5}, optimizer="RMSprop", lr=3e-3),
        ),
        (
            "ring-clipped-leaky-adam",
            game({"weight_clip": 0.2, "critic_steps": 4}, activation="LeakyReLU", width=48),
        ),
    ):
        yield healthy(name, right, cure, "samples")
