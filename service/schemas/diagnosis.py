"""A diagnosis: the resource that a client creates, polls and keeps."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.schemas.base import Measured, Output
from service.schemas.onnx import ImportReport
from service.schemas.plan import Layer
from service.schemas.remedy import Remedy
from service.schemas.run import Failure, Run, Status

Phase = Literal["validating", "probing", "judging", "trying"]
Verdict = Literal["healthy", "warning", "unstable", "inconclusive"]
Severity = Literal["note", "warning", "error"]


class Measurement(Output):
    """A number that a rule looked at, beside what it was held against."""

    statistic: str
    """Name of a statistic or of a signal derived from statistics."""
    value: Measured
    threshold: Measured
    comparison: Literal["<", "<=", ">", ">=", "=="] | None = None
    layer: str | None = None
    step: int | None = None
    seed: int | None = None
    meaning: str = ""
    """The number in words."""


class Span(Output):
    """Layers that a finding speaks of, as an unbroken reading: "h.0 to h.17, 18 of 21"."""

    first: str
    last: str
    count: int
    of: int
    """Layers of that kind in the network."""
    names: tuple[str, ...]
    text: str


class Symptom(Output):
    """What one rule saw, merged over seeds; explained by a finding or not."""

    rule: str
    code: str
    message: str
    layers: Span | None = None
    evidence: tuple[Measurement, ...] = ()
    seeds_shown: int
    seeds: int


class Finding(Output):
    """One illness, judged: its cause, where it starts, on what evidence, in how many seeds."""

    rule: str
    """Name of the rule, e.g. `vanishing-gradient`."""
    code: str
    """Stable code of the rule, e.g. `GC101`."""
    severity: Severity
    message: str
    """One sentence that a person understands."""
    cause: str
    """The root cause in one sentence; the first finding of a diagnosis names the diagnosis's cause."""
    layers: Span | None = None
    starts_at: str | None = None
    """First layer where it shows."""
    evidence: tuple[Measurement, ...] = ()
    seeds_shown: int
    seeds: int
    confidence: float = Field(ge=0, le=1)
    latent: bool = False
    """The evidence is there but the network learns all the same: never makes the verdict unstable."""
    fingerprint: str
    """Hash of rule, network name and layer path without numbers: the same illness keeps it from run to run."""
    explains: tuple[Symptom, ...] = ()
    """Symptoms of other rules that this cause accounts for."""


class Judgement(Output):
    """What the engine says of a diagnosis's evidence; a pure function of it."""

    verdict: Verdict
    summary: str
    """The verdict and its cause in one sentence."""
    reason: str | None = None
    """Why it is inconclusive, where it is."""
    findings: tuple[Finding, ...] = ()
    """Most important first: the root cause leads."""
    rules_version: str


class Diagnosis(Output):
    """Status says what work was done, verdict what it found."""

    id: str
    project: str
    branch: str | None = None
    commit: str | None = None
    status: Status
    phase: Phase | None = None
    progress: float = Field(ge=0, le=1)
    verdict: Verdict | None = None
    summary: str | None = None
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    rules_version: str | None = None
    imported: ImportReport | None = None
    """What an uploaded network turned out to hold, from the end of its validation on."""
    remedies: tuple[Remedy, ...] = ()
    """What was tried and what came of it, once all of it is known."""
    error: Failure | None = None
    """Why it failed; beside a verdict, why the rest of the work could not be done."""
    runs: tuple[Run, ...] = ()
    layers: tuple[Layer, ...] = ()
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


class DiagnosisSummary(Output):
    """One line of a list of diagnoses."""

    id: str
    project: str
    branch: str | None = None
    commit: str | None = None
    status: Status
    phase: Phase | None = None
    progress: float
    verdict: Verdict | None = None
    summary: str | None = None
    rules: tuple[str, ...] = ()
    """Names of the rules that found something."""
    created_at: datetime
    finished_at: datetime | None = None
