"""Schedules are torch's own, written as functions of the step."""

import warnings

import pytest
import torch
from torch.optim import lr_scheduler

from service.schemas.training import Schedule
from workers.training.schedule import rate_factor

STEPS = 50


def table(make) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(STEPS):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return rates


SCHEDULES = [
    (Schedule(), lambda o: lr_scheduler.ConstantLR(o, factor=1)),
    (Schedule(type="step", step_size=7, gamma=0.5), lambda o: lr_scheduler.StepLR(o, 7, gamma=0.5)),
    (
        Schedule(type="multistep", milestones=(30, 10), gamma=0.2),
        lambda o: lr_scheduler.MultiStepLR(o, [10, 30], gamma=0.2),
    ),
    (Schedule(type="exponential", gamma=0.9), lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    (Schedule(type="cosine"), lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS)),
    (
        Schedule(type="cosine", final_factor=0.1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.1),
    ),
    (
        Schedule(type="linear", final_factor=0.2),
        lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, total_iters=STEPS),
    ),
    (
        Schedule(type="one-cycle"),
        lambda o: lr_scheduler.OneCycleLR(o, 1.0, total_steps=STEPS + 1, cycle_momentum=False),
    ),
]


@pytest.mark.parametrize(("schedule", "make"), SCHEDULES, ids=lambda each: getattr(each, "type", ""))
def test_factors_are_those_of_torch(schedule: Schedule, make) -> None:
    planned = STEPS + 1 if schedule.type == "one-cycle" else STEPS
    ours = [rate_factor(schedule, step, planned) for step in range(STEPS)]
    assert ours == pytest.approx(table(make), rel=1e-6, abs=1e-12)


def test_warm_up_climbs_to_the_rate() -> None:
    schedule = Schedule(warmup_steps=4)
    assert [rate_factor(schedule, step, STEPS) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]


def test_a_run_of_a_part_of_the_plan_sees_only_that_part() -> None:
    assert rate_factor(Schedule(type="cosine"), 10, 1000) > 0.99


@pytest.mark.parametrize("name", ["cosine", "linear", "one-cycle", "step"])
@pytest.mark.parametrize("planned", [1, 2, 3])
def test_tiny_plans_and_steps_beyond_the_plan_have_a_rate(name: str, planned: int) -> None:
    for step in range(planned + 2):
        assert 0 <= rate_factor(Schedule(type=name), step, planned) <= 1
