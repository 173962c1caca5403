"""The depth profile: how large the gradient with respect to each layer's output is, from the first to the last."""

from collections.abc import Iterable, Mapping
from typing import Any

from service.client.numbers import log10, median
from service.schemas.diagnosis import Diagnosis

SHAPING = frozenset({"activation", "normalization", "recurrent", "attention", "operation"})
METRIC = "output_gradient_rms"
TITLE = "gradient with respect to each layer's output, by depth (log10 of its RMS, median over seeds)"

Profile = list[tuple[str, float]]
"""Layers in order of execution with the decimal logarithm of their gradient; zero is minus infinity."""


def profile_of(diagnosis: Diagnosis, rows: Iterable[Mapping[str, Any]]) -> Profile:
    """Of the layers that shape the signal, or of all where none do, at the steps in `rows`."""
    shaping = {layer.name for layer in diagnosis.layers if layer.family in SHAPING}
    names = shaping if len(shaping) > 1 else {layer.name for layer in diagnosis.layers}
    return depth_profile(row for row in rows if not names or row["layer"] in names)


def depth_profile(rows: Iterable[Mapping[str, Any]]) -> Profile:
    """Of rows of layer statistics, in the order in which layers appear."""
    by_layer: dict[str, list[float]] = {}
    for row in rows:
        value = row.get(METRIC)
        if value is not None:
            by_layer.setdefault(str(row["layer"]), []).append(float(value))
    return [(name, log10(median(values))) for name, values in by_layer.items()]


def last_probe(diagnosis: Diagnosis) -> int:
    """The last step that every baseline run probed."""
    ended = [run.outcome for run in diagnosis.runs if run.outcome is not None and run.role == "baseline"]
    return min((outcome.steps_run - 1 for outcome in ended), default=0)
