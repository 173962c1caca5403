import math
from typing import Any

from service.diagnosis.registry import Sighting
from service.diagnosis.rules.clipping_masks_gradients import detect
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(3)
STILL = {"update_ratio": 1e-9}


def seen(
    clipped: list[float], norm: float, clip: dict[str, float], *, everywhere: Any = None, **plan: Any
) -> Sighting | None:
    one = run(
        LAYERS, everywhere=everywhere or STILL, skill=plan.pop("skill", 0.0), losses=[2.3] * len(clipped)
    )
    rows = tuple(
        row.model_copy(update={"clipped": share, "gradient_norm": norm})
        for row, share in zip(one.network, clipped, strict=True)
    )
    return detect(signals(LAYERS, one.model_copy(update={"network": rows}), clip=clip, **plan))


def test_steps_that_are_all_clipped_to_nothing_are_seen() -> None:
    sighting = seen([1, 1, 1], 1.0, {"norm": 1e-3})
    assert sighting is not None
    assert "1000 times the bound" in sighting.message


def test_clipping_now_and_then_is_what_it_is_for() -> None:
    assert seen([1, 0, 1], 1.0, {"norm": 1e-3}) is None


def test_what_still_moves_learns_or_has_its_own_scale_is_passed_over() -> None:
    assert seen([1, 1], 1.0, {"norm": 1e-3}, everywhere={"update_ratio": 1e-2}) is None
    assert seen([1, 1], 1.0, {"norm": 1e-3}, skill=0.9) is None
    assert seen([1, 1], 1.0, {"norm": 1e-3}, optimizer={"type": "Adam"}) is None
    assert seen([1, 1], math.inf, {"norm": 1e-3}) is None


def test_a_clamp_over_infinite_gradients_is_seen() -> None:
    sighting = seen([1, 1], 1.0, {"value": 1.0}, everywhere={"weight_gradient_nonfinite_count": 3.0})
    assert sighting is not None
    assert "hides infinite gradients" in sighting.message
