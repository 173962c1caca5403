"""Sums around hidden layers, wherever shapes allow them."""

from typing import Any

import pytest

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.shortcuts import Style, bridged
from service.diagnosis.remedies.table import Table
from tests.service.diagnosis.remedies.cases import deep, linear, of_file, table_of, written

PLAIN = Style()


def layers(found: Table) -> list[Any]:
    return found.written["layers"]


def conv(channels: int, **more: Any) -> dict[str, Any]:
    return {"type": "Conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1, **more}


def test_in_a_repeat_the_input_of_each_time_is_added() -> None:
    found = bridged(table_of(written(deep("Sigmoid", 3))), PLAIN)
    assert layers(found)[0]["body"][2] == {"op": "add", "name": "add", "from": ["input", "sigmoid"]}
    assert [layer.name for layer in found.layers if layer.type == "Linear"] == [
        "h.0.linear", "h.1.linear", "h.2.linear", "head",
    ]  # fmt: skip


def test_a_repeat_whose_first_input_has_another_shape_gets_a_stem() -> None:
    found = bridged(table_of(written(deep("ReLU", 3, 32))), PLAIN)
    assert layers(found)[0] == {"type": "Linear", "out_features": 32, "bias": False, "name": "stem"}
    assert [layer.type for layer in found.layers].count("add") == 3


def test_in_a_list_another_shape_is_projected() -> None:
    table = table_of(written([linear(32), "ReLU", linear(32), "ReLU", linear(10)]))
    found = layers(bridged(table, PLAIN))
    assert found[2] == {
        "type": "Linear",
        "out_features": 32,
        "bias": False,
        "name": "shortcut",
        "from": "input",
    }
    assert found[3]["from"] == ["shortcut", "relu"]
    assert found[6]["from"] == [found[3]["name"], "relu_2"]
    assert found[7] == linear(10)


def test_strided_convolutions_are_projected_by_strided_ones() -> None:
    table = table_of(
        written(
            [conv(8), "ReLU", conv(16, stride=2), "ReLU", "Flatten", linear(10)],
            shape=(1, 8, 8),
        )
    )
    projections = [item for item in layers(bridged(table, PLAIN)) if item.get("kernel_size") == [1, 1]]
    assert [(item["out_channels"], item.get("stride")) for item in projections] == [(8, None), (16, [2, 2])]


def test_a_norm_opens_each_branch() -> None:
    found = bridged(table_of(written(deep("ReLU", 2))), Style(norm="LayerNorm"))
    assert [layer.type for layer in found.layers[:4]] == ["LayerNorm", "Linear", "ReLU", "add"]
    assert found.layers[3].inputs == (-1, 2)


def test_images_are_normalised_by_the_batch() -> None:
    table = table_of(
        written([{"repeat": 2, "body": [conv(1), "ReLU"]}, "Flatten", linear(10)], shape=(1, 8, 8))
    )
    assert bridged(table, Style(norm="LayerNorm")).layers[0].type == "BatchNorm2d"


def test_a_gated_branch_ends_in_a_batch_norm_before_the_sum_and_the_activation() -> None:
    style = Style(where="before-activation", gated=True)
    found = bridged(table_of(written(deep("ReLU", 2))), style)
    assert [layer.type for layer in found.layers[:4]] == ["Linear", "BatchNorm1d", "add", "ReLU"]
    normed = bridged(table_of(written(deep("ReLU", 2, 64, "BatchNorm1d"))), style)
    assert [layer.type for layer in normed.layers[:4]] == ["Linear", "BatchNorm1d", "add", "ReLU"]


def test_a_branch_that_says_what_it_takes_is_normalised_there() -> None:
    second = linear(64, name="b") | {"from": "a"}
    joined = {"op": "add", "from": ["relu", "tanh"], "name": "both"}
    table = table_of(written([linear(64, name="a"), "ReLU", second, "Tanh", joined, linear(10)]))
    found = {layer.name: layer for layer in bridged(table, Style(norm="LayerNorm")).layers}
    norms = [layer for layer in found.values() if layer.type == "LayerNorm"]
    assert found["a"].depth in norms[1].inputs
    assert found["b"].inputs == (norms[1].depth,)
    assert len(found["both"].inputs) == 2
    assert all(name.startswith("add") for name, layer in found.items() if layer.depth in found["both"].inputs)


def test_what_is_bridged_already_and_the_head_stay_as_they_are() -> None:
    residual = {"residual": {"body": [linear(64), "ReLU"]}}
    with pytest.raises(Impossible):
        bridged(table_of(written([residual, linear(10), "Softmax"])), PLAIN)


def test_a_file_gets_plain_sums_where_shapes_agree() -> None:
    evidence = of_file(written([linear(32), "Tanh", linear(32), "Tanh", linear(10)]))
    table = Table(evidence.submission, evidence.layers, "main")
    assert bridged(table, PLAIN).written["edits"] == [{"residual": {"start": "linear_2", "end": "tanh_2"}}]
    with pytest.raises(Impossible):
        bridged(table, Style(norm="LayerNorm"))
