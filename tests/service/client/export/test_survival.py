"""A file is held against its module: what is gone is named."""

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

from service.client.export.survey import Survey
from service.client.export.survival import restore_numbers, survival


def file(*operators: str, **weights: torch.Tensor) -> onnx.ModelProto:
    """A file with such nodes and initializers; it need not run."""
    nodes = [helper.make_node(operator, ["x"], [f"y{place}"]) for place, operator in enumerate(operators)]
    tensors = [
        helper.make_tensor(
            name.replace("__", "."), TensorProto.FLOAT, value.shape, value.numpy().tobytes(), raw=True
        )
        for name, value in weights.items()
    ]
    return helper.make_model(helper.make_graph(nodes, "g", [], [], tensors))


def surveyed(**fields: object) -> Survey:
    known = {
        "aliases": (("weight",), ("bias",)), "normalizations": 0, "fixed_normalizations": 0, "dropouts": 0,
        "own_functions": (),
    }  # fmt: skip
    return Survey(**(known | fields))


MODULE = nn.Linear(3, 2)
WHOLE = {"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}


def test_what_is_there_is_named() -> None:
    held = survival(file("Gemm", **WHOLE), MODULE, surveyed())
    assert (held.names, held.missing, held.lost) == ({"weight": "weight", "bias": "bias"}, (), ())


def test_a_parameter_that_is_gone_or_has_another_shape_is_missing() -> None:
    held = survival(file("Gemm", weight=torch.zeros(3, 2)), MODULE, surveyed())
    assert held.missing == (
        "the parameter `weight` is not in the file",
        "the parameter `bias` is not in the file",
    )


def test_tied_weights_that_were_torn_apart_are_missing() -> None:
    module = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    module[1].weight = module[0].weight
    aliases = (("0.weight", "1.weight"),)
    torn = {"0__weight": torch.zeros(2, 2), "1__weight": torch.zeros(2, 2)}
    (sentence,) = survival(file(**torn), module, surveyed(aliases=aliases)).missing
    assert sentence == "the tied weights `0.weight` and `1.weight` were torn apart"
    torn.popitem()
    assert survival(file(**torn), module, surveyed(aliases=aliases)).names == {
        "0.weight": "0.weight",
        "1.weight": "0.weight",
    }


def test_layers_that_were_folded_away_are_counted() -> None:
    held = survival(file("Gemm", "Dropout", **WHOLE), MODULE, surveyed(normalizations=2, dropouts=3))
    assert held.lost == ("2 of 2 batch normalizations", "2 of 3 dropouts")


def test_layers_inside_functions_count() -> None:
    model = file(**WHOLE)
    inside = helper.make_node("Dropout", ["x"], ["y"])
    model.functions.append(
        helper.make_function("local", "f", ["x"], ["y"], [inside], [helper.make_opsetid("", 20)])
    )
    assert survival(model, MODULE, surveyed(dropouts=1)).lost == ()


def test_numbers_that_tracing_moved_are_put_right() -> None:
    model = file(**WHOLE)
    restore_numbers(model, MODULE)
    weight = onnx.numpy_helper.to_array(model.graph.initializer[0])
    assert (weight == MODULE.weight.detach().numpy()).all()
