"""Cures of networks that came as a file: of the plan as they are, of the graph by edits, of weights by rules."""

from typing import Any

import pytest

from service.diagnosis.remedies import candidates
from service.schemas.evidence import Evidence
from service.schemas.onnx import ImportReport, OnnxSpec
from service.schemas.patching import tree_of
from tests.service.diagnosis.remedies.cases import deep, finding, judged, linear, of_file, proposed, written

REPORT = ImportReport.model_validate(
    {
        "input": {"name": "x", "shape": [64]},
        "output": {"name": "y", "shape": [10]},
        "opset": 17,
        "producer": "pytorch 2.13",
    }
)


def uploaded(layers: list[Any], **more: Any) -> Evidence:
    return of_file(written(layers, **more)).model_copy(update={"imported": REPORT})


def edits(evidence: Evidence, name: str, rule: str = "vanishing-gradient") -> dict[str, Any]:
    return {suffix: tree["network"].get("edits") for suffix, tree in proposed(name, evidence, rule).items()}


def test_activations_are_swapped_where_they_are_hidden_and_weights_drawn_to_fit() -> None:
    evidence = uploaded([linear(64), "Sigmoid", linear(10), "Sigmoid"])
    *before, last, ending = evidence.layers
    renamed = (*before, last.model_copy(update={"name": "/head[0]"}), ending)
    evidence = evidence.model_copy(update={"layers": renamed})
    tree = proposed("replace-activation", evidence, "vanishing-gradient")["relu"]
    assert tree["network"]["edits"] == [{"replace": "Sigmoid", "by": "ReLU", "match": "sigmoid"}]
    assert [rule["match"] for rule in tree["network"]["init"]] == ["*", "/head[[]0]"]


def test_norms_shortcuts_and_biases_come_in_by_edits() -> None:
    evidence = uploaded([linear(64, bias=False), "Tanh", linear(64), "Tanh", linear(64), "Tanh", linear(10)])
    assert edits(evidence, "add-batch-norm")[""][0] == {"insert": "BatchNorm", "after": "linear"}
    assert edits(evidence, "add-layer-norm")[""][-1] == {"insert": "LayerNorm", "after": "linear_3"}
    assert edits(evidence, "add-residual")["plain"][0] == {"residual": {"start": "linear", "end": "tanh"}}
    assert edits(evidence, "add-bias", "missing-bias")[""] == [{"add_bias": "linear"}]


def test_the_activation_at_the_end_is_made_to_pass_everything_on() -> None:
    evidence = uploaded([linear(64), "ReLU", linear(10), "Softmax"])
    found = edits(evidence, "match-output-to-loss", "output-loss-mismatch")["fused"]
    assert found == [{"replace": "Softmax", "by": "LeakyReLU", "arguments": {"negative_slope": 1.0}}]


def test_weights_of_the_file_are_drawn_anew_by_rules_or_all_at_once() -> None:
    found = proposed("reinitialize", uploaded(deep("ReLU")), "poor-initialization")
    assert found["afresh"]["network"]["weights"] == "reinitialize"
    assert found["he"]["network"]["init"][0]["weight"] == {"scheme": "kaiming_normal", "nonlinearity": "relu"}
    assert "edits" not in found["he"]["network"]


@pytest.mark.parametrize(
    "rule", ["vanishing-gradient", "learning-rate-too-high", "not-learning", "input-scale"]
)
def test_every_candidate_keeps_the_file_and_what_was_said_of_it(rule: str) -> None:
    evidence = uploaded(deep("Sigmoid"))
    found = candidates(evidence, judged(finding(rule)))
    assert found
    for candidate in found:
        network = candidate.submission.network
        assert isinstance(network, OnnxSpec)
        assert network.onnx == tree_of(evidence.submission)["network"]["onnx"]


def test_tokens_of_a_file_are_not_standardised() -> None:
    tokens = written(
        [{"type": "Embedding", "embedding_dim": 8}, {"op": "mean"}, linear(4)],
        shape=(5,),
        vocab=4,
        data={"source": "builtin", "name": "first_token", "length": 5},
    )
    assert proposed("standardize-input", of_file(tokens), "input-scale") == {}
