"""A remedy: a change of the submission, made by the catalogue, and what trying it showed."""

from typing import Literal

from service.schemas.base import Digest, Measured, Output
from service.schemas.plan import Layer
from service.schemas.submission import Submission
from service.schemas.trials import PatchOperation

Kind = Literal["cure", "range-test", "variant", "control"]
Result = Literal["helps", "partly", "does-not-help", "not-tried"]


class Candidate(Output):
    """A variant that could be run; the last five fields are the race's, who finds out what running it takes."""

    name: str
    """Unique in the diagnosis, e.g. `reinitialize-kaiming+lower-learning-rate`."""
    remedy: str
    """Names of the catalogue, joined by `+` for a pair."""
    rule: str
    """The finding that it answers."""
    sentence: str
    """What it changes, in one sentence."""
    submission: Submission
    """The whole one, patched."""
    torch: str = ""
    keras: str = ""
    kind: Kind = "cure"
    """`range-test`: a run that only measures losses; `variant`: the client's own; `control`: nothing changed."""
    regulariser: bool = False
    """Tried in the profile `full` only."""
    advice: bool = False
    """What people advise and what seldom helps with this finding: tried last, and told."""
    refused: str | None = None
    """Why it cannot be run; it is stored and told, but never run."""
    layers: tuple[Layer, ...] = ()
    planned_steps: int = 0
    """Of the plan as patched, over which schedules stretch."""
    run_steps: int = 0
    """Of a whole run."""
    step_cost: float = 0.0
    """Multiply-adds of one step."""


class SeedResult(Output):
    """Control and trial with the same seed, data and batches; non-finite numbers are results."""

    seed: int
    control_loss: Measured
    trial_loss: Measured
    control_skill: Measured
    trial_skill: Measured
    control_accuracy: Measured
    trial_accuracy: Measured
    control_sample_skill: Measured = None
    trial_sample_skill: Measured = None
    better: bool


class Remedy(Output):
    """One row of a diagnosis's remedies: what was changed, what came of it, and how to do the same."""

    name: str
    remedy: str
    rule: str
    sentence: str
    result: Result
    reason: str
    """Why it is that, in plain words."""
    seeds: tuple[SeedResult, ...] = ()
    better: int = 0
    """Seeds in which the trial beat the control."""
    of: int = 0
    test: str = ""
    """How control and trial were compared."""
    confidence: float | None = None
    """One minus the p-value of that test; null where nothing was compared."""
    extra_parameters: int | None = None
    time_ratio: float | None = None
    """Seconds of a step, over those of the control."""
    steps: int | None = None
    """Of each trial run."""
    patch: tuple[PatchOperation, ...] = ()
    """JSON Patch (RFC 6902) against the submission as it is stored, where bare names of layers are spelled out."""
    diff: str = ""
    """The same as a unified diff of the YAML; empty where that would be longer than anybody reads."""
    torch: str = ""
    keras: str = ""
    network: Digest | None = None
    """Of the file with the repaired network, where it came as a file."""
    smallest: bool = False
    """The smallest change that works."""
