"""Diagnoses, findings and remedies as a service answers them."""

from datetime import UTC, datetime
from typing import Any

from service.schemas.diagnosis import Diagnosis, Finding, Span, Symptom
from service.schemas.remedy import Remedy, SeedResult
from service.schemas.run import Run
from tests.service.diagnosis.evidence import outcome

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def diagnosis(**fields: Any) -> Diagnosis:
    known: dict[str, Any] = {
        "id": "dg_1", "project": "p", "status": "succeeded", "progress": 1.0, "created_at": NOW,
        "verdict": "healthy", "summary": "All is well.",
    }  # fmt: skip
    return Diagnosis(**(known | fields))


def finding(**fields: Any) -> Finding:
    known: dict[str, Any] = {
        "rule": "vanishing-gradient", "code": "GC101", "severity": "error", "message": "It vanishes.",
        "cause": "Depth.",
        "seeds_shown": 2, "seeds": 3, "confidence": 0.6, "fingerprint": "f",
        "layers": Span(first="a", last="b", count=2, of=3, names=("a", "b"), text="a to b, 2 of 3"), "starts_at": "a",
        "explains": (Symptom(rule="dead-units", code="GC105", message="Dead.", seeds_shown=2, seeds=3),),
    }  # fmt: skip
    return Finding(**(known | fields))


def remedy(**fields: Any) -> Remedy:
    seeds = tuple(
        SeedResult(
            seed=seed, control_loss=2.3, trial_loss=0.1 + seed, control_skill=0.0, trial_skill=0.9,
            control_accuracy=0.1, trial_accuracy=0.97, better=True,
        )
        for seed in range(3)
    )  # fmt: skip
    known: dict[str, Any] = {
        "name": "replace-activation-relu", "remedy": "replace-activation", "rule": "vanishing-gradient",
        "sentence": "Sigmoid becomes ReLU.", "result": "helps", "reason": "All seeds learn.", "seeds": seeds,
        "better": 3, "of": 3, "torch": "nn.ReLU()", "keras": "layers.ReLU()", "diff": "-Sigmoid\n+ReLU",
        "extra_parameters": 64, "time_ratio": 1.5,
    }  # fmt: skip
    return Remedy(**(known | fields))


def run(**fields: Any) -> Run:
    known: dict[str, Any] = {
        "id": "rn_1", "role": "baseline", "variant": "baseline", "seed": 0, "status": "succeeded", "attempt": 1,
        "step": 65, "steps": 100, "loss": 0.5, "outcome": outcome(), "created_at": NOW,
    }  # fmt: skip
    return Run(**(known | fields))
