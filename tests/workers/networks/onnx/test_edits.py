import pytest
import torch
from pydantic import TypeAdapter

from service.schemas.edits import Edit
from tests.workers.networks.onnx.exporting import example, file_of
from tests.workers.networks.onnx.files import model, node, tensor
from workers.networks.onnx.load import load
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import RefusedNetwork

_EDITS = TypeAdapter(tuple[Edit, ...])


def _edited(data, *edits, **options):
    return load(read(data), Options(edits=_EDITS.validate_python(edits), **options))


def _layers(network):
    return {entry.layer.name: entry.layer for entry in network.planned}


def _chain():
    """Three layers of equal width without a bias, and sigmoids between them."""
    nodes, value = [], "x"
    for number in range(3):
        nodes += [
            node("MatMul", [value, f"fc{number}.weight"], [f"h{number}"]),
            node("Sigmoid", [f"h{number}"], ["y" if number == 2 else f"s{number}"]),
        ]
        value = f"s{number}"
    weights = [tensor(f"fc{number}.weight", 4, 4, seed=number) for number in range(3)]
    return model(nodes, weights, opset=13).SerializeToString()


def test_an_activation_gives_way_to_another_and_the_names_stay():
    before = load(read(_chain()))
    network = _edited(
        _chain(), {"replace": "Sigmoid", "by": "LeakyReLU", "arguments": {"negative_slope": 0.5}}
    )
    assert list(_layers(network)) == list(_layers(before))
    x = torch.randn(3, 4)
    expected = x
    for number in range(3):
        expected = torch.nn.functional.leaky_relu(expected @ network.parameter_of[f"fc{number}.weight"], 0.5)
    torch.testing.assert_close(network(x), expected)


@pytest.mark.parametrize(
    "name",
    [
        "ReLU", "ReLU6", "Tanh", "Softsign", "SiLU", "Mish", "SELU", "Hardsigmoid", "Hardswish", "ELU", "CELU",
        "GELU", "Softplus", "Hardtanh", "Softshrink", "Hardshrink", "PReLU", "LogSoftmax",
    ],
)  # fmt: skip
def test_every_activation_that_comes_in_computes_what_torchs_does(name):
    network = _edited(_chain(), {"replace": "Sigmoid", "by": name, "match": "sigmoid_3"})
    layers = _layers(network)
    assert layers["sigmoid_1"].type == "Sigmoid"
    seen = []
    network.layers[layers["sigmoid_3"].depth].register_forward_hook(
        lambda _m, given, made: seen.append((given, made))
    )
    network(torch.randn(3, 4) * 5)
    ((given,), made) = seen[0]
    arguments = {"dim": -1} if name == "LogSoftmax" else {}
    torch.testing.assert_close(made, getattr(torch.nn, name)(**arguments)(given))


def test_a_normalization_behind_a_layer_has_fresh_parameters_of_its_own():
    network = _edited(_chain(), {"insert": "BatchNorm", "after": "fc1"})
    layers = _layers(network)
    assert layers["fc1.batchnorm"].type == "BatchNorm1d"
    assert layers["fc1.batchnorm"].inputs == (layers["fc1"].depth,)
    assert layers["sigmoid_2"].inputs == (layers["fc1.batchnorm"].depth,)
    assert {"fc1.batchnorm.weight", "fc1.batchnorm.bias"} < set(network.parameter_of)
    seen = []
    network.layers[layers["fc1.batchnorm"].depth].register_forward_hook(lambda *held: seen.append(held[2]))
    network(torch.randn(50, 4))
    torch.testing.assert_close(seen[0].mean(0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(network.eval()(torch.ones(2, 4)).shape, torch.Size([2, 4]))


def test_images_are_normalized_per_channel_or_whole():
    layers = _layers(_edited(file_of("cnn"), {"insert": "BatchNorm", "after": "body"}))
    assert layers["body.batchnorm"].type == "BatchNorm2d"
    assert layers["body.batchnorm"].parameters == 16
    layers = _layers(_edited(file_of("cnn"), {"insert": "LayerNorm", "after": "body"}))
    assert layers["body.layernorm"].parameters == 2 * 8 * 8 * 8


def test_steps_of_a_sequence_are_normalized_by_their_features():
    edit = {"insert": "LayerNorm", "after": "layers.0.linear1"}
    network = _edited(file_of("transformer"), edit)
    assert _layers(network)["layers.0.linear1.layernorm"].parameters == 32
    network(example("transformer", 3)).sum().backward()
    assert network.parameter_of["layers.0.linear1.layernorm.weight"].grad is not None
    with pytest.raises(RefusedNetwork, match="insert LayerNorm") as refused:
        _edited(file_of("transformer"), edit, {"insert": "BatchNorm", "after": "layers.0.linear1"})
    assert refused.value.problems[0].pointer == "/network/edits/1"


def test_a_residual_adds_what_flows_into_its_start():
    network = _edited(_chain(), {"residual": {"start": "fc1", "end": "sigmoid_2"}})
    x = torch.randn(3, 4)
    weights = [network.parameter_of[f"fc{number}.weight"] for number in range(3)]
    first = torch.sigmoid(x @ weights[0])
    second = torch.sigmoid(first @ weights[1]) + first
    torch.testing.assert_close(network(x), torch.sigmoid(second @ weights[2]))
    layers = _layers(network)
    assert layers["sigmoid_2.residual"].inputs == (layers["sigmoid_2"].depth, layers["sigmoid_1"].depth)


def test_a_residual_from_the_very_input_to_the_output():
    network = _edited(_chain(), {"residual": {"start": "fc0", "end": "sigmoid_3"}})
    plain = load(read(_chain()))
    x = torch.randn(3, 4)
    torch.testing.assert_close(network(x), plain(x) + x)


def test_a_residual_between_unequal_shapes_is_refused():
    with pytest.raises(RefusedNetwork, match="a residual needs the same"):
        _edited(file_of("mlp"), {"residual": {"start": "hidden.0", "end": "head"}})
    with pytest.raises(RefusedNetwork, match="runs behind"):
        _edited(_chain(), {"residual": {"start": "fc2", "end": "fc0"}})
    with pytest.raises(RefusedNetwork, match="no layer nobody"):
        _edited(_chain(), {"residual": {"start": "nobody", "end": "fc0"}})


def test_a_bias_comes_to_every_layer_that_has_none():
    network = _edited(_chain(), {"add_bias": "fc*"})
    assert {f"fc{number}.bias" for number in range(3)} < set(network.parameter_of)
    assert list(_layers(network)) == list(_layers(load(read(_chain()))))
    network(torch.ones(2, 4)).sum().backward()
    assert network.parameter_of["fc0.bias"].grad is not None
    network = _edited(file_of("cnn"), {"add_bias": "stem.0"})
    assert network.parameter_of["stem.0.bias"].shape == (8,)
    with pytest.raises(RefusedNetwork, match="has a bias"):
        _edited(file_of("cnn"), {"add_bias": "head"})


def test_edits_build_on_those_before_them():
    network = _edited(
        _chain(),
        {"add_bias": "fc1"},
        {"insert": "LayerNorm", "after": "fc1"},
        {"replace": "Sigmoid", "by": "ReLU", "match": "sigmoid_[12]"},
        {"residual": {"start": "fc1.layernorm", "end": "fc1.layernorm"}},
    )
    assert list(_layers(network)) == [
        "fc0", "sigmoid_1", "fc1", "fc1.layernorm", "fc1.layernorm.residual", "sigmoid_2", "fc2", "sigmoid_3",
    ]  # fmt: skip
    assert network.parameter_of["fc1.bias"].requires_grad


def test_the_unchanged_weights_are_those_of_the_file():
    before, network = load(read(_chain())), _edited(_chain(), {"insert": "LayerNorm", "after": "*"})
    for name, value in before.parameter_of.items():
        assert torch.equal(value, network.parameter_of[name])


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        ({"replace": "Sigmoid", "by": "Nonsense"}, "cannot come in"),
        ({"replace": "Sigmoid", "by": "ReLU", "arguments": {"inplace": True}}, "these arguments"),
        ({"replace": "Tanh", "by": "ReLU"}, "No layer of type Tanh"),
        ({"insert": "BatchNorm", "after": "nobody"}, "No layer is called"),
        ({"replace": "Linear", "by": "ReLU"}, "is no activation"),
    ],
)
def test_an_edit_that_fits_nowhere_is_refused(edit, match):
    with pytest.raises(RefusedNetwork, match=match):
        _edited(_chain(), edit)
