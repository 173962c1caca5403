"""Which steps are probed: dense where a training is young, rare later, and always the last."""


def probed(step: int, steps: int) -> bool:
    """Whether the schedule has `step` of a run of `steps`: 0, 1, 2, 4, 8, ..., `steps` - 1 (11 of 300)."""
    return step & (step - 1) == 0 or step == steps - 1
