"""Learning-rate schedules as pure functions of the step, over the whole of the team's plan."""

import math
from bisect import bisect_right
from collections.abc import Callable

from service.schemas.training import Schedule

_ONE_CYCLE_RISE = 0.3
_ONE_CYCLE_START = 1 / 25
_ONE_CYCLE_END = _ONE_CYCLE_START / 1e4

Factor = Callable[[Schedule, int, int], float]


def rate_factor(schedule: Schedule, step: int, planned_steps: int) -> float:
    """What the optimiser's rate is multiplied by at `step` (from 0) of a plan of `planned_steps`.

    The shapes are those of torch.optim.lr_scheduler (OneCycleLR with its defaults, rate alone). Warm-up
    multiplies them: step k of the first w takes (k + 1) / w of what the schedule says.
    """
    warmup = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    return warmup * _FACTORS[schedule.type](schedule, step, planned_steps)


def _constant(_schedule: Schedule, _step: int, _planned: int) -> float:
    return 1.0


def _step(schedule: Schedule, step: int, planned: int) -> float:
    size = schedule.step_size or max(1, planned // 3)
    return float(schedule.gamma ** (step // size))


def _multistep(schedule: Schedule, step: int, _planned: int) -> float:
    return float(schedule.gamma ** bisect_right(sorted(schedule.milestones), step))


def _exponential(schedule: Schedule, step: int, _planned: int) -> float:
    return float(schedule.gamma**step)


def _cosine(schedule: Schedule, step: int, planned: int) -> float:
    return _between(1.0, schedule.final_factor, min(step, planned) / planned)


def _linear(schedule: Schedule, step: int, planned: int) -> float:
    return 1.0 + (schedule.final_factor - 1.0) * min(step, planned) / planned


def _one_cycle(_schedule: Schedule, step: int, planned: int) -> float:
    top, last = _ONE_CYCLE_RISE * planned - 1, planned - 1
    if step <= top and top > 0:
        return _between(_ONE_CYCLE_START, 1.0, step / top)
    return _between(1.0, _ONE_CYCLE_END, min(1.0, (step - top) / max(last - top, 1e-9)))


def _between(start: float, end: float, share: float) -> float:
    """Half a cosine from `start` to `end`."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


_FACTORS: dict[str, Factor] = {
    "constant": _constant,
    "step": _step,
    "multistep": _multistep,
    "exponential": _exponential,
    "cosine": _cosine,
    "linear": _linear,
    "one-cycle": _one_cycle,
}
