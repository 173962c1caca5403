import math
from collections.abc import Sequence
from typing import Any

import pytest

from service.schemas.limits import Limits
from service.schemas.onnx import ImportReport, NamedShape
from service.schemas.order import RunOrder
from service.schemas.statistics import NetworkStatistics
from tests.service.diagnosis.evidence import chain, geometric, statistics, submission
from workers.settling import SOONEST, Settling, so_far

LAYERS = chain(10)
VANISHING = {"output_gradient_rms": geometric(1e-12, 1e-2, 10), "activation_batch_std": [1e-4] * 10}
SOUND: dict[str, Sequence[float]] = {}
TRIVIAL = 2.3
PROBES = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)


class Passed:
    """Counts the rows that are passed on."""

    def __init__(self) -> None:
        self.rows = 0

    def __call__(
        self, *, layers: tuple[Any, ...], network: tuple[Any, ...], time_profiles: tuple[Any, ...]
    ) -> None:
        self.rows += len(layers) + len(network) + len(time_profiles)


def settles_at(
    profile: dict[str, Sequence[float]],
    *,
    loss: float = TRIVIAL,
    trivial: float = TRIVIAL,
    steps: int = 300,
    passed: Passed | None = None,
    probing: dict[str, Any] | None = None,
    settles: bool = True,
    imported: ImportReport | None = None,
) -> int | None:
    """The probe at which a run with the same statistics and loss everywhere would end; None at its budget."""
    told = submission()
    told = told.model_copy(update={"probing": told.probing.model_copy(update=probing or {})})
    order = RunOrder(
        run_id="r", attempt=1, seed=0, steps=steps, planned_steps=1000, settles=settles, submission=told,
        limits=Limits(),
    )  # fmt: skip
    settling = Settling(order, LAYERS, None, passed or Passed(), imported)
    for step in (probe for probe in (*PROBES, steps - 1) if probe < steps):
        rows = tuple(statistics(LAYERS, step, by_activation=profile))
        network = (NetworkStatistics(step=step, loss=loss, input_rms=1.0, input_min=-1.0, input_max=1.0),)
        settling(layers=rows, network=network, time_profiles=())
        if settling.settled([loss] * (step + 1), trivial):
            return step
    return None


def test_an_illness_that_three_probes_show_settles_at_the_soonest_step() -> None:
    assert settles_at(VANISHING) == SOONEST


def test_a_network_that_learns_soundly_settles_at_the_soonest_step() -> None:
    assert settles_at(SOUND, loss=0.2) == SOONEST


def test_a_network_that_neither_learns_nor_shows_why_takes_its_budget() -> None:
    assert settles_at(SOUND) is None


def test_a_network_without_a_measure_of_skill_is_not_called_healthy_early() -> None:
    assert settles_at(SOUND, trivial=math.nan) is None


def test_the_full_profile_takes_the_budget() -> None:
    assert settles_at(VANISHING, probing={"profile": "full"}) is None


def test_a_run_that_is_not_to_settle_takes_its_budget() -> None:
    assert settles_at(VANISHING, settles=False) is None


def test_what_an_export_has_lost_settles_nothing() -> None:
    shape = NamedShape(name="x", shape=(4,))
    lost = "Batch normalization was folded into 9 convolutions: exported for inference."
    report = ImportReport(input=shape, output=shape, opset=20, producer="pytorch", lost=(lost,))
    assert settles_at(SOUND, imported=report) is None


@pytest.mark.parametrize("steps", [20, 33])
def test_a_budget_that_ends_at_the_soonest_step_or_before_it_is_the_reason_to_end(steps: int) -> None:
    assert settles_at(VANISHING, steps=steps) is None


def test_rows_are_passed_on() -> None:
    passed = Passed()
    settles_at(VANISHING, passed=passed)
    assert passed.rows == 7 * (len(LAYERS) + 1)


def test_the_outcome_so_far_has_the_skill_of_the_last_tenth() -> None:
    outcome = so_far([2.0] * 18 + [1.0, 0.5], 2.0)
    assert outcome.skill == pytest.approx(1 - 0.75 / 2.0)
    assert outcome.steps_run == 20
    assert so_far([1.0], math.nan).skill is None


def test_a_network_that_will_learn_within_its_budget_is_not_called_ill_before() -> None:
    def settled(slope: float) -> bool:
        order = RunOrder(
            run_id="r",
            attempt=1,
            seed=0,
            steps=300,
            planned_steps=1000,
            submission=submission(),
            limits=Limits(),
        )
        settling = Settling(order, LAYERS, None, Passed())
        losses = [TRIVIAL - slope * step for step in range(SOONEST + 1)]
        answers = []
        for step, loss in enumerate(losses):
            rows = tuple(statistics(LAYERS, step, by_activation=VANISHING)) if step in PROBES else ()
            if step in PROBES:
                settling(layers=rows, network=(NetworkStatistics(step=step, loss=loss),), time_profiles=())
                answers.append(settling.settled(losses[: step + 1], TRIVIAL))
        return answers[-1]

    assert settled(slope=1e-4)
    assert not settled(slope=1e-2)
