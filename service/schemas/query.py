"""What can be asked of stored diagnoses and statistics, and the rows that answer."""

from datetime import datetime

from pydantic import NonNegativeInt

from service.schemas.base import Input, Output
from service.schemas.diagnosis import Verdict
from service.schemas.run import Status


class DiagnosisFilter(Input):
    """Which diagnoses a list holds; all that is given must hold."""

    project: str | None = None
    branch: str | None = None
    commit: str | None = None
    status: Status | None = None
    verdict: Verdict | None = None
    rule: str | None = None
    """A rule that found something."""
    layer: str | None = None
    """A layer that a finding speaks of."""
    created_after: datetime | None = None
    created_before: datetime | None = None


class StatisticsFilter(Input):
    """Which statistics of a diagnosis are asked for; an empty `metrics` means all of them."""

    metrics: tuple[str, ...] = ()
    layer: str | None = None
    """Name of a layer."""
    variant: str | None = None
    seed: NonNegativeInt | None = None
    first_step: NonNegativeInt | None = None
    last_step: NonNegativeInt | None = None
    """Inclusive."""


class LayerRow(Output):
    """What was measured at one layer at one step of one run."""

    variant: str
    seed: int
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
    step: int
    values: dict[str, float | None]


class TimeRow(Output):
    """The gradient over time at one recurrent layer at one step of one run."""

    variant: str
    seed: int
    network: str
    layer: str
    depth: int
    step: int
    times: tuple[int, ...]
    gradient_rms: tuple[float, ...]
