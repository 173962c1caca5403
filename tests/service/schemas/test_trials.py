from typing import Any

import pytest
from pydantic import ValidationError

from service.schemas.trials import PatchOperation, Trials, Variant, name_problems

KNOWN = ("add-residual", "lower-learning-rate")


def variant(**more: Any) -> dict[str, Any]:
    return {"name": "mine", "patch": [{"op": "remove", "path": "/data"}], **more}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/a", "value": None},
        {"op": "replace", "path": "", "value": {"b": [1, "x"]}},
        {"op": "test", "path": "/a~1b/0", "value": 1.5},
        {"op": "remove", "path": "/a"},
        {"op": "move", "path": "/a", "from": "/b"},
        {"op": "copy", "path": "/a/-", "from": "/b"},
    ],
)
def test_an_operation_is_written_as_it_was_read(operation: dict[str, Any]) -> None:
    read = PatchOperation.model_validate(operation)
    assert read.model_dump(mode="json") == operation
    assert PatchOperation.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/a"},
        {"op": "remove", "path": "/a", "value": 1},
        {"op": "copy", "path": "/a"},
        {"op": "move", "path": "/a", "from": "/b", "value": 1},
        {"op": "add", "path": "a", "value": 1},
        {"op": "add", "path": "/a\n", "value": 1},
        {"op": "add", "path": "/" + "a" * 500, "value": 1},
        {"op": "spy", "path": "/a", "value": 1},
    ],
)
def test_what_rfc_6902_does_not_know_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PatchOperation.model_validate(operation)


@pytest.mark.parametrize(
    "trials",
    [
        {"max_cost": 0},
        {"max_cost": 20.5},
        {"mode": "always"},
        {"names": ["x"] * 21},
        {"variants": [variant(name=f"v{n}") for n in range(9)]},
        {"variants": [variant(patch=[])]},
        {"variants": [variant(patch=[{"op": "remove", "path": "/data"}] * 51)]},
        {"variants": [variant(name="a/b")]},
        {"variants": [variant(name="../x")]},
        {"variants": [variant(name="")]},
    ],
)
def test_trials_are_bounded(trials: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Trials.model_validate(trials)


def test_a_remedy_that_does_not_exist_is_named_with_the_nearest_one() -> None:
    (problem,) = name_problems(Trials(names=("add-residuals",)), KNOWN)
    assert problem.pointer == "/trials/names/0"
    assert problem.hint == "did you mean add-residual?"


@pytest.mark.parametrize("name", ["control", "baseline", "validation", "add-residual"])
def test_a_variant_cannot_take_a_name_of_the_clinics_own(name: str) -> None:
    (problem,) = name_problems(Trials(variants=(Variant.model_validate(variant(name=name)),)), KNOWN)
    assert "taken" in problem.message


def test_two_variants_of_one_name_are_refused() -> None:
    twice = Trials.model_validate({"variants": [variant(), variant()]})
    (problem,) = name_problems(twice, KNOWN)
    assert problem.pointer == "/trials/variants/1/name"


def test_only_needs_something_to_try() -> None:
    (problem,) = name_problems(Trials(mode="only"), KNOWN)
    assert problem.pointer == "/trials"
    assert not list(name_problems(Trials(mode="only", names=("add-residual",)), KNOWN))
