"""A run: one training of one variant with one seed, and how it ended."""

from datetime import datetime
from typing import Literal

from service.schemas.base import Digest, Measured, Output

Status = Literal["queued", "running", "succeeded", "failed", "canceled"]
TERMINAL: frozenset[Status] = frozenset({"succeeded", "failed", "canceled"})
Role = Literal["validation", "baseline", "trial"]
Direction = Literal["forward", "backward"]
StopReason = Literal["planned", "budget", "settled", "non-finite"]


class NonFinite(Output):
    """The first place where a NaN or an infinity appeared: producers only, victims are left out."""

    step: int
    direction: Direction
    """`forward` when an output went first, `backward` when a gradient did."""
    depth: int | None
    """Null when it is the loss itself or the input."""
    layer: str
    """Name of the layer, or `input` or `loss`."""
    value: Literal["NaN", "Infinity"]


class Obstacle(Output):
    """One thing in an uploaded network that stands in the way of training it."""

    message: str
    """The whole of it in one sentence."""
    pointer: str = ""
    """JSON pointer into the submission."""
    operator: str | None = None
    """What cannot be trained, where it is an operator."""
    count: int | None = None
    """How often it occurs."""
    node: str | None = None
    """The first node where it occurs."""
    layer: str | None = None
    """The layer that this node belongs to."""


class Failure(Output):
    """Why work could not be done; never used for a network that diverges, which is a result."""

    whose: Literal["client", "service"]
    code: str
    """Stable: `out-of-memory`, `out-of-time`, `crashed`, `cannot-build`, `cannot-import`, `data-missing`, ..."""
    detail: str
    problems: tuple[Obstacle, ...] = ()
    """Every reason at once, where an uploaded network cannot be trained."""


class Outcome(Output):
    """How a training ended: numbers of the whole run, of which NaN is a legitimate one."""

    steps_run: int
    stopped: StopReason
    """`planned`: the team's whole plan was run; `budget`: the probing's steps; `non-finite`: went NaN."""
    first_loss: Measured
    last_loss: Measured
    """Mean over the last tenth of the steps (at least one)."""
    best_loss: Measured
    trivial_loss: Measured
    """Loss of the best constant prediction on the training data."""
    skill: Measured
    """1 - last_loss / trivial_loss."""
    accuracy: Measured
    sample_skill: Measured = None
    """Of a generator's samples at the end: 1 - energy distance from the data / that of the data's mean from them."""
    first_nonfinite: NonFinite | None = None
    device: str
    """E.g. `cpu` or `cuda:0 NVIDIA H200`."""
    engine: str
    """E.g. `gradclinic 0.1.0, torch 2.13.0`."""
    seconds: float
    """Wall time of the training without the start."""
    network: Digest | None = None
    """Of the file with the network as it was trained, where one was written."""


class Run(Output):
    """One training as a client sees it; or the validation of an uploaded network, which is work of the same kind."""

    id: str
    role: Role
    variant: str
    """`baseline`, the name of the remedy that is tried, `control` beside it, or `validation`."""
    seed: int
    round: int = 0
    """Of the trials, from 1; 0 for what is not a trial."""
    status: Status
    attempt: int
    step: int
    """Steps done so far."""
    steps: int
    """Steps that it will do at most."""
    loss: Measured
    """Last loss seen."""
    outcome: Outcome | None = None
    error: Failure | None = None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
