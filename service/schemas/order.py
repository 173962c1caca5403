"""What a worker's child process is handed: all that a run depends on, and no secret."""

from service.schemas.base import Input
from service.schemas.limits import Limits
from service.schemas.submission import Submission


class RunOrder(Input):
    """One run, described completely: the same order on the same device and engine gives the same numbers."""

    run_id: str
    attempt: int
    variant: str = "baseline"
    seed: int
    steps: int
    """Steps to run."""
    planned_steps: int
    """Steps of the team's plan, over which schedules stretch."""
    submission: Submission
    limits: Limits
