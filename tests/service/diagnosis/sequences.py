"""Hand-made evidence of an embedding, a recurrent layer and a head, with time gradients as a test wants them."""

from collections.abc import Sequence
from typing import Any

from service.diagnosis.signals import Signals
from service.schemas.evidence import RunEvidence
from service.schemas.plan import Layer, Tensor
from service.schemas.statistics import LayerStatistics, TimeProfile
from tests.service.diagnosis.evidence import outcome, signals

STEPS = (0, 32, 64)


def network(kind: str = "RNN", activation: str = "Tanh") -> tuple[Layer, ...]:
    """Embedding, recurrent layer, head."""
    places = (
        ("embedding", "Embedding", "embedding"),
        ("rnn", kind, "recurrent"),
        ("head", "Linear", "linear"),
    )
    return tuple(
        Layer(
            depth=depth, network="main", name=name, type=type_, inputs=(depth - 1,), output=Tensor(shape=(16,)),
            family=family, parameters=256, multiply_adds=0, pointer="",
            activation=activation if family == "recurrent" else None,
        )
        for depth, (name, type_, family) in enumerate(places)
    )  # fmt: skip


def run(
    first: Sequence[float],
    last: Sequence[float] = (1e-3, 1e-3, 1e-3),
    *,
    state: float = 1.0,
    update: float = 1e-3,
    profile: Sequence[float] = (),
    **fields: Any,
) -> RunEvidence:
    """Time gradients at the first and the last time step by probe; `state` is the recurrent output's RMS."""
    rows = []
    for step, at_first, at_last in zip(STEPS, first, last, strict=True):
        common = {
            "step": step,
            "update_ratio": update,
            "output_gradient_rms": 1e-3,
            "activation_batch_std": 0.5,
        }
        rows += [
            LayerStatistics(depth=0, activation_rms=1.0, **common),
            LayerStatistics(
                depth=1, activation_rms=state, time_gradient_first_rms=at_first, time_gradient_last_rms=at_last,
                **common,
            ),
            LayerStatistics(depth=2, **common),
        ]  # fmt: skip
    profiles = (
        (TimeProfile(depth=1, step=64, times=tuple(range(len(profile))), gradient_rms=tuple(profile)),)
        if profile
        else ()
    )
    return RunEvidence(
        seed=0, outcome=outcome(**fields), network=(), layers=tuple(rows), time_profiles=profiles
    )


def view(one: RunEvidence, kind: str = "RNN", activation: str = "Tanh") -> Signals:
    """What a rule gets of it."""
    return signals(network(kind, activation), one)
