from service.diagnosis.registry import Sighting
from service.diagnosis.rules.learning_rate_too_low import detect
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(4, "ReLU")
TINY = {"update_ratio": 1e-7}


def test_a_plan_that_moves_nothing_is_seen() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, everywhere=TINY)))
    assert sighting is not None
    assert sighting.clear
    assert "too low" in sighting.message


def test_a_small_rate_in_a_long_plan_is_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, everywhere=TINY), planned_steps=10_000_000)) is None


def test_a_small_rate_with_which_the_network_learns_is_no_illness() -> None:
    assert detect(signals(LAYERS, run(LAYERS, everywhere=TINY, skill=0.5))) is None


def test_a_run_that_ended_within_the_warm_up_tells_nothing() -> None:
    view = signals(LAYERS, run(LAYERS, everywhere=TINY), schedule={"type": "constant", "warmup_steps": 100})
    assert detect(view) is None


def test_a_schedule_that_is_over_at_once_is_seen_however_far_its_first_steps_reach() -> None:
    def told(gamma: float, steps: int = 60) -> Sighting | None:
        one = run(LAYERS, losses=[2.3] * steps, everywhere={"update_ratio": 0.05})
        rows = tuple(row.model_copy(update={"learning_rate": 0.1 * gamma**row.step}) for row in one.network)
        return detect(signals(LAYERS, one.model_copy(update={"network": rows}), planned_steps=steps))

    sighting = told(0.5)
    assert sighting is not None
    assert sighting.clear
    assert "ends the training at once" in sighting.message
    assert sighting.evidence[-1].statistic == "whole_steps"
    assert told(0.99) is None
