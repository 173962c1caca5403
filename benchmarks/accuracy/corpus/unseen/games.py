"""Games on the ring with other players: critics without a bound, clamped to nothing, and working ones."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.adversaries import PENALTY, game
from benchmarks.accuracy.corpus.faults import CLAMPED, UNCONSTRAINED, healthy, sick


def configurations() -> Iterator[Configuration]:
    """Outcomes are compared by the samples."""
    cure = game(PENALTY, width=40)
    free = {"critic_steps": 4}
    for activation, optimizer, lr in (
        ("ELU", "Adam", 5e-3),
        ("GELU", "AdamW", 5e-3),
        ("LeakyReLU", "RMSprop", 3e-3),
        ("SiLU", "NAdam", 5e-3),
    ):
        broken = game(free, activation=activation, optimizer=optimizer, lr=lr, width=40)
        yield sick(
            f"new-ring-free-{activation.lower()}-{optimizer.lower()}", UNCONSTRAINED, broken, cure, "samples"
        )
    for activation, optimizer, lr, depth, clip in (
        ("LeakyReLU", "RMSprop", 1e-3, 5, 0.01),
        ("GELU", "RMSprop", 1e-3, 4, 0.01),
        ("ReLU", "NAdam", 2e-3, 6, 0.008),
    ):
        broken = game(
            {**free, "weight_clip": clip},
            depth=depth,
            activation=activation,
            optimizer=optimizer,
            lr=lr,
            width=40,
        )
        yield sick(
            f"new-ring-clamped-{activation.lower()}-{optimizer.lower()}", CLAMPED, broken, cure, "samples"
        )
    for label, loss, activation, optimizer, lr in (
        ("penalty", {"gradient_penalty": 1.0, "critic_steps": 4}, "GELU", "Adam", 3e-3),
        ("penalty", {"gradient_penalty": 0.5, "critic_steps": 5}, "ELU", "RMSprop", 3e-3),
        ("clipped", {"weight_clip": 0.25, "critic_steps": 5}, "SiLU", "RMSprop", 3e-3),
    ):
        right = game(loss, activation=activation, optimizer=optimizer, lr=lr, width=40)
        yield healthy(f"new-ring-{label}-{activation.lower()}-{optimizer.lower()}", right, cure, "samples")
