"""Changes of one network, each with the layers that it leaves in their places."""

import pytest

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.table import Table
from service.schemas.patching import tree_of
from tests.service.diagnosis.remedies.cases import deep, evidence_of, linear, of_file, table_of, written


def names(table: Table) -> list[str]:
    return [f"{layer.name}:{layer.type}" for layer in table.layers]


def test_swapping_a_layer_of_a_repeat_swaps_it_every_time() -> None:
    table = table_of(written(deep("Sigmoid", 2)))
    swapped = table.swapped([layer for layer in table.layers if layer.type == "Sigmoid"], "ReLU")
    assert names(swapped) == [
        "h.0.linear:Linear",
        "h.0.relu:ReLU",
        "h.1.linear:Linear",
        "h.1.relu:ReLU",
        "head:Linear",
    ]
    assert names(table)[1] == "h.0.sigmoid:Sigmoid"


def test_a_swapped_layer_that_others_speak_of_keeps_its_name() -> None:
    table = table_of(
        written([linear(64), "Sigmoid", {"op": "add", "from": ["input", "sigmoid"]}, linear(10)])
    )
    swapped = table.swapped([table.layers[1]], {"type": "ELU", "alpha": 0.5})
    assert swapped.written["layers"][1] == {"type": "ELU", "alpha": 0.5, "name": "sigmoid"}
    assert swapped.layers[2].inputs == (-1, 1)


def test_what_is_inserted_is_taken_by_all_that_took_the_layer_before_it() -> None:
    layers = [linear(64, name="a"), "ReLU", {"op": "add", "from": ["a", "relu"]}, linear(10)]
    table = table_of(written(layers))
    found = table.inserted([table.layers[0]], lambda _layer: "LayerNorm")
    assert names(found)[:3] == ["a:Linear", "layernorm:LayerNorm", "relu:ReLU"]
    assert found.layers[3].inputs == (1, 2)


def test_what_is_removed_leaves_its_input_to_those_that_took_it() -> None:
    table = table_of(written([linear(64), "Tanh", {"op": "add", "from": ["linear", "tanh"]}, linear(10)]))
    assert table.removed([table.layers[1]]).layers[1].inputs == (0, 0)


def test_a_join_of_several_values_cannot_be_removed() -> None:
    table = table_of(written([linear(64), {"op": "add", "from": ["input", "linear"]}, linear(10)]))
    with pytest.raises(Impossible):
        table.removed([table.layers[1]])


def test_arguments_and_types_change_in_place() -> None:
    table = table_of(written([{"type": "Linear", "out_features": 10, "bias": False, "name": "head"}]))
    assert table.argued(table.layers, bias=True).layers[0].parameters == 650
    made = table.exchanged(table.layers, lambda item: item | {"out_features": 12})
    assert made.layers[0].output.shape == (12,)


def test_a_change_that_changes_nothing_is_none() -> None:
    table = table_of(written(deep()))
    with pytest.raises(Impossible):
        table.swapped([], "ReLU")


def test_keys_of_the_plan_are_set_and_taken_out() -> None:
    table = table_of(written(deep()))
    found = table.set("training.schedule", warmup_steps=10).set("training", epochs=None, steps=7)
    assert tree_of(found.submission)["training"]["schedule"] == {"warmup_steps": 10}
    assert (found.submission.training.steps, found.submission.training.epochs) == (7, None)
    assert table.submission.training.epochs == 30


def test_of_several_networks_one_is_changed() -> None:
    critic = {"input": {"shape": [2]}, "layers": [linear(8), "LeakyReLU", linear(1)]}
    generator = {"input": {"shape": [8]}, "layers": [linear(8), "ReLU", linear(2)]}
    submission = {
        "networks": {"generator": generator, "critic": critic},
        "training": {"loss": "Wasserstein", "optimizer": "RMSprop"},
        "data": {"source": "builtin", "name": "ring"},
    }
    evidence = evidence_of(submission)
    table = Table(evidence.submission, evidence.layers, "critic")
    found = table.inserted([table.layers[0]], lambda _layer: "LayerNorm")
    assert names(found) == ["linear:Linear", "layernorm:LayerNorm", "leakyrelu:LeakyReLU", "linear_2:Linear"]
    assert [layer.network for layer in found.everything].count("generator") == 3


def test_a_file_is_changed_by_edits() -> None:
    evidence = of_file(written(deep("Sigmoid", 2)))
    table = Table(evidence.submission, evidence.layers, "main")
    sigmoids = [layer for layer in table.layers if layer.type == "Sigmoid"]
    assert table.swapped(sigmoids, {"type": "LeakyReLU", "negative_slope": 0.2}).written["edits"] == [
        {"replace": "Sigmoid", "by": "LeakyReLU", "arguments": {"negative_slope": 0.2}}
    ]
    assert table.swapped(sigmoids[:1], "ReLU").written["edits"] == [
        {"replace": "Sigmoid", "by": "ReLU", "match": "h.0.sigmoid"}
    ]
    with pytest.raises(Impossible):
        table.argued(table.layers, bias=True)
    with pytest.raises(Impossible):
        table.with_edits()
