from typing import Any

from service.diagnosis.registry import Sighting
from service.diagnosis.rules.underflow import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(4)
LOST = {"underflow_share": 0.8}


def seen(
    everywhere: dict[str, float] | None = None, *, by_activation: Any = None, skill: float = 0.0, **plan: Any
) -> Sighting | None:
    one = run(LAYERS, everywhere=everywhere or LOST, by_activation=by_activation, skill=skill)
    return detect(signals(LAYERS, one, **({"precision": "fp16"} | plan)))


def test_layers_that_lose_their_gradients_are_seen() -> None:
    sighting = seen(loss_scale=1.0)
    assert sighting is not None
    assert "loses 80 %" in sighting.message
    assert "The loss is not scaled" in sighting.cause
    assert sighting.clear


def test_a_scaled_loss_gets_another_advice() -> None:
    sighting = seen()
    assert sighting is not None
    assert "in spite of the loss scale" in sighting.cause


def test_a_gradient_that_dies_out_over_depth_is_only_finished_off() -> None:
    sighting = seen(by_activation={"output_gradient_rms": geometric(1e-9, 1e-2, 4)})
    assert sighting is not None
    assert not sighting.from_start


def test_what_is_small_or_does_no_harm_is_passed_over() -> None:
    assert seen({"underflow_share": 0.2}) is None
    assert seen(skill=0.8) is None
    assert seen(precision="bf16") is None


def test_a_loss_scale_below_one_is_the_reason_for_gradients_that_are_all_zero() -> None:
    gone = {"underflow_share": 0.0, "weight_gradient_zero_share": 1.0}
    sighting = seen(gone, loss_scale=1e-6)
    assert sighting is not None
    assert "A loss scale of 1e-06 makes them smaller still" in sighting.cause
    assert seen(gone, loss_scale=1.0) is None
