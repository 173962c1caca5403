import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidSubmission
from service.schemas.limits import Limits
from service.schemas.patching import (
    apply_variant,
    difference,
    patched,
    size_of,
    tree_of,
    variant_problems,
    yaml_diff,
)
from service.schemas.submission import Submission
from service.schemas.trials import PatchOperation, Variant

LIMITS = Limits()
TREE: dict[str, Any] = {
    "network": {"input": {"shape": [4]}, "layers": ["ReLU", {"type": "Linear", "out_features": 3}]},
    "training": {"loss": "CrossEntropyLoss", "optimizer": {"type": "SGD", "lr": 0.1}, "steps": 200},
    "data": {"source": "synthetic", "task": "classification"},
    "project": "vision",
}


def operations(*written: dict[str, Any]) -> tuple[PatchOperation, ...]:
    return tuple(PatchOperation.model_validate(each) for each in written)


def variant(*written: dict[str, Any]) -> Variant:
    return Variant(name="mine", patch=operations(*written))


def test_a_submission_is_written_as_it_was_said() -> None:
    submission = Submission.model_validate(TREE)
    assert Submission.model_validate(tree_of(submission)) == submission
    assert "probing" not in tree_of(submission)


def test_the_source_of_data_is_kept_though_it_is_a_default() -> None:
    built = {**TREE, "data": {"name": "digits", "source": "builtin"}}
    assert tree_of(Submission.model_validate(built))["data"]["source"] == "builtin"


def test_every_operation_of_the_rfc_is_applied() -> None:
    patch = operations(
        {"op": "test", "path": "/a/0", "value": 1},
        {"op": "add", "path": "/a/-", "value": 3},
        {"op": "copy", "from": "/a", "path": "/b"},
        {"op": "remove", "path": "/a/0"},
        {"op": "move", "from": "/b/0", "path": "/c"},
        {"op": "replace", "path": "/d~1e", "value": None},
    )
    assert patched({"a": [1, 2], "d/e": 0}, patch, LIMITS) == {"a": [2, 3], "b": [2, 3], "c": 1, "d/e": None}


def test_the_tree_that_was_handed_in_stays() -> None:
    tree = {"a": [1]}
    patched(tree, operations({"op": "add", "path": "/a/-", "value": 2}), LIMITS)
    assert tree == {"a": [1]}


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({"op": "remove", "path": "/x/y"}, "nothing at that place"),
        ({"op": "add", "path": "/a/9", "value": 1}, "outside of list"),
        ({"op": "test", "path": "/a/0", "value": 7}, "another value"),
        ({"op": "move", "from": "/a", "path": "/a/0"}, "own children"),
        ({"op": "copy", "from": "/~2", "path": "/b"}, "~2"),
        ({"op": "remove", "path": ""}, "whole document"),
    ],
)
def test_an_operation_that_cannot_be_applied_is_named(operation: dict[str, Any], words: str) -> None:
    fine = {"op": "add", "path": "/b", "value": 1}
    with pytest.raises(InvalidSubmission) as caught:
        patched({"a": [1, 2]}, operations(fine, operation), LIMITS)
    (problem,) = caught.value.problems
    assert problem.pointer == "/patch/1"
    assert words in problem.message


def test_what_stands_at_its_default_is_to_be_added() -> None:
    with pytest.raises(InvalidSubmission) as caught:
        patched({}, operations({"op": "replace", "path": "/lr", "value": 1}), LIMITS)
    assert "`add`" in (caught.value.problems[0].hint or "")


def test_a_tree_that_doubles_with_every_operation_is_stopped_before_it_is_large() -> None:
    double = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 50
    with pytest.raises(InvalidSubmission, match="too large"):
        patched({"a": list(range(100))}, operations(*double), LIMITS)


def test_a_tree_that_grows_deep_is_stopped() -> None:
    nest = [{"op": "copy", "from": "/a", "path": "/a/x"}] * 50
    with pytest.raises(InvalidSubmission, match="deeper"):
        patched({"a": {"x": {"x": {}}}}, operations(*nest), LIMITS)


def test_a_patch_never_changes_values_that_it_holds_itself() -> None:
    patch = operations(
        {"op": "add", "path": "/b", "value": {"x": []}}, {"op": "add", "path": "/b/x/-", "value": 1}
    )
    assert patched({}, patch, LIMITS) == patched({}, patch, LIMITS) == {"b": {"x": [1]}}


def test_moves_do_not_add_up_to_a_depth_that_is_not_there() -> None:
    there, back = ({"op": "move", "from": f"/{a}/x/y", "path": f"/{b}/x/y"} for a, b in ("ab", "ba"))
    tree: dict[str, Any] = {"a": {"x": {"y": [1]}}, "b": {"x": {}}}
    assert patched(tree, operations(*[there, back] * 25), LIMITS) == tree


def test_a_patch_of_our_own_is_not_held_to_the_limits_of_clients() -> None:
    grown = operations({"op": "add", "path": "/b", "value": list(range(60_000))})
    assert len(patched({}, grown)["b"]) == 60_000
    with pytest.raises(InvalidSubmission, match="too large"):
        patched({}, grown, LIMITS)


def test_a_large_network_is_patched_in_no_time() -> None:
    layers: list[Any] = [{"type": kind} for kind in ("Linear", "Sigmoid") * 1000]
    before = {"network": {"layers": layers}}
    after = {"network": {"layers": [{"residual": {"body": [each]}} for each in layers]}}
    patch = difference(before, after)
    began = time.process_time()
    assert patched(before, patch, LIMITS) == after
    assert time.process_time() - began < 5


def test_a_diff_that_nobody_reads_is_left_out() -> None:
    assert yaml_diff({"a": list(range(9_000))}, {"a": list(range(9_000, 18_000))}) == ""


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab~/", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab~/", max_size=2), inner, max_size=4)
    ),
    max_leaves=20,
)


DOCUMENTS = st.dictionaries(st.text("ab/", max_size=2), TREES, max_size=4)


@given(DOCUMENTS, DOCUMENTS)
def test_a_difference_leads_from_the_one_tree_to_the_other(before: Any, after: Any) -> None:
    assert patched(before, difference(before, after), LIMITS) == after


def test_a_diff_shows_the_change_in_yaml() -> None:
    after = {**TREE, "training": {**TREE["training"], "steps": 300}}
    lines = yaml_diff(TREE, after).splitlines()
    assert "-  steps: 200" in lines
    assert "+  steps: 300" in lines
    assert yaml_diff(TREE, TREE) == ""


def test_a_longer_patch_is_larger() -> None:
    one = operations({"op": "remove", "path": "/a"})
    assert size_of((*one, *one)) > size_of(one)


def test_a_variant_changes_the_submission() -> None:
    rate = {"op": "replace", "path": "/training/optimizer/lr", "value": 0.5}
    changed = apply_variant(Submission.model_validate(TREE), variant(rate), LIMITS)
    assert changed.training.optimizer.lr == 0.5


@pytest.mark.parametrize("part", ["project", "probing", "trials", "branch", "commit", "policy"])
def test_a_variant_cannot_change_where_it_comes_from_or_what_it_may_cost(part: str) -> None:
    value = {"project": "x", "probing": {"seeds": 9}, "trials": {"max_cost": 20}}.get(part, "x")
    change = {"op": "add", "path": f"/{part}", "value": value}
    with pytest.raises(InvalidSubmission, match=part):
        apply_variant(Submission.model_validate(TREE), variant(change), LIMITS)


def test_faults_of_variants_are_told_at_the_variant() -> None:
    trials = {
        "variants": [
            {"name": "fine", "patch": [{"op": "replace", "path": "/training/steps", "value": 100}]},
            {"name": "lost", "patch": [{"op": "remove", "path": "/training/momentum"}]},
            {"name": "bad", "patch": [{"op": "replace", "path": "/training/steps", "value": "many"}]},
            {"name": "void", "patch": [{"op": "replace", "path": "", "value": 5}]},
        ]
    }
    problems = list(variant_problems(Submission.model_validate({**TREE, "trials": trials}), LIMITS))
    assert [problem.pointer for problem in problems] == [
        "/trials/variants/1/patch/0",
        "/trials/variants/2/patch",
        "/trials/variants/3/patch",
    ]
    assert "/training/steps" in problems[1].message
