"""What the service makes of a submission, without running it."""

from typing import Any

from pydantic import field_serializer

from service.schemas.base import Output
from service.schemas.diagnosis import Finding
from service.schemas.plan import Layer
from service.schemas.submission import Submission


class Validation(Output):
    """A submission that can be run: how it was understood, and what a diagnosis of it would take.

    Of a network in an uploaded file nothing is known before a worker has read it, which it does once the submission
    is posted: numbers that depend on it are null, and `pending` says so.
    """

    submission: Submission
    """As it was understood: layers given by bare names written out, numbers as numbers. It can be posted again."""
    pending: str | None = None
    """What is found out only once it is posted; null where all of this is said."""
    layers: tuple[Layer, ...] = ()
    """Every layer in order, with its shape."""
    parameters: int | None = None
    """Trainable numbers of all networks."""
    multiply_adds: int | None = None
    """Of one example, forward."""
    examples: int | None = None
    """Examples of the data set."""
    planned_steps: int | None = None
    """Training steps of the team's plan."""
    run_steps: int | None = None
    """Training steps of one run."""
    runs: int
    """Runs that a diagnosis begins with, one for each seed."""
    cost: float | None = None
    """Estimated multiply-adds of all runs together, forward and backward, overheads included."""
    findings: tuple[Finding, ...] = ()
    """What can be said before anything has run: an output and a loss that do not go together, and the like."""

    @field_serializer("submission")
    def _written(self, submission: Submission) -> dict[str, Any]:
        # With the defaults written out it would hold arguments that its own loss or optimiser refuses.
        return submission.model_dump(mode="json", by_alias=True, exclude_unset=True)
