from typing import Any

import pytest

from service.diagnosis.engine import inspect
from service.diagnosis.registry import Sighting
from service.diagnosis.rules.target_scale import detect
from service.diagnosis.signals import Signals
from service.schemas.data import DatasetInfo
from tests.service.diagnosis.evidence import run
from tests.service.diagnosis.structures import ending, of

DIABETES = {"source": "builtin", "name": "diabetes"}
DIGEST = "sha256:" + "0" * 64


def made(**scale: float) -> dict[str, Any]:
    return {"source": "synthetic", "task": "regression", **scale}


def seen(data: dict[str, Any], loss: str = "MSELoss", **outcome: Any) -> Sighting | None:
    structure = ending(units=1, loss=loss, data=data)
    return detect(
        Signals(structure.submission, 1000, "main", structure.layers, run(structure.layers, **outcome))
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (DIABETES, "their RMS is 207"),
        (made(target_scale=1000.0), "their RMS is 1e+03"),
        (made(target_shift=100.0), "their RMS is 100"),
        (made(target_scale=1e-3), "their spread is 0.001"),
    ],
)
def test_targets_out_of_proportion_are_seen(data: dict[str, Any], words: str) -> None:
    sighting = seen(data)
    assert sighting is not None
    assert words in sighting.message


def test_standardised_targets_classes_and_networks_that_learn_are_passed_over() -> None:
    assert seen(made()) is None
    assert seen({"source": "builtin", "name": "digits"}) is None
    assert seen(DIABETES, skill=0.5) is None


def test_a_run_cut_short_without_damage_is_only_noted() -> None:
    early = seen(DIABETES, stopped="settled")
    torn = seen(DIABETES, stopped="settled", everywhere={"update_ratio": 0.5})
    assert early is not None
    assert torn is not None
    assert (early.severity, torn.severity) == ("note", None)


def test_it_is_told_before_anything_runs() -> None:
    structure = ending(units=1, loss="MSELoss", data=DIABETES)
    assert [(f.rule, f.severity) for f in inspect(structure.submission, structure.layers)] == [
        ("target-scale", "warning")
    ]


@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ({"trivial_loss": 6000.0, "first_loss": 28_000.0}, True),
        ({"trivial_loss": 1.0, "first_loss": 1.2}, False),
        ({"trivial_loss": 1.0, "first_loss": 10_001.0}, True),
        ({"trivial_loss": 1e-6, "first_loss": 0.1}, True),
    ],
)
def test_of_an_upload_the_losses_tell(losses: dict[str, float], found: bool) -> None:
    info = DatasetInfo(
        digest=DIGEST, bytes=1, examples=8, x_shape=(4,), x_dtype="float", y_shape=(1,), y_dtype="float"
    )
    written = {
        "network": {"input": {"shape": [4]}, "layers": [{"type": "Linear", "out_features": 1}]},
        "training": {"loss": "MSELoss", "optimizer": "SGD"},
        "data": {"source": "dataset", "digest": DIGEST},
    }
    (structure,) = of(written, info)
    one = run(structure.layers, everywhere={"activation_max": 1.0}, **losses)
    view = Signals(structure.submission, 1000, "main", structure.layers, one, info)
    assert (detect(view) is not None) == found
