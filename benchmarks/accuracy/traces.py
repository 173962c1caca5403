"""Traces: every submission trained once over its seeds, probed, and kept on disk by the digest of its content."""

import gzip
import hashlib
import json
import os
import time
from pathlib import Path

import torch

from benchmarks.accuracy.configuration import Submission
from service.schemas.base import Output
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.intake import Accepted, accept
from service.schemas.order import RunOrder
from service.schemas.statistics import LAYER_STATISTICS, NETWORK_STATISTICS
from service.schemas.submission import Submission as Parsed
from tests.diagnosing import CPU, LIMITS, Rows
from workers.device import engine
from workers.networks.load import load as load_networks
from workers.probes.recorder import Recorder
from workers.training.data import Examples
from workers.training.data import load as load_examples
from workers.training.loop import train

CACHE = Path(__file__).resolve().parents[2] / ".gradclinic" / "corpus"


class Trace(Output):
    """What was measured of one submission."""

    evidence: Evidence
    seconds: float = 0.0
    """CPU time."""


def digest(submission: Submission) -> str:
    """The address of a trace: what was submitted, by what it was computed, and which statistics there were."""
    known = [submission, engine(), sorted(LAYER_STATISTICS), sorted(NETWORK_STATISTICS)]
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:24]


def kept(submission: Submission, cache: Path = CACHE) -> Trace | None:
    """The trace from disk, or None."""
    place = _place(submission, cache)
    return Trace.model_validate_json(gzip.decompress(place.read_bytes())) if place.is_file() else None


def is_kept(submission: Submission, cache: Path = CACHE) -> bool:
    """Whether its trace is on disk, without reading it."""
    return _place(submission, cache).is_file()


def trace(submission: Submission, cache: Path = CACHE) -> Trace:
    """The trace from disk, or made now and put there in one move, so that a killed run leaves none in halves."""
    known = kept(submission, cache)
    if known is not None:
        return known
    made = make(submission)
    place = _place(submission, cache)
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(gzip.compress(made.model_dump_json().encode(), compresslevel=5, mtime=0))
    unfinished.replace(place)
    return made


def make(submission: Submission) -> Trace:
    """Train and probe every seed, on one core."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    began = time.process_time()
    accepted = accept(Parsed.model_validate(submission), LIMITS, lambda _digest: None)
    examples = load_examples(accepted.submission, accepted.plan, None)
    runs = [_run(accepted, examples, seed) for seed in range(accepted.submission.probing.seeds)]
    evidence = Evidence(
        submission=accepted.submission, layers=accepted.plan.layers, planned_steps=accepted.planned_steps,
        runs=tuple(runs),
    )  # fmt: skip
    return Trace(evidence=evidence, seconds=time.process_time() - began)


def _run(accepted: Accepted, examples: Examples, seed: int) -> RunEvidence:
    order = RunOrder(
        run_id=f"run_{seed}", attempt=1, seed=seed, steps=accepted.run_steps, planned_steps=accepted.planned_steps,
        submission=accepted.submission, limits=LIMITS,
    )  # fmt: skip
    rows = Rows()
    modules = dict(load_networks(accepted.submission, accepted.plan, seed).modules)
    outcome = train(order, modules, examples, Recorder(modules, order, rows), CPU)
    return RunEvidence(
        seed=seed,
        outcome=outcome,
        network=tuple(row for _, row in sorted(rows.network.items())),
        layers=tuple(row for _, row in sorted(rows.layers.items())),
        time_profiles=tuple(row for _, row in sorted(rows.time_profiles.items())),
    )


def _place(submission: Submission, cache: Path) -> Path:
    return cache / f"{digest(submission)}.json.gz"
