"""A whole diagnosis in this process: what workers, store and engine do, without the parts between them."""

from typing import Any

import torch

from service.diagnosis.engine import judge
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence, RunEvidence
from service.schemas.intake import Accepted, accept
from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from service.schemas.submission import Submission
from workers.preparation import build
from workers.probes.recorder import Recorder
from workers.settling import Settling
from workers.training.loop import train

LIMITS = Limits()
CPU = torch.device("cpu")


class Rows:
    """Statistics as the recorder emits them; of a step shown twice the later row counts."""

    def __init__(self) -> None:
        self.layers: dict[tuple[int, int], LayerStatistics] = {}
        self.network: dict[int, NetworkStatistics] = {}
        self.time_profiles: dict[tuple[int, int], TimeProfile] = {}

    def __call__(
        self,
        *,
        layers: tuple[LayerStatistics, ...],
        network: tuple[NetworkStatistics, ...],
        time_profiles: tuple[TimeProfile, ...],
    ) -> None:
        self.layers |= {(row.step, row.depth): row for row in layers}
        self.network |= {row.step: row for row in network}
        self.time_profiles |= {(row.step, row.depth): row for row in time_profiles}


def gather(submission: dict[str, Any]) -> Evidence:
    """Train and probe every seed of a submission."""
    accepted = accept(Submission.model_validate(submission), LIMITS, lambda _digest: None)
    runs = tuple(run(accepted, seed) for seed in range(accepted.submission.probing.seeds))
    return Evidence(
        submission=accepted.submission,
        layers=accepted.plan.layers,
        planned_steps=accepted.planned_steps,
        runs=runs,
    )


def run(accepted: Accepted, seed: int) -> RunEvidence:
    """Train and probe one seed."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    order = RunOrder(
        run_id=f"run_{seed}", attempt=1, seed=seed, steps=accepted.run_steps, planned_steps=accepted.planned_steps,
        submission=accepted.submission, limits=LIMITS,
    )  # fmt: skip
    rows = Rows()
    prepared = build(accepted, seed)
    networks, examples = prepared.networks.modules, prepared.examples
    settling = Settling(order, accepted.plan.layers, None, rows)
    outcome = train(order, networks, examples, Recorder(networks, order, settling), CPU, settling.settled)
    return RunEvidence(
        seed=seed,
        outcome=outcome,
        network=tuple(row for _, row in sorted(rows.network.items())),
        layers=tuple(row for _, row in sorted(rows.layers.items())),
        time_profiles=tuple(row for _, row in sorted(rows.time_profiles.items())),
    )


def diagnose(submission: dict[str, Any]) -> Judgement:
    """Train, probe and judge."""
    return judge(gather(submission))
