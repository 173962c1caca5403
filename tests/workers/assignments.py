"""Assignments whose network lies in a file, and what comes of them in this process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from onnx import ModelProto

from service.schemas.data import DatasetInfo
from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.run import Outcome
from service.schemas.submission import Submission
from tests.diagnosing import Rows
from tests.workers.networks.opening import stored
from workers.messages import Assignment
from workers.preparation import Prepared, prepare
from workers.probes.recorder import Recorder
from workers.settling import Settling
from workers.training.loop import train

TRAINING = {
    "loss": {"type": "CrossEntropyLoss"},
    "optimizer": {"type": "SGD", "lr": 0.1},
    "batch_size": 32,
    "epochs": 5,
}
CPU = torch.device("cpu")


def assigned(
    file: bytes | ModelProto,
    folder: Path,
    *,
    network: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    limits: Limits | None = None,
    dataset: tuple[DatasetInfo, Path] | None = None,
    seed: int = 0,
    steps: int = 20,
    role: str = "baseline",
    **body: Any,
) -> Assignment:
    """A run of the network in a file."""
    digest, path = stored(file, folder)
    submission = Submission.model_validate(
        {"network": {"onnx": digest, **(network or {})}, "training": TRAINING | (training or {}), **body}
    )
    order = RunOrder(
        run_id="rn_1", attempt=1, role=role, seed=seed, steps=steps, planned_steps=100, submission=submission,
        limits=limits or Limits(),
    )  # fmt: skip
    return Assignment(
        order=order,
        device="cpu",
        threads=1,
        network_path=str(path),
        dataset=None if dataset is None else dataset[0],
        dataset_path=None if dataset is None else str(dataset[1]),
    )


@dataclass(frozen=True)
class Trained:
    prepared: Prepared
    outcome: Outcome
    rows: Rows


def trained(assignment: Assignment) -> Trained:
    """The run, done here."""
    prepared, rows, order = prepare(assignment), Rows(), assignment.order
    networks, layers = prepared.networks.modules, prepared.accepted.plan.layers
    report = prepared.imported.report if prepared.imported else None
    settling = Settling(order, layers, assignment.dataset, rows, report)
    recorder = Recorder(networks, order, settling)
    outcome = train(order, networks, prepared.examples, recorder, CPU, settling.settled)
    return Trained(prepared, outcome, rows)
