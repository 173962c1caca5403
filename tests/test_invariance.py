"""The verdict does not hang on scales: of the loss, of the width, of the batch, or of the number format."""

from typing import Any

import pytest

from service.diagnosis.engine import judge
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence, RunEvidence
from tests.diagnosing import diagnose, gather
from tests.zoo import ADAM, DIGITS, SGD, read

GRADIENTS = (
    "weight_gradient_rms", "weight_gradient_max", "weight_gradient_mean", "output_gradient_rms",
    "output_gradient_max", "time_gradient_first_rms", "time_gradient_last_rms",
)  # fmt: skip


def network(width: int, depth: int, activation: str, gain: float | None = None) -> str:
    """A digits classifier; with a gain its weights are Glorot's times that, whatever the width."""
    rule = f"{{match: 'h*', layer: Linear, weight: {{scheme: xavier_normal, gain: {gain}}}}}" if gain else ""
    return f"""
network:
  input: {{shape: [64]}}
  layers:
    - {{repeat: {depth}, name: h, body: [{{type: Linear, out_features: {width}}}, {activation}]}}
    - {{type: Linear, out_features: 10, name: head}}
  init: [{rule}]
"""


def vanishing(width: int = 64) -> dict[str, Any]:
    return read(network(width, 12, "Sigmoid") + SGD + DIGITS)


def exploding(width: int = 64) -> dict[str, Any]:
    return read(network(width, 20, "ReLU", gain=2.2) + SGD + DIGITS)


def healthy(width: int = 64) -> dict[str, Any]:
    return read(network(width, 3, "ReLU", gain=1.4) + ADAM.replace("1e-3", "5e-3") + DIGITS)


PATIENTS = {"vanishing": vanishing, "exploding": exploding, "healthy": healthy}


def said(judgement: Judgement) -> tuple[str, tuple[str, ...]]:
    """Verdict and the names of what makes it."""
    return judgement.verdict, tuple(item.rule for item in judgement.findings if item.severity == "error")


def scaled(evidence: Evidence, factor: float) -> Evidence:
    """The evidence of the same trainings with the loss times `factor` and the rate divided by it (exact under SGD)."""

    def times(value: float | None) -> float | None:
        return None if value is None else value * factor

    def of_run(run: RunEvidence) -> RunEvidence:
        outcome = run.outcome
        losses = ("first_loss", "last_loss", "best_loss", "trivial_loss")
        return run.model_copy(
            update={
                "outcome": outcome.model_copy(
                    update={name: times(getattr(outcome, name)) for name in losses}
                ),
                "network": tuple(
                    row.model_copy(
                        update={"loss": times(row.loss), "gradient_norm": times(row.gradient_norm)}
                    )
                    for row in run.network
                ),
                "layers": tuple(
                    row.model_copy(update={name: times(getattr(row, name)) for name in GRADIENTS})
                    for row in run.layers
                ),
            }
        )

    return evidence.model_copy(update={"runs": tuple(of_run(run) for run in evidence.runs)})


@pytest.mark.parametrize("factor", [1e-4, 1e4])
@pytest.mark.parametrize("name", ["vanishing", "exploding"])
def test_multiplying_the_loss_changes_nothing(name: str, factor: float) -> None:
    evidence = gather(PATIENTS[name]())
    assert said(judge(scaled(evidence, factor))) == said(judge(evidence))


@pytest.mark.parametrize("width", [16, 256])
@pytest.mark.parametrize("name", PATIENTS)
def test_the_width_changes_nothing(name: str, width: int) -> None:
    assert said(diagnose(PATIENTS[name](width))) == said(diagnose(PATIENTS[name]()))


@pytest.mark.parametrize("batch_size", [8, 256])
@pytest.mark.parametrize("name", PATIENTS)
def test_the_batch_changes_nothing(name: str, batch_size: int) -> None:
    submission = PATIENTS[name]()
    changed = submission | {"training": submission["training"] | {"batch_size": batch_size}}
    assert said(diagnose(changed)) == said(diagnose(submission))


@pytest.mark.parametrize("name", PATIENTS)
def test_the_number_format_changes_nothing(name: str) -> None:
    submission = PATIENTS[name]()
    changed = submission | {"training": submission["training"] | {"precision": "bf16"}}
    assert said(diagnose(changed)) == said(diagnose(submission))
