"""The race of candidates: what is known of it when a round has ended, and what it asks for next."""

from pydantic import Field

from service.schemas.base import Output
from service.schemas.data import DatasetInfo
from service.schemas.diagnosis import Judgement
from service.schemas.plan import Layer
from service.schemas.remedy import Candidate
from service.schemas.run import Failure, Outcome
from service.schemas.submission import Submission


class TrialRun(Output):
    """A run that has ended: with an outcome, or with a failure."""

    variant: str
    seed: int
    round: int
    """0 for the baseline."""
    steps: int
    outcome: Outcome | None = None
    failure: Failure | None = None
    losses: tuple[float, ...] = ()
    """Loss of every step, of range tests alone."""


class RunRequest(Output):
    """A run to be written as queued."""

    variant: str
    seed: int
    round: int
    steps: int
    settles: bool = False
    """Whether it may stop early."""


class Race(Output):
    """Everything known between two rounds; rebuilt from what is stored, so that killing anything costs nothing."""

    submission: Submission
    judgement: Judgement
    layers: tuple[Layer, ...]
    run_steps: int
    planned_steps: int
    baseline: tuple[TrialRun, ...]
    candidates: tuple[Candidate, ...] = ()
    """In the order in which they were stored."""
    trials: tuple[TrialRun, ...] = ()
    dataset: DatasetInfo | None = None
    judgements: dict[str, Judgement] = Field(default_factory=dict)
    """What is said of the variants that would be called a cure by their outcomes."""


class Move(Output):
    """What happens next; without runs the race is over (candidates that were refused are stored all the same)."""

    candidates: tuple[Candidate, ...] = ()
    """To be stored as new variants."""
    runs: tuple[RunRequest, ...] = ()
