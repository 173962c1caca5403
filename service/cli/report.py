"""A diagnosis as lines that a person reads in a terminal or a CI log."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from service.schemas.diagnosis import Diagnosis, Finding, Measurement
from service.schemas.run import Outcome, Run

WIDTH = 32
PROFILE_ROWS = 24
SHAPING = frozenset({"activation", "normalization", "recurrent", "attention", "operation"})


def render(diagnosis: Diagnosis, rows: Iterable[Mapping[str, Any]] = ()) -> str:
    """Verdict, findings with their evidence, and the depth profile of the layer statistics in `rows`."""
    parts = [headline(diagnosis)]
    if diagnosis.error is not None:
        parts.append(f"{diagnosis.error.whose} error {diagnosis.error.code}: {diagnosis.error.detail}")
    parts.extend(describe(finding, first=index == 0) for index, finding in enumerate(diagnosis.findings))
    profile = depth_profile(row for row in rows if row["layer"] in profiled(diagnosis))
    if profile:
        parts.append(profile)
    parts.append(footer(diagnosis))
    return "\n\n".join(parts)


def headline(diagnosis: Diagnosis) -> str:
    """The verdict and its sentence."""
    word = (diagnosis.verdict or diagnosis.status).upper()
    lines = [f"{word}  {diagnosis.summary or ''}".rstrip()]
    if diagnosis.reason:
        lines.append(f"why: {diagnosis.reason}")
    return "\n".join(lines)


def describe(finding: Finding, *, first: bool) -> str:
    """One finding: what, where, on what evidence, and which symptoms it explains."""
    title = "cause" if first else "also"
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


def number(value: float | None) -> str:
    """Three significant digits; NaN and infinity by name."""
    return "not measured" if value is None else f"{value:.3g}"


def profiled(diagnosis: Diagnosis) -> frozenset[str]:
    """Names of the layers that a profile shows: those that shape the signal, or all where none do."""
    shaping = {layer.name for layer in diagnosis.layers if layer.family in SHAPING}
    return frozenset(shaping if len(shaping) > 1 else {layer.name for layer in diagnosis.layers})


def depth_profile(rows: Iterable[Mapping[str, Any]]) -> str:
    """Bars of log10 of the gradient with respect to each layer's output, at the last probed step."""
    by_layer: dict[str, list[float]] = {}
    for row in rows:
        value = row.get("output_gradient_rms")
        if value is not None:
            by_layer.setdefault(str(row["layer"]), []).append(float(value))
    if not by_layer:
        return ""
    logs = [(name, log10(median(values))) for name, values in by_layer.items()]
    finite = [value for _, value in logs if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    width = max(len(name) for name, _ in logs)
    title = "gradient with respect to each layer's output, by depth (log10 of its RMS, median over seeds)"
    return "\n".join([title, *(bar(name, value, low, high, width) for name, value in thinned(logs))])


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


def log10(value: float) -> float:
    """Decimal logarithm; of zero it is minus infinity, of what is not finite the value itself."""
    return -math.inf if value == 0 else math.log10(value) if math.isfinite(value) else value


def median(values: list[float]) -> float:
    """Middle of the values; NaN where any is NaN."""
    if any(math.isnan(value) for value in values):
        return math.nan
    return sorted(values)[len(values) // 2]


def footer(diagnosis: Diagnosis) -> str:
    """How much was run, and on what."""
    rules = diagnosis.rules_version or "none"
    lines = [f"diagnosis {diagnosis.id}, project {diagnosis.project}, rule book {rules}"]
    finished = [(run, run.outcome) for run in diagnosis.runs if run.outcome is not None]
    lines.extend(ran(run, outcome) for run, outcome in finished)
    if finished:
        lines.append(f"  on {finished[0][1].device}, {finished[0][1].engine}")
    return "\n".join(lines)


def ran(run: Run, outcome: Outcome) -> str:
    """One run in a line."""
    return (
        f"  {run.variant}, seed {run.seed}: {outcome.steps_run} steps ({outcome.stopped}),"
        f" loss {number(outcome.first_loss)} to {number(outcome.last_loss)}"
        f" (knowing nothing: {number(outcome.trivial_loss)}), {outcome.seconds:.1f} s"
    )
