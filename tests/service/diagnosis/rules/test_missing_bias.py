from typing import Any

import pytest

from service.diagnosis.engine import inspect
from service.diagnosis.registry import Sighting
from service.diagnosis.rules.missing_bias import detect
from service.diagnosis.signals import Signals
from tests.service.diagnosis.evidence import run
from tests.service.diagnosis.structures import of

AND, MOONS = ({"source": "builtin", "name": name} for name in ("and", "moons"))
PLAIN = {"type": "Linear", "out_features": 4, "bias": False}
HEAD = {"type": "Linear", "out_features": 1, "bias": False}


def written(*layers: Any, data: Any = AND) -> dict[str, Any]:
    return {
        "network": {"input": {"shape": [2]}, "layers": list(layers)},
        "training": {"loss": "BCELoss", "optimizer": "SGD"},
        "data": data,
    }


def seen(*layers: Any, data: Any = AND, **outcome: Any) -> Sighting | None:
    (structure,) = of(written(*layers, data=data))
    return detect(
        Signals(structure.submission, 1000, "main", structure.layers, run(structure.layers, **outcome))
    )


def test_a_network_without_any_constant_is_seen() -> None:
    sighting = seen(PLAIN, "Tanh", HEAD, "Sigmoid")
    assert sighting is not None
    assert "one row of four is zero" in sighting.cause
    assert sighting.severity == "error"


def test_on_other_data_it_may_be_the_reason() -> None:
    little = seen(PLAIN, "ReLU", HEAD, "Sigmoid", data=MOONS, skill=0.2)
    nothing = seen(PLAIN, "ReLU", HEAD, "Sigmoid", data=MOONS, skill=0.0)
    assert little is not None
    assert nothing is not None
    assert (little.severity, little.contributory) == ("warning", True)
    assert (nothing.severity, nothing.contributory) == ("error", True)


def test_before_the_budget_has_run_out_it_is_only_noted() -> None:
    sighting = seen(PLAIN, "Tanh", HEAD, "Sigmoid", stopped="settled")
    assert sighting is not None
    assert sighting.severity == "note"


@pytest.mark.parametrize(
    "layers",
    [
        (PLAIN, "Tanh", {"type": "Linear", "out_features": 1}, "Sigmoid"),
        (PLAIN, "Sigmoid", HEAD, "Sigmoid"),
        (PLAIN, "LayerNorm", "Tanh", HEAD, "Sigmoid"),
    ],
    ids=["one bias", "sigmoid of zero is a half", "a norm that shifts"],
)
def test_one_constant_is_enough(layers: tuple[Any, ...]) -> None:
    assert seen(*layers) is None


def test_it_is_told_before_anything_runs_where_the_data_are_known_to_need_it() -> None:
    for data, told in ((AND, ["missing-bias"]), (MOONS, [])):
        (structure,) = of(written(PLAIN, "Tanh", HEAD, "Sigmoid", data=data))
        assert [finding.rule for finding in inspect(structure.submission, structure.layers)] == told
