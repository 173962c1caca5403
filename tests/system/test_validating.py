"""A file is opened once, whatever is killed while it is open, and whatever it brings down."""

import os
import signal
from itertools import pairwise
from typing import Any

import onnx
import pytest

from tests.system.clinic import Clinic, Worker, eventually, submission
from tests.workers.networks.onnx.files import model, tensor

pytestmark = pytest.mark.slow

NODES = 60
"""Layers of the file: so many that it takes a moment to open."""


@pytest.fixture(scope="module")
def file() -> bytes:
    """A deep narrow network on iris."""
    widths = [4, *[64] * NODES, 3]
    nodes, weights = [], []
    for place, (before, after) in enumerate(pairwise(widths)):
        name = f"h.{place}"
        weights += [tensor(f"{name}.weight", before, after, seed=place), tensor(f"{name}.bias", after)]
        value = "x" if place == 0 else f"a{place - 1}"
        nodes.append(onnx.helper.make_node("Gemm", [value, f"{name}.weight", f"{name}.bias"], [f"z{place}"]))
        nodes.append(onnx.helper.make_node("Tanh", [f"z{place}"], [f"a{place}"]))
    nodes[-1].output[0] = "y"
    return model(nodes, weights).SerializeToString()


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
