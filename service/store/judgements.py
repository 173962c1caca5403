"""What a judgement leaves behind: the verdict, rows to search findings by, and a summary per run and layer."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from service.schemas.diagnosis import Finding, Judgement
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.statistics import LayerStatistics
from service.store.claims import layer_keys
from service.store.enqueueing import BASELINE
from service.store.measurements import SUMMARISED, layer_summaries
from service.store.rows import FINDINGS
from service.store.tables import diagnoses, finding_layers, findings, runs

COUNTS = ("weight_gradient_nonfinite_count", "output_gradient_nonfinite_count", "activation_nonfinite_count")


Summaries = Sequence[tuple[int, int, dict[str, float | None]]]
"""Seed, depth and what the layer did there."""


def save(connection: Connection, diagnosis: Row[Any], judgement: Judgement, summaries: Summaries) -> None:
    """Write a judgement and the summaries of what it was made from; the caller moves the diagnosis on."""
    saved = update(diagnoses).where(diagnoses.c.id == diagnosis.id)
    connection.execute(
        saved.values(
            verdict=judgement.verdict,
            summary=judgement.summary,
            reason=judgement.reason,
            findings=FINDINGS.dump_json(judgement.findings).decode(),
            rules_version=judgement.rules_version,
        )
    )
    for position, finding in enumerate(judgement.findings):
        _write_finding(connection, diagnosis.id, position, finding)
    _write_summaries(connection, diagnosis, summaries)


def summaries_of(evidence: Evidence) -> Summaries:
    """Every layer of every run in one row; made before a transaction that writes, since it takes a while."""
    return [
        (run.seed, depth, summarised(rows)) for run in evidence.runs for depth, rows in _by_depth(run).items()
    ]


def _write_finding(connection: Connection, diagnosis: int, position: int, finding: Finding) -> None:
    values = {
        "diagnosis_id": diagnosis,
        "position": position,
        "rule": finding.rule,
        "code": finding.code,
        "severity": finding.severity,
        "latent": finding.latent,
        "fingerprint": finding.fingerprint,
    }
    key = connection.scalar(insert(findings).values(**values).returning(findings.c.id))
    named = {*(finding.layers.names if finding.layers else ()), finding.starts_at or ""} - {""}
    if named:
        connection.execute(
            insert(finding_layers), [{"finding_id": key, "name": name} for name in sorted(named)]
        )


def _write_summaries(connection: Connection, diagnosis: Row[Any], summaries: Summaries) -> None:
    """A history is told by what was submitted, so trials have no part in it."""
    mine = and_(runs.c.diagnosis_id == diagnosis.id, runs.c.role == "baseline")
    run_keys = {row.seed: row.id for row in connection.execute(select(runs.c.seed, runs.c.id).where(mine))}
    keys = layer_keys(connection, diagnosis.id, BASELINE)
    common = {"project_id": diagnosis.project_id, "diagnosis_id": diagnosis.id}
    values = [
        {**common, "run_id": run_keys[seed], "layer_id": keys[depth], **summary}
        for seed, depth, summary in summaries
    ]
    if values:
        connection.execute(insert(layer_summaries), values)


def _by_depth(run: RunEvidence) -> dict[int, list[LayerStatistics]]:
    layers: dict[int, list[LayerStatistics]] = defaultdict(list)
    for row in run.layers:
        layers[row.depth].append(row)
    return layers


def summarised(rows: Sequence[LayerStatistics]) -> dict[str, float | None]:
    """A layer's probes in one row: the last value and the extremes of each statistic, NaN left out of these."""
    summary: dict[str, float | None] = {"probes": len(rows), "last_step": rows[-1].step}
    summary["nonfinite_count"] = sum(getattr(row, name) or 0 for row in rows for name in COUNTS)
    for name in SUMMARISED:
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        numbers = [value for value in values if not math.isnan(value)]
        summary[f"{name}_last"] = values[-1] if values else None
        summary[f"{name}_min"] = min(numbers, default=None)
        summary[f"{name}_max"] = max(numbers, default=None)
    return summary
