import math
from typing import Any

from service.diagnosis.registry import Sighting
from service.diagnosis.rules.learning_rate_too_high import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(4, "ReLU")
TORN = {"update_ratio": 0.5}


def test_torn_weights_and_a_risen_loss_after_a_clean_start_are_seen() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, everywhere=TORN, losses=[2.3, 50.0, 40.0])))
    assert sighting is not None
    assert sighting.clear
    assert "0.1 is too high" in sighting.message


def test_a_run_that_went_non_finite_needs_no_peak() -> None:
    one = run(LAYERS, everywhere=TORN, losses=[2.3, math.nan], stopped="non-finite", skill=math.nan)
    assert detect(signals(LAYERS, one)) is not None


def test_large_steps_with_which_the_network_learns_are_no_illness() -> None:
    one = run(LAYERS, everywhere=TORN, losses=[2.3, 50.0, 0.1], skill=0.9)
    assert detect(signals(LAYERS, one)) is None


def test_a_network_that_exploded_before_its_first_step_has_another_cause() -> None:
    exploded = {"output_gradient_rms": geometric(1e4, 1.0, 4)}
    one = run(LAYERS, by_activation=exploded, everywhere=TORN, losses=[2.3, 50.0])
    assert detect(signals(LAYERS, one)) is None


def test_usual_steps_are_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, losses=[2.3, 50.0]))) is None


def test_a_peak_that_a_run_cut_short_has_come_back_from_is_passed_over() -> None:
    def told(**fields: Any) -> Sighting | None:
        return detect(signals(LAYERS, run(LAYERS, everywhere=TORN, losses=[2.3, 50.0, 2.0], **fields)))

    assert told(skill=0.1, stopped="settled") is None
    assert told(skill=-0.1, stopped="settled") is not None
    assert told(skill=0.1) is not None
