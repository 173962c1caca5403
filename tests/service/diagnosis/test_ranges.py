import math
import random
from statistics import fmean

import pytest

from service.diagnosis.ranges import ANY, Range, lost_share, output_range, target_range
from tests.service.diagnosis.structures import ending

REGRESSION = {"source": "synthetic", "task": "regression", "target_scale": 2.0, "target_shift": 10.0}


@pytest.mark.parametrize(
    "reach", [Range(0, math.inf), Range(-1, 1), Range(0, 1), Range(-math.inf, 0)], ids=str
)
@pytest.mark.parametrize("targets", [Range(-3, 3, 1.0), Range(25, 346), Range(0, 2), Range(0, 1)], ids=str)
def test_what_is_lost_is_the_mean_squared_distance_to_the_reach(reach: Range, targets: Range) -> None:
    dice = random.Random(0)
    drawn = [
        dice.gauss(targets.middle, targets.scale)
        if targets.scale
        else dice.uniform(targets.low, targets.high)
        for _ in range(20_000)
    ]
    variance = targets.scale**2 if targets.scale else targets.width**2 / 12
    wanted = fmean(max(y - reach.high, reach.low - y, 0.0) ** 2 for y in drawn) / variance
    assert lost_share(reach, targets) == pytest.approx(wanted, rel=0.05, abs=1e-6)


def test_an_output_without_activation_reaches_everything() -> None:
    assert output_range(ending()) == ANY
    assert lost_share(ANY, Range(25, 346)) == 0


def test_the_arguments_of_the_last_activation_count() -> None:
    assert output_range(ending({"type": "Hardtanh", "min_val": -2, "max_val": 5})) == Range(-2, 5)


def test_a_recurrent_layer_at_the_end_is_bounded_by_its_own_activation() -> None:
    recurrent = ending(
        {"type": "Unflatten", "dim": 1, "unflattened_size": [5, 2]},
        {"type": "LSTM", "hidden_size": 10, "output": "last"},
    )
    assert output_range(recurrent) == Range(-1, 1)


def test_targets_follow_from_the_data_and_the_loss() -> None:
    assert target_range(ending(loss="MSELoss", units=1)) == Range(0, 9)
    assert target_range(ending(loss="MSELoss")) == Range(0, 1)
    assert target_range(ending(loss="MSELoss", units=1, data=REGRESSION)) == Range(4, 16, 2.0)
    assert target_range(
        ending(loss="MSELoss", units=1, data={"source": "builtin", "name": "diabetes"})
    ) == Range(25, 346)
    assert target_range(ending()) is None


def test_targets_that_are_standardised_have_no_scale_of_their_own() -> None:
    data = {"source": "builtin", "name": "diabetes", "target_preprocess": "standardize"}
    assert target_range(ending(loss="MSELoss", units=1, data=data)) == Range(-3, 3, 1)
