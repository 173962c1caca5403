"""Which steps are probed: dense where a training is young, rare later, and always the last."""


def probed(step: int, steps: int, *, every_step: bool = False) -> bool:
    """Whether to probe `step` of a run of `steps`: 0, 1, 2, 4, 8, ..., `steps` - 1 (11 of 300), or every one."""
    return every_step or step & (step - 1) == 0 or step == steps - 1
