"""What can be asked of stored diagnoses and statistics, and the rows that answer."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from service.schemas.base import Input, Output
from service.schemas.diagnosis import Verdict
from service.schemas.run import Status

Word = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Text to look for; PostgreSQL knows no NUL."""

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number to look for, as large as a column holds."""


class DiagnosisFilter(Input):
    """Which diagnoses a list holds; all that is given must hold."""

    project: Word | None = None
    branch: Word | None = None
    commit: Word | None = None
    status: Status | None = None
    verdict: Verdict | None = None
    rule: Word | None = None
    """A rule that found something."""
    layer: Word | None = None
    """A layer that a finding speaks of."""
    created_after: datetime | None = None
    created_before: datetime | None = None


class StatisticsFilter(Input):
    """Which statistics of a diagnosis are asked for; an empty `metrics` means all of them."""

    metrics: tuple[Word, ...] = ()
    layer: Word | None = None
    """Name of a layer."""
    variant: Word = "baseline"
    seed: Number | None = None
    round: Number | None = None
    """Of trials, from 1; a variant that goes on is run again in each."""
    first_step: Number | None = None
    last_step: Number | None = None
    """Inclusive."""


class LayerRow(Output):
    """What was measured at one layer at one step of one run."""

    variant: str
    seed: int
    round: int = 0
    network: str
    layer: str
    depth: int
    step: int
    values: dict[str, float | None]
    """By name of the statistic; null where it does not apply."""


class NetworkRow(Output):
    """What was measured of the whole network at one step of one run."""

    variant: str
    seed: int
    round: int = 0
    step: int
    values: dict[str, float | None]


class TimeRow(Output):
    """The gradient over time at one recurrent layer at one step of one run."""

    variant: str
    seed: int
    round: int = 0
    network: str
    layer: str
    depth: int
    step: int
    times: tuple[int, ...]
    gradient_rms: tuple[float, ...]
