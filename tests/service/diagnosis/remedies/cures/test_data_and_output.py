"""Cures of what goes in and of what comes out: scales, endings, losses."""

from typing import Any

import pytest

from service.diagnosis.remedies import candidates
from service.schemas.patching import tree_of
from tests.service.diagnosis.remedies.cases import (
    deep,
    evidence_of,
    finding,
    judged,
    linear,
    proposed,
    written,
)

RAW = {"source": "builtin", "name": "digits"}
DIABETES = {"source": "builtin", "name": "diabetes"}


def classifier(*last: Any, loss: Any = "CrossEntropyLoss", units: int = 10) -> dict[str, Any]:
    return written([linear(32), "ReLU", linear(units, name="head"), *last], training={"loss": loss})


def regression(loss: str = "MSELoss") -> dict[str, Any]:
    return written([linear(8), "ReLU", linear(1)], shape=(10,), training={"loss": loss}, data=DIABETES)


def endings(submission: dict[str, Any]) -> dict[str, tuple[str, str]]:
    found = proposed("match-output-to-loss", submission, "output-loss-mismatch")
    return {
        suffix: (tree["network"]["layers"][-1]["type"], tree["training"]["loss"]["type"])
        for suffix, tree in found.items()
    }


def test_inputs_are_standardised_or_moved_to_the_unit_range() -> None:
    raw = written(deep(), data=RAW)
    assert proposed("standardize-input", raw, "input-scale")[""]["data"]["preprocess"] == "standardize"
    assert proposed("rescale-input", raw, "input-scale")[""]["data"]["preprocess"] == "minmax"
    assert proposed("rescale-input", written(deep()), "input-scale") == {}


def test_without_data_the_synthetic_ones_are_prepared() -> None:
    nothing = {key: value for key, value in written(deep()).items() if key != "data"}
    found = proposed("standardize-input", nothing, "input-scale")[""]["data"]
    assert found == {"source": "synthetic", "preprocess": "standardize"}


def test_tokens_have_no_scale() -> None:
    tokens = written(
        [{"type": "Embedding", "embedding_dim": 8}, "Flatten", linear(4)],
        shape=(5,),
        vocab=4,
        data={"source": "builtin", "name": "first_token", "length": 5},
    )
    assert proposed("standardize-input", tokens, "input-scale") == {}


def test_real_targets_are_scaled_and_classes_are_not() -> None:
    found = proposed("scale-targets", regression(), "target-scale")
    assert found[""]["data"]["target_preprocess"] == "standardize"
    assert proposed("scale-targets", written(deep()), "target-scale") == {}


def test_an_activation_that_the_loss_has_inside_is_taken_away() -> None:
    found = proposed("match-output-to-loss", classifier("Softmax"), "output-loss-mismatch")["fused"]
    assert found["network"]["layers"][-1]["name"] == "head"
    assert found["training"]["loss"] == {"type": "CrossEntropyLoss"}
    assert endings(classifier("Softmax"))["loss"] == ("Softmax", "CrossEntropyLoss")


def test_a_missing_activation_is_put_there() -> None:
    assert endings(classifier(loss="NLLLoss"))["activation"] == ("LogSoftmax", "NLLLoss")
    assert endings(classifier(loss="NLLLoss"))["fused"] == ("Linear", "CrossEntropyLoss")


def test_one_unit_for_many_classes_becomes_as_many_units() -> None:
    one = classifier(loss="MSELoss", units=1)
    tree = proposed("match-output-to-loss", one, "output-loss-mismatch")["units"]
    assert tree["network"]["layers"][-1]["out_features"] == 10
    assert tree["training"]["loss"]["type"] == "CrossEntropyLoss"
    first = candidates(evidence_of(one), judged(finding("output-loss-mismatch")))[0]
    assert first.name == "match-output-to-loss-units"


def test_a_softmax_over_one_unit_becomes_a_fused_sigmoid() -> None:
    alone = written(
        [linear(4), "Tanh", linear(1), "Softmax"], shape=(2,), training={"loss": "BCELoss"},
        data={"source": "builtin", "name": "xor"},
    )  # fmt: skip
    assert endings(alone)["fused"] == ("Linear", "BCEWithLogitsLoss")
    assert endings(alone)["activation"] == ("Sigmoid", "BCELoss")


def test_numbers_get_a_loss_for_numbers() -> None:
    assert endings(regression("CrossEntropyLoss"))["fused"] == ("Linear", "MSELoss")


def test_what_goes_together_is_left_alone() -> None:
    found = candidates(evidence_of(classifier()), judged(finding("output-loss-mismatch")))
    before = tree_of(evidence_of(classifier()).submission)["training"]["loss"]
    assert all(tree_of(each.submission)["training"]["loss"] == before for each in found)


@pytest.mark.parametrize("loss", [{"type": "CrossEntropyLoss", "reduction": "sum", "label_smoothing": 0.1}])
def test_arguments_that_both_losses_take_stay(loss: dict[str, Any]) -> None:
    tree = proposed("match-output-to-loss", classifier("Softmax", loss=loss), "output-loss-mismatch")["fused"]
    assert tree["training"]["loss"] == loss
