from typing import Any

from service.diagnosis.accuracy import figures

RIGHT = {"value": 0.9, "interval": [0.6, 0.98], "k": 9, "n": 10}
NOTHING = {"value": None, "interval": None, "k": 0, "n": 0}


def measured(**parts: dict[str, Any]) -> dict[str, Any]:
    named = {name.replace("_", "-"): {"rules": {"GC101": rates}} for name, rates in parts.items()}
    return {"rules_version": "2026.11", "parts": named}


def test_the_part_that_nothing_was_tuned_on_counts_where_it_was_opened() -> None:
    tuned = {"precision": NOTHING, "recall": RIGHT}
    opened = {"precision": RIGHT, "recall": NOTHING}
    assert figures(measured(tune=tuned))["GC101"].part == "tune"
    found = figures(measured(tune=tuned, held_out=opened))["GC101"]
    assert found.part == "held-out"
    assert found.precision is not None
    assert (found.precision.value, found.precision.low, found.precision.k, found.precision.n) == (
        0.9,
        0.6,
        9,
        10,
    )
    assert found.recall is None


def test_before_anything_was_measured_there_are_no_figures() -> None:
    assert figures({"parts": {}}) == {}
