"""Runs in this process, as a worker does them, each kept on disk by the digest of what it is of."""

import gzip
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import torch

from service.diagnosis.trials.admission import effect
from service.schemas.evidence import RunEvidence
from service.schemas.intake import Accepted, accept
from service.schemas.order import RunOrder
from service.schemas.run import Failure
from service.schemas.submission import Submission
from tests.diagnosing import CPU, LIMITS, Rows
from workers.device import engine
from workers.errors import RunError
from workers.preparation import build
from workers.probes.recorder import Recorder
from workers.settling import Settling
from workers.training.loop import train

CACHE = Path(__file__).resolve().parents[2] / ".gradclinic" / "trials"


@dataclass
class Laboratory:
    """Does runs, and counts the training steps that are not on disk yet."""

    cache: Path = CACHE
    trained: int = field(default=0)

    def run(
        self, submission: Submission, seed: int, steps: int, *, settles: bool = False
    ) -> RunEvidence | Failure:
        """One run from start to end."""
        accepted = accept(submission, LIMITS, lambda _digest: None)
        place = self.cache / f"{_digest(accepted, seed, steps, settles)}.json.gz"
        if place.is_file():
            return _read(gzip.decompress(place.read_bytes()))
        made = _train(accepted, seed, steps, settles=settles)
        self.trained += steps
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(gzip.compress(made.model_dump_json().encode(), compresslevel=5, mtime=0))
        unfinished.replace(place)
        return made


def _digest(accepted: Accepted, seed: int, steps: int, settles: bool) -> str:
    known = [effect(accepted.submission), accepted.planned_steps, seed, steps, settles, engine()]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:24]


def _read(text: bytes) -> RunEvidence | Failure:
    kind = Failure if b'"whose"' in text[:20] else RunEvidence
    return kind.model_validate_json(text)


def _train(accepted: Accepted, seed: int, steps: int, *, settles: bool) -> RunEvidence | Failure:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    order = RunOrder(
        run_id="run", attempt=1, seed=seed, steps=steps, planned_steps=accepted.planned_steps,
        submission=accepted.submission, limits=LIMITS,
    )  # fmt: skip
    rows = Rows()
    try:
        prepared = build(accepted, seed)
        networks = prepared.networks.modules
        settling = Settling(order, accepted.plan.layers, None, rows)
        settled = settling.settled if settles else None
        outcome = train(order, networks, prepared.examples, Recorder(networks, order, settling), CPU, settled)
    except RunError as error:
        return error.failure()
    return RunEvidence(
        seed=seed,
        outcome=outcome,
        network=tuple(row for _, row in sorted(rows.network.items())),
        layers=tuple(row for _, row in sorted(rows.layers.items())),
        time_profiles=tuple(row for _, row in sorted(rows.time_profiles.items())),
    )
