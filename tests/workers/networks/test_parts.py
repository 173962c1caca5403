import torch
from torch import nn

from tests.workers.networks.onnx.exporting import imported
from tests.workers.networks.onnx.files import model, node, tensor
from workers.networks.onnx.load import load
from workers.networks.onnx.read import read
from workers.networks.parts import Part, parts_of


def parts(nodes, initializers, **rest):
    network = load(read(model(nodes, initializers, **rest).SerializeToString()))
    return parts_of(network.nodes, network.parameter_of)


def of_export(name):
    network = imported(name)
    return parts_of(network.nodes, network.parameter_of)


def test_a_product_takes_in_by_out_unless_it_turns_its_weight():
    nodes = [
        node("Gemm", ["x", "a.weight"], ["a"]),
        node("Gemm", ["a", "b.weight"], ["b"], transB=1),
        node("MatMul", ["b", "c.weight"], ["c"]),
        node("Transpose", ["d.weight"], ["t"]),
        node("MatMul", ["c", "t"], ["y"]),
    ]
    found = parts(nodes, [tensor(f"{name}.weight", 4, 4) for name in "abcd"])
    assert {name: part.turned for name, part in found.items()} == {
        "a.weight": True,
        "b.weight": False,
        "c.weight": True,
        "d.weight": False,
    }
    assert {part.kind for part in found.values()} == {"linear"}


def test_a_weight_on_the_left_of_a_product_lies_as_in_torch():
    nodes = [
        node("Transpose", ["x"], ["t"]),
        node("MatMul", ["a.weight", "t"], ["h"]),
        node("Transpose", ["h"], ["y"]),
    ]
    assert parts(nodes, [tensor("a.weight", 3, 4)])["a.weight"] == Part("linear")


def test_exports_of_torch_hold_torchs_words():
    assert of_export("transformer")["layers.0.self_attn.in_proj_weight"] == Part("projections")
    assert of_export("transformer")["layers.0.linear1.weight"] == Part("linear")
    assert of_export("transformer")["layers.0.norm1.weight"] == Part("scale")
    assert of_export("transformer")["layers.0.norm1.bias"] == Part("shift")
    assert of_export("transformer")["position"] == Part("free")
    assert of_export("cnn")["stem.0.weight"] == Part("convolution")
    assert of_export("cnn")["body.bias"] == Part("bias")
    assert of_export("tied")["head.weight"] == Part("embedding")


def test_recurrent_weights_are_seen_through_what_rearranges_them():
    lstm = of_export("lstm")
    assert lstm["lstm.weight_ih_l1_reverse"] == Part("input", gates=4)
    assert lstm["lstm.weight_hh_l0"] == Part("recurrent", gates=4)
    assert lstm["lstm.bias_hh_l0"] == Part("bias")
    assert of_export("gru")["gru.weight_ih_l0"] == Part("input", gates=3)


def test_the_slope_of_a_rectifier_is_one_and_a_bias_behind_a_convolution_too():
    nodes = [
        node("Conv", ["x", "c.weight"], ["c"]),
        node("Add", ["c", "c.bias"], ["b"]),
        node("PRelu", ["b", "p.weight"], ["y"]),
    ]
    initializers = [tensor("c.weight", 2, 4, 1), tensor("c.bias", 1), tensor("p.weight", 2, 1)]
    found = parts(nodes, initializers, shape=("batch", 4, 3))
    assert [found[name].kind for name in ("c.weight", "c.bias", "p.weight")] == [
        "convolution",
        "bias",
        "slope",
    ]


def test_maps_are_single_matrices_and_write_through():
    weight = nn.Parameter(torch.zeros(2, 6, 3))
    maps = list(Part("input", gates=3).maps(weight))
    assert [tuple(each.shape) for each in maps] == [(2, 3)] * 6
    with torch.no_grad():
        maps[1].fill_(1.0)
    assert weight[0, 2:4].eq(1).all()
    assert weight.sum() == 6


def test_stacked_products_are_one_map_each_whichever_way_they_lie():
    weight = torch.zeros(5, 3, 4)
    assert [tuple(each.shape) for each in Part("linear", turned=True).maps(weight)] == [(4, 3)] * 5
    assert [tuple(each.shape) for each in Part("projections").maps(torch.zeros(9, 3))] == [(3, 3)] * 3


def test_rows_are_units():
    weight = torch.arange(12.0).reshape(3, 4)
    assert torch.equal(Part("linear", turned=True).rows(weight), weight.t())
    assert torch.equal(Part("linear").rows(weight), weight)
    assert Part("recurrent", gates=4).rows(torch.zeros(2, 8, 2)).shape == (16, 2)
    assert Part("linear", turned=True).rows(torch.zeros(5, 3, 4)).shape == (20, 3)
    assert Part("convolution").rows(torch.zeros(8, 2, 3, 3)).shape == (8, 2, 3, 3)
