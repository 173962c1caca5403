import pytest

from service.diagnosis.rules.update_below_precision import detect
from service.diagnosis.signals import Signals
from service.schemas.statistics import NetworkStatistics
from tests.service.diagnosis.evidence import chain, geometric, run, signals

LAYERS = chain(4, "ReLU")
PURE = {"precision": "bf16", "precision_mode": "pure"}
ADAM = {"type": "Adam", "lr": 1e-3}


def lost(share: float, **training: object) -> Signals:
    return signals(LAYERS, run(LAYERS, everywhere={"update_lost_share": share}), **training)


def held(share: float, update: float) -> Signals:
    """An Adam of which a share of √v̂ is below eps, and which changes weights of RMS 0.1 by `update` of that."""
    rows = {"adam_epsilon_share": share, "weight_rms": 0.1, "update_ratio": update}
    one = run(LAYERS, everywhere=rows)
    network = tuple(NetworkStatistics(step=step, loss=2.3, learning_rate=1e-3) for step in (0, 32, 64))
    return signals(LAYERS, one.model_copy(update={"network": network}), optimizer=ADAM | {"eps": 1.0})


def test_sixteen_bit_weights_that_do_not_move_are_seen() -> None:
    sighting = detect(lost(0.97, **PURE))
    assert sighting is not None
    assert sighting.clear
    assert "bf16" in sighting.message


@pytest.mark.parametrize("training", [{}, {"precision": "bf16"}], ids=["fp32", "autocast"])
def test_weights_in_thirty_two_bits_stand_still_for_another_reason(training: dict[str, str]) -> None:
    assert detect(lost(0.97, **training)) is None


def test_some_lost_updates_are_usual() -> None:
    assert detect(lost(0.4, **PURE)) is None


def test_where_the_gradient_vanishes_nothing_else_needs_a_reason() -> None:
    one = run(
        LAYERS, by_activation={"output_gradient_rms": geometric(1e-9, 1.0, 4)},
        everywhere={"update_lost_share": 0.97},
    )  # fmt: skip
    assert detect(signals(LAYERS, one, **PURE)) is None


def test_an_eps_that_holds_adam_down_is_seen() -> None:
    sighting = detect(held(1.0, 1e-5))
    assert sighting is not None
    assert "eps of 1" in sighting.message
    assert sighting.evidence[1].value == pytest.approx(1e-3)


def test_an_adam_that_takes_its_step_is_sound() -> None:
    assert detect(held(1.0, 1e-2)) is None
    assert detect(held(0.5, 1e-5)) is None


def test_an_eps_that_fp16_takes_for_zero_is_seen_where_the_run_broke() -> None:
    broken = run(LAYERS, stopped="non-finite")
    pure = {"precision": "fp16", "precision_mode": "pure", "optimizer": ADAM}
    sighting = detect(signals(LAYERS, broken, **pure))
    assert sighting is not None
    assert "eps of 1e-08 is zero in fp16" in sighting.message
    assert detect(signals(LAYERS, run(LAYERS), **pure)) is None
    assert detect(signals(LAYERS, broken, **pure | {"optimizer": ADAM | {"eps": 1e-4}})) is None
