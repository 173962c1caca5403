"""How far a diagnosis has come: the small document of the event stream."""

from service.schemas.base import Measured, Output
from service.schemas.diagnosis import Diagnosis, Phase
from service.schemas.run import Status


class RunProgress(Output):
    """One run on its way."""

    id: str
    variant: str
    seed: int
    status: Status
    step: int
    steps: int
    loss: Measured


class Progress(Output):
    """What changes while a diagnosis is worked on."""

    id: str
    status: Status
    phase: Phase | None
    progress: float
    runs: tuple[RunProgress, ...]


def progress(diagnosis: Diagnosis) -> Progress:
    """The part of a diagnosis that moves."""
    runs = (run.model_dump(include=set(RunProgress.model_fields)) for run in diagnosis.runs)
    return Progress(
        id=diagnosis.id,
        status=diagnosis.status,
        phase=diagnosis.phase,
        progress=diagnosis.progress,
        runs=tuple(RunProgress(**run) for run in runs),
    )
