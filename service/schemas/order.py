"""What a worker's child process is handed: all that a run depends on, and no secret."""

from service.schemas.base import Input
from service.schemas.limits import Limits
from service.schemas.run import Role
from service.schemas.submission import Submission


class RunOrder(Input):
    """One run, described completely: the same order on the same device and engine gives the same numbers."""

    run_id: str
    attempt: int
    role: Role = "baseline"
    """`validation` asks what an uploaded network holds, and trains nothing."""
    variant: str = "baseline"
    seed: int
    steps: int
    """Steps to run."""
    planned_steps: int
    """Steps of the team's plan, over which schedules stretch."""
    settles: bool = True
    """Whether the run may end once its verdict has settled; otherwise it goes on to its last step."""
    submission: Submission
    limits: Limits
