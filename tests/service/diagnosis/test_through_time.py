import math

import pytest

from service.diagnosis.through_time import (
    decay,
    growth_at,
    horizon,
    settled_decays,
    state_growth,
    steepest_growth,
)
from tests.service.diagnosis.sequences import network, run, view

RNN = network()[1]


@pytest.mark.parametrize(
    ("first", "last", "ratio"),
    [
        (1e-9, 1e-3, -6.0),
        (0.0, 1e-3, -math.inf),
        (math.inf, 1e-3, math.inf),
        (0.0, 0.0, None),
        (math.nan, 1.0, None),
    ],
)
def test_the_decay_is_the_first_time_steps_gradient_over_the_last(
    first: float, last: float, ratio: float | None
) -> None:
    assert decay(view(run([first] * 3, last=[last] * 3)), 0, RNN) == pytest.approx(ratio)


def test_the_state_is_compared_with_what_the_layer_takes_in() -> None:
    assert growth_at(view(run([1.0] * 3, state=1e3)), 0, RNN) == pytest.approx(3)
    found = state_growth(view(run([1.0] * 3, state=1e3)))
    assert found is not None
    assert found.layer == RNN


def test_the_settled_decay_is_of_the_last_probes_and_the_steepest_growth_of_all() -> None:
    signals = view(run([1e2, 1e-6, 1e-6]))
    assert [each.ratio for each in settled_decays(signals)] == [pytest.approx(-3)]
    steepest = steepest_growth(signals)
    assert steepest is not None
    assert (steepest.step, steepest.ratio) == (0, pytest.approx(5))


def test_the_horizon_counts_time_steps_that_are_heard() -> None:
    one = run([1e-9] * 3, profile=[1e-9, 1e-6, 2e-5, 1e-3])
    assert horizon(one, RNN, 1e-2) == (2, 4)
    assert horizon(run([1e-9] * 3), RNN, 1e-2) is None
