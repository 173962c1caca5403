"""A diagnosis as lines that a person reads in a terminal or a CI log."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from service.client.numbers import number
from service.client.profile import TITLE, Profile, profile_of
from service.client.remedies import remedies_text
from service.schemas.diagnosis import Diagnosis, Finding, Measurement
from service.schemas.onnx import ImportReport
from service.schemas.run import Failure, Outcome, Run

WIDTH = 32
PROFILE_ROWS = 24
ANOTHER_NETWORK = "GC901"


def render(diagnosis: Diagnosis, rows: Iterable[Mapping[str, Any]] = ()) -> str:
    """Verdict, findings with their evidence, and the depth profile of the layer statistics in `rows`."""
    parts = [headline(diagnosis)]
    if diagnosis.error is not None:
        parts.append(failure(diagnosis.error))
    parts.extend(describe(finding, title) for title, finding in titled(diagnosis))
    parts += [remedies_text(diagnosis), bars(profile_of(diagnosis, rows)), footer(diagnosis)]
    return "\n\n".join(part for part in parts if part)


def titled(diagnosis: Diagnosis) -> list[tuple[str, Finding]]:
    """The findings in order; that the file holds another network for certain has to be known before all else."""
    about_file = [
        finding
        for finding in diagnosis.findings
        if finding.code == ANOTHER_NETWORK and finding.severity != "note"
    ]
    others = [finding for finding in diagnosis.findings if finding not in about_file]
    return [
        *(("first of all", finding) for finding in about_file),
        *(("also" if index else "cause", finding) for index, finding in enumerate(others)),
    ]


def failure(error: Failure) -> str:
    """Why work could not be done, with everything that stands in the way."""
    lines = [f"{error.whose} error {error.code}: {error.detail}"]
    return "\n".join([*lines, *(f"  {obstacle.message}" for obstacle in error.problems)])


def headline(diagnosis: Diagnosis) -> str:
    """The verdict and its sentence."""
    word = (diagnosis.verdict or diagnosis.status).upper()
    lines = [f"{word}  {diagnosis.summary or ''}".rstrip()]
    if diagnosis.reason:
        lines.append(f"why: {diagnosis.reason}")
    return "\n".join(lines)


def describe(finding: Finding, title: str) -> str:
    """One finding: what, where, on what evidence, and which symptoms it explains."""
    severity = f"{finding.severity}, latent" if finding.latent else finding.severity
    seeds = f"{finding.seeds_shown} of {finding.seeds} seeds"
    lines = [
        f"{title}: {finding.code} {finding.rule} ({severity}), {seeds}, confidence {finding.confidence:.2f}",
        f"  {finding.message}",
    ]
    if finding.cause != finding.message:
        lines.append(f"  {finding.cause}")
    if finding.layers is not None:
        lines.append(f"  layers: {finding.layers.text}")
    if finding.starts_at:
        lines.append(f"  starts at: {finding.starts_at}")
    if finding.evidence:
        lines.append("  evidence:")
        lines.extend(f"    {measured(item)}" for item in finding.evidence)
    lines.extend(f"  explains: {item.code} {item.rule}: {item.message}" for item in finding.explains)
    return "\n".join(lines)


def measured(item: Measurement) -> str:
    """One number beside what it was held against."""
    if item.value is None and item.meaning:
        return item.meaning
    held = f" ({item.comparison} {number(item.threshold)})" if item.comparison else ""
    place = ", ".join(
        text
        for text in (
            item.layer,
            None if item.step is None else f"step {item.step}",
            None if item.seed is None else f"seed {item.seed}",
        )
        if text
    )
    return f"{item.statistic} = {number(item.value)}{held}{f' at {place}' if place else ''}" + (
        f": {item.meaning}" if item.meaning else ""
    )


def bars(profile: Profile) -> str:
    """A bar for each layer, scaled between the least and the largest."""
    if not profile:
        return ""
    finite = [value for _, value in profile if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    width = max(len(name) for name, _ in profile)
    return "\n".join([TITLE, *(bar(name, value, low, high, width) for name, value in thinned(profile))])


def thinned(rows: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """At most PROFILE_ROWS rows, evenly spread, with the first and the last."""
    if len(rows) <= PROFILE_ROWS:
        return rows
    return [rows[round(index * (len(rows) - 1) / (PROFILE_ROWS - 1))] for index in range(PROFILE_ROWS)]


def bar(name: str, value: float, low: float, high: float, width: int) -> str:
    """One layer's bar; values that have no logarithm are named instead."""
    if math.isnan(value):
        return f"  {name:<{width}}    NaN  x"
    if math.isinf(value):
        return f"  {name:<{width}}  {'zero' if value < 0 else 'inf':>5}  {'.' if value < 0 else 'x'}"
    share = 1.0 if high == low else (value - low) / (high - low)
    return f"  {name:<{width}}  {value:5.1f}  {'#' * max(1, round(share * WIDTH))}"


def footer(diagnosis: Diagnosis) -> str:
    """How much was run, and on what."""
    rules = diagnosis.rules_version or "none"
    lines = [f"diagnosis {diagnosis.id}, project {diagnosis.project}, rule book {rules}"]
    if diagnosis.imported is not None:
        lines.append(f"  {of_file(diagnosis.imported)}")
    finished = [(run, run.outcome) for run in diagnosis.runs if run.outcome is not None]
    lines.extend(ran(run, outcome) for run, outcome in finished if run.role == "baseline")
    tried = sum(run.role == "trial" for run, _ in finished)
    if tried:
        lines.append(f"  {tried} runs of trials")
    if finished:
        lines.append(f"  on {finished[0][1].device}, {finished[0][1].engine}")
    return "\n".join(lines)


def of_file(imported: ImportReport) -> str:
    """What an uploaded network turned out to hold."""
    parts = [
        f"network from {imported.producer or 'a file'}: {len(imported.parameters)} parameters",
        f"{len(imported.frozen)} of them frozen" if imported.frozen else "",
        f"{len(imported.constants)} constants" if imported.constants else "",
        f"{imported.input.name} {list(imported.input.shape)} to {imported.output.name} {list(imported.output.shape)}",
        f"batches of {imported.batch} only" if imported.batch else "",
    ]
    return ", ".join(part for part in parts if part)


def ran(run: Run, outcome: Outcome) -> str:
    """One run in a line."""
    reached = (
        f"loss {number(outcome.first_loss)} to {number(outcome.last_loss)}"
        f" (knowing nothing: {number(outcome.trivial_loss)})"
    )
    if outcome.sample_skill is not None:
        reached = f"sample skill {number(outcome.sample_skill)} (1: the data's distribution)"
    steps = f"{outcome.steps_run} steps ({outcome.stopped})"
    return f"  {run.variant}, seed {run.seed}: {steps}, {reached}, {outcome.seconds:.1f} s"
