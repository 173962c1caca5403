from typing import Any

from service.diagnosis.registry import Sighting
from service.diagnosis.rules.overflow import detect
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(4, "ReLU")
BEYOND = {"overflow_share": [0.0, 0.25, 1.0, 0.0]}
BROKEN: dict[str, Any] = {"stopped": "non-finite", "skill": float("nan")}


def seen(precision: str = "fp16", **fields: Any) -> Sighting | None:
    return detect(signals(LAYERS, run(LAYERS, **fields), precision=precision))


def test_numbers_beyond_the_largest_are_seen_where_they_begin() -> None:
    sighting = seen(by_activation=BEYOND, **BROKEN)
    assert sighting is not None
    assert [layer.name for layer in sighting.layers] == ["h.1.relu", "h.2.relu"]
    assert "65504" in sighting.message
    assert sighting.from_start


def test_a_run_that_broke_next_to_the_largest_number_overflowed() -> None:
    assert seen(by_activation={"activation_max": [1.0, 1.0, 50_000.0, 1.0]}, **BROKEN) is not None
    assert seen(by_activation={"activation_max": [1.0, 1.0, 50_000.0, 1.0]}) is None


def test_a_signal_that_explodes_over_depth_only_ends_there() -> None:
    sighting = seen(by_activation=BEYOND | {"activation_rms": geometric(1.0, 1e5, 4)}, **BROKEN)
    assert sighting is not None
    assert not sighting.from_start


def test_fp32_and_networks_that_learn_are_passed_over() -> None:
    assert seen("fp32", by_activation=BEYOND, **BROKEN) is None
    assert seen(by_activation=BEYOND, skill=0.9) is None


def test_a_loss_scale_that_skips_nearly_every_step_overflows() -> None:
    def told(skipped: int, **plan: Any) -> Sighting | None:
        one = run(LAYERS, losses=[2.3] * 20, steps_run=20)
        rows = tuple(row.model_copy(update={"skipped": row.step < skipped}) for row in one.network)
        return detect(signals(LAYERS, one.model_copy(update={"network": rows}), precision="fp16", **plan))

    fixed, dynamic = told(20, loss_scale=1e7), told(19)
    assert fixed is not None
    assert dynamic is not None
    assert "100 % of all steps are skipped" in fixed.message
    assert "fixed loss scale of 1e+07" in fixed.cause
    assert "bf16 or fp32" in dynamic.cause
    assert told(3) is None
