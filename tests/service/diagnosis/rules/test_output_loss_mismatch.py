from typing import Any

from service.diagnosis.engine import inspect, judge
from service.diagnosis.rules.output_loss_mismatch import detect
from service.diagnosis.signals import Signals
from service.schemas.evidence import Evidence
from service.schemas.run import StopReason
from tests.service.diagnosis.evidence import run
from tests.service.diagnosis.structures import ending

XOR = {"source": "builtin", "name": "xor"}


def seen(
    *last: Any, units: int = 10, loss: Any = "CrossEntropyLoss", data: Any = None, **outcome: Any
) -> Signals:
    structure = ending(*last, units=units, loss=loss, data=data)
    return Signals(structure.submission, 1000, "main", structure.layers, run(structure.layers, **outcome))


def test_a_double_softmax_with_which_it_learns_is_latent() -> None:
    sighting = detect(seen("Softmax", skill=0.25, accuracy=0.9))
    assert sighting is not None
    assert (sighting.latent, sighting.contributory) == (True, True)


def test_a_double_softmax_that_slows_warns_and_one_that_stops_it_is_an_error() -> None:
    slowed, stopped = detect(seen("Softmax", accuracy=0.4)), detect(seen("Softmax", accuracy=0.12))
    assert slowed is not None
    assert stopped is not None
    assert (slowed.severity, slowed.latent) == ("warning", False)
    assert (stopped.severity, stopped.latent) == ("error", False)


def test_a_softmax_over_one_unit_is_never_forgiven() -> None:
    sighting = detect(seen("Softmax", units=1, loss="BCELoss", data=XOR, skill=0.5, accuracy=1.0))
    assert sighting is not None
    assert (sighting.severity, sighting.latent) == ("error", False)


def test_a_run_that_went_non_finite_has_learned_nothing() -> None:
    stopped: StopReason = "non-finite"
    sighting = detect(seen(units=1, loss="BCELoss", data=XOR, accuracy=1.0, stopped=stopped))
    assert sighting is not None
    assert sighting.latent is False


def test_logits_are_passed_over() -> None:
    assert detect(seen()) is None


def test_it_is_seen_before_anything_runs_and_accounts_for_what_follows() -> None:
    structure = ending("Softmax", units=1, loss="BCELoss", data=XOR)
    (foreseen,) = [f for f in inspect(structure.submission, structure.layers) if f.severity != "note"]
    assert (foreseen.code, foreseen.severity, foreseen.confidence, foreseen.seeds) == (
        "GC402",
        "error",
        1.0,
        0,
    )
    evidence = Evidence(
        submission=structure.submission,
        layers=structure.layers,
        planned_steps=1000,
        runs=(run(structure.layers, everywhere={"update_ratio": 0.0}),),
    )
    first = judge(evidence).findings[0]
    assert (first.rule, first.fingerprint) == ("output-loss-mismatch", foreseen.fingerprint)
    assert "learning-rate-too-low" in {symptom.rule for symptom in first.explains}
