"""Traces: every submission trained once over its seeds, probed, and kept on disk by the digest of its content."""

import gzip
import hashlib
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

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
SAMPLES = 512


class Trace(Output):
    """What was measured of one submission, and how good its generator's samples were, where it has one."""

    evidence: Evidence
    sample_skill: tuple[float, ...] = ()
    """Of each seed: 1 - distance of its samples from the real ones / distance of their mean from them."""
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
    runs, skills = [], []
    for seed in range(accepted.submission.probing.seeds):
        run, modules = _run(accepted, examples, seed)
        runs.append(run)
        if "generator" in modules:
            skills.append(sample_skill(modules["generator"], accepted, examples.x))
    evidence = Evidence(
        submission=accepted.submission, layers=accepted.plan.layers, planned_steps=accepted.planned_steps,
        runs=tuple(runs),
    )  # fmt: skip
    return Trace(evidence=evidence, sample_skill=tuple(skills), seconds=time.process_time() - began)


def _run(accepted: Accepted, examples: Examples, seed: int) -> tuple[RunEvidence, dict[str, nn.Module]]:
    order = RunOrder(
        run_id=f"run_{seed}", attempt=1, seed=seed, steps=accepted.run_steps, planned_steps=accepted.planned_steps,
        submission=accepted.submission, limits=LIMITS,
    )  # fmt: skip
    rows = Rows()
    modules: dict[str, Any] = dict(load_networks(accepted.submission, accepted.plan, seed).modules)
    outcome = train(order, modules, examples, Recorder(modules, order, rows), CPU)
    run = RunEvidence(
        seed=seed,
        outcome=outcome,
        network=tuple(row for _, row in sorted(rows.network.items())),
        layers=tuple(row for _, row in sorted(rows.layers.items())),
        time_profiles=tuple(row for _, row in sorted(rows.time_profiles.items())),
    )
    return run, modules


def sample_skill(generator: nn.Module, accepted: Accepted, real: Tensor) -> float:
    """How much nearer than their mean a generator's samples are to the real points, by the energy distance."""
    shape = (accepted.submission.networks or {})["generator"].input.shape
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        made = generator(torch.randn(SAMPLES, *shape)).reshape(SAMPLES, -1)
    points = real.reshape(len(real), -1)[:SAMPLES]
    lazy = points.mean(0, keepdim=True).expand_as(points)
    skill = 1 - energy_distance(made, points) / energy_distance(lazy, points)
    return skill if math.isfinite(skill) else -math.inf


def energy_distance(made: Tensor, real: Tensor) -> float:
    """2 E‖x - y‖ - E‖x - x'‖ - E‖y - y'‖, which is 0 for equal distributions alone (Székely and Rizzo)."""
    between, within, among = (
        torch.cdist(a.double(), b.double()).mean() for a, b in ((made, real), (made, made), (real, real))
    )
    return float(2 * between - within - among)


def _place(submission: Submission, cache: Path) -> Path:
    return cache / f"{digest(submission)}.json.gz"
