"""Games on the ring whose critic has no bound, or is clamped until it says nothing."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.adversaries import PENALTY, game
from benchmarks.accuracy.corpus.faults import CLAMPED, UNCONSTRAINED, sick
from benchmarks.remedies.unseen.parts import short


def configurations() -> Iterator[Configuration]:
    """The cure is a penalty on the critic's gradient; outcomes are compared by the samples."""
    cure = game(PENALTY, width=36)
    for activation, optimizer, lr in (("Mish", "Adam", 4e-3), ("CELU", "RMSprop", 3e-3)):
        broken = game({"critic_steps": 3}, activation=activation, optimizer=optimizer, lr=lr, width=36)
        yield sick(short("ring", "free", activation, optimizer), UNCONSTRAINED, broken, cure, "samples")
    for activation, optimizer, lr, depth, clip in (
        ("Mish", "RMSprop", 1e-3, 4, 0.01),
        ("Tanh", "Adam", 2e-3, 5, 0.006),
    ):
        loss = {"critic_steps": 3, "weight_clip": clip}
        broken = game(loss, activation=activation, optimizer=optimizer, lr=lr, depth=depth, width=36)
        yield sick(short("ring", "clamped", activation, optimizer), CLAMPED, broken, cure, "samples")
