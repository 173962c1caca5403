"""A file is opened once, whatever is killed while it is open, and whatever it brings down."""

import os
import signal
from typing import Any

import onnx
import pytest

from service.store import diagnoses
from tests.system.clinic import Clinic, Worker, eventually, submission
from tests.system.files import deep
from tests.workers.networks.onnx.files import model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file() -> bytes:
    return deep()


def of(digest: str) -> dict[str, Any]:
    return submission(steps=40) | {"network": {"onnx": digest, "weights": "reinitialize"}}


@pytest.fixture(scope="module")
def calm(clinic: Clinic, file: bytes) -> list[tuple[Any, ...]]:
    """What is measured when nothing goes wrong."""
    clinic.anyone()
    diagnosis_id = clinic.submit(of(clinic.upload(file)))
    diagnosis = clinic.finished(diagnosis_id)
    assert diagnosis.status == "succeeded", diagnosis.error
    assert diagnosis.imported is not None
    assert [(run.role, run.attempt) for run in diagnosis.runs] == [
        ("validation", 1), ("baseline", 1), ("baseline", 1)
    ]  # fmt: skip
    return clinic.measured(diagnosis_id)


def test_a_file_whose_worker_is_killed_is_opened_by_another(
    clinic: Clinic, worker: Worker, calm: list[tuple[Any, ...]], file: bytes
) -> None:
    diagnosis_id = clinic.submit(of(clinic.upload(file)))
    eventually(lambda: clinic.get(diagnosis_id).phase == "validating")

    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(10)
    caught = clinic.get(diagnosis_id).phase
    clinic.worker()

    diagnosis = clinic.finished(diagnosis_id)
    assert diagnosis.status == "succeeded", diagnosis.error
    assert caught == "validating"
    assert [(run.role, run.attempt) for run in diagnosis.runs] == [
        ("validation", 2), ("baseline", 1), ("baseline", 1)
    ]  # fmt: skip
    assert clinic.measured(diagnosis_id) == calm


def test_a_file_that_cannot_be_trained_fails_with_every_reason_and_the_worker_lives_on(
    clinic: Clinic, worker: Worker
) -> None:
    nodes = [onnx.helper.make_node(name, ["x"], [f"of {name}"]) for name in ("Hash", "Sort")]
    nodes.append(onnx.helper.make_node("Add", ["of Hash", "of Sort"], ["y"]))
    digest = clinic.upload(model(nodes).SerializeToString())

    diagnosis = clinic.finished(clinic.submit(of(digest)))

    assert diagnosis.status == "failed"
    assert diagnosis.error is not None
    assert (diagnosis.error.code, diagnosis.error.whose) == ("cannot-import", "client")
    assert [problem.operator for problem in diagnosis.error.problems] == ["Hash", "Sort"]
    assert [run.attempt for run in diagnosis.runs] == [1]
    assert worker.process.poll() is None


def test_a_trial_that_edits_the_graph_is_measured_by_layers_of_its_own(
    clinic: Clinic, worker: Worker
) -> None:
    digest = clinic.upload(deep(layers=3, width=8))
    edits = [{"replace": "Tanh", "by": "ReLU"}, {"insert": "LayerNorm", "after": "h.0"}]
    variant = {"name": "edited", "patch": [{"op": "add", "path": "/network/edits", "value": edits}]}
    body = of(digest) | {"trials": {"mode": "only", "variants": [variant]}}

    diagnosis_id = clinic.submit(body)
    diagnosis = clinic.finished(diagnosis_id)

    assert (diagnosis.status, diagnosis.error) == ("succeeded", None)
    assert [(remedy.name, remedy.result != "not-tried") for remedy in diagnosis.remedies] == [
        ("edited", True)
    ]
    tried = diagnoses.evidence(clinic.database, diagnosis_id, "edited")
    added = {layer.type for layer in tried.layers} - {layer.type for layer in diagnosis.layers}
    assert added == {"ReLU", "LayerNorm"}
    assert {row.depth for run in tried.runs for row in run.layers} == {layer.depth for layer in tried.layers}
