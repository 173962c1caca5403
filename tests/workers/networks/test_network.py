import copy
import weakref

import pytest
import torch
from torch import nn

from tests.workers.networks.building import loaded, named, network
from workers.networks.network import PlanNetwork

torch.set_num_threads(1)


def reaches_every_parameter(built: nn.Module, x: torch.Tensor) -> bool:
    built(x).square().sum().backward()
    return all(p.grad is not None and p.grad.abs().sum() > 0 for p in built.parameters())


def test_a_chain_computes_what_sequential_does_with_the_same_weights():
    built = network(
        [6], [{"repeat": 3, "name": "h", "body": [{"type": "Linear", "out_features": 5}, "Tanh"]}, "Softsign"]
    )
    by_hand = nn.Sequential(
        nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 5), nn.Tanh(), nn.Softsign()
    )
    with torch.no_grad():
        for mine, other in zip(built.parameters(), by_hand.parameters(), strict=True):
            other.copy_(mine)
    x = torch.randn(4, 6)
    y, expected = built(x), by_hand(x)
    assert torch.equal(y, expected)
    y.sum().backward()
    expected.sum().backward()
    assert all(
        torch.equal(p.grad, q.grad) for p, q in zip(built.parameters(), by_hand.parameters(), strict=True)
    )


def test_a_residual_adds_its_input_to_its_body():
    built = network(
        [4], [{"residual": {"body": [{"type": "Linear", "out_features": 4}, "ReLU"]}, "name": "r"}]
    )
    x = torch.randn(3, 4)
    assert torch.equal(built(x), named(built, "r.linear")(x).relu() + x)
    assert reaches_every_parameter(built, x)


def test_a_residual_with_a_shortcut_adds_both_ways():
    built = network(
        [4],
        [
            {
                "name": "r",
                "residual": {
                    "body": [{"type": "Linear", "out_features": 7}],
                    "shortcut": [{"type": "Linear", "out_features": 7, "bias": False}],
                },
            }
        ],
    )
    x = torch.randn(3, 4)
    assert torch.equal(built(x), named(built, "r.linear")(x) + named(built, "r.shortcut.linear")(x))
    assert reaches_every_parameter(built, x)


def test_a_free_graph_joins_earlier_layers_by_name():
    built = network(
        [4],
        [
            {"type": "Linear", "out_features": 3, "name": "a"},
            {"type": "Linear", "out_features": 3, "name": "b", "from": "input"},
            {"op": "mul", "from": ["a", "b"], "name": "product"},
            {"op": "concat", "from": ["product", "a", "input"], "name": "all"},
            {"op": "mean", "from": ["a", "b", "product"], "name": "average"},
            {"op": "concat", "from": ["all", "average"]},
        ],
    )
    x = torch.randn(2, 4)
    a, b = named(built, "a")(x), named(built, "b")(x)
    expected = torch.cat([a * b, a, x, (a + b + a * b) / 3], dim=1)
    assert torch.equal(built(x), expected)
    assert reaches_every_parameter(built, x)


def test_blocks_used_twice_have_weights_of_their_own():
    built = network(
        [4],
        [{"use": "mlp", "with": {"width": 5}}, {"use": "mlp", "with": {"width": 6}, "name": "second"}],
        blocks={
            "mlp": {
                "parameters": {"width": None},
                "layers": [{"type": "Linear", "out_features": "$width"}, "ReLU"],
            }
        },
    )
    x = torch.randn(2, 4)
    expected = named(built, "second.linear")(named(built, "mlp.linear")(x).relu()).relu()
    assert torch.equal(built(x), expected)
    assert expected.shape == (2, 6)


def test_the_output_may_be_a_layer_before_the_last():
    whole = network([4], [{"type": "Linear", "out_features": 3}, "ReLU", "Sigmoid"])
    x = torch.randn(2, 4)
    cut = PlanNetwork(whole.planned, whole.layers, output=1)
    assert torch.equal(cut(x).sigmoid(), whole(x))


def test_several_networks_stand_apart_and_are_numbered_through():
    networks = loaded(
        generator={"input": {"shape": [2]}, "layers": [{"type": "Linear", "out_features": 3}, "Tanh"]},
        critic={"input": {"shape": [3]}, "layers": [{"type": "Linear", "out_features": 1}]},
    ).modules
    assert {name: list(built.layers) for name, built in networks.items()} == {
        "generator": [0, 1],
        "critic": [2],
    }
    score = networks["critic"](networks["generator"](torch.randn(5, 2)))
    assert score.shape == (5, 1)
    score.sum().backward()
    assert all(p.grad is not None for built in networks.values() for p in built.parameters())


def test_every_layer_is_called_once_with_all_its_inputs():
    layers = [{"residual": {"body": [{"type": "Linear", "out_features": 4}]}, "name": "r"}, "Sigmoid"]
    built = network([4], layers)
    calls = []
    for depth, module in built.layers.items():
        module.register_forward_hook(
            lambda _, inputs, output, depth=depth: calls.append((depth, len(inputs)))
        )
    built(torch.randn(2, 4))
    assert calls == [(0, 1), (1, 2), (2, 1)]


def test_an_output_is_let_go_when_nothing_later_needs_it():
    first = {"type": "Linear", "out_features": 4}
    layers = [first, {"op": "add", "from": ["linear", "input"]}, "Tanh", "Sigmoid", "Softsign"]
    built = network([4], layers)
    outputs = {}
    alive = []

    def watch(depth):
        def hook(_module, _inputs, output):
            alive.append({before for before, reference in outputs.items() if reference() is not None})
            outputs[depth] = weakref.ref(output)

        return hook

    for depth, module in built.layers.items():
        module.register_forward_hook(watch(depth))
    with torch.no_grad():
        built(torch.randn(2, 4))
    assert alive == [set(), {0}, {1}, {2}, {3}]


def test_the_network_moves_and_changes_precision_as_a_whole():
    built = network([4], [{"type": "Linear", "out_features": 3, "norm": "weight"}, "Tanh"])
    assert built.double()(torch.randn(2, 4, dtype=torch.float64)).dtype == torch.float64


def test_a_copy_is_a_network_of_its_own():
    built = network([4], [{"type": "Linear", "out_features": 3, "norm": "spectral"}, "Tanh"])
    twin = copy.deepcopy(built)
    x = torch.randn(2, 4)
    assert torch.equal(built.eval()(x), twin.eval()(x))
    with torch.no_grad():
        twin.layers[0].bias.add_(1.0)
    assert not torch.equal(built(x), twin(x))


def conv(channels, **fields):
    return {"type": "Conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1, **fields}


RESNET = {
    "input": {"shape": [3, 8, 8]},
    "blocks": {
        "basic": {
            "parameters": {"channels": None, "stride": 1},
            "layers": [
                {
                    "residual": {
                        "body": [
                            conv("$channels", stride="$stride"), "BatchNorm2d", "ReLU",
                            conv("$channels"), "BatchNorm2d",
                        ],
                        "shortcut": [conv("$channels", kernel_size=1, padding=0, stride="$stride")],
                    }
                },
                "ReLU",
            ],
        }
    },
    "layers": [
        conv(4), {"use": "basic", "with": {"channels": 4}}, {"use": "basic", "with": {"channels": 8, "stride": 2}},
        {"type": "AdaptiveAvgPool2d", "output_size": 1}, "Flatten", {"type": "Linear", "out_features": 5},
    ],
}  # fmt: skip
ENCODER = {
    "type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 16, "norm_first": True, "mask": "causal",
}  # fmt: skip
TRANSFORMER = {
    "input": {"shape": [6], "dtype": "int", "vocab": 11},
    "layers": [
        {"type": "Embedding", "embedding_dim": 8}, "PositionalEmbedding",
        {"repeat": 2, "body": [ENCODER]},
        "LayerNorm", {"type": "Linear", "out_features": 11},
    ],
}  # fmt: skip
RECURRENT = {
    "input": {"shape": [6, 3]},
    "layers": [
        {"type": "LSTM", "hidden_size": 4, "bidirectional": True, "num_layers": 2, "output": "sequence"},
        {"type": "GRU", "hidden_size": 5, "output": "mean"}, {"type": "Linear", "out_features": 2},
    ],
}  # fmt: skip
AUTOENCODER = {
    "input": {"shape": [1, 8, 8]},
    "layers": [
        conv(4, stride=2), "SiLU", conv(8, stride=2, norm="weight"), "SiLU",
        {"type": "ConvTranspose2d", "out_channels": 4, "kernel_size": 2, "stride": 2}, "SiLU",
        {"type": "Upsample", "scale_factor": 2, "mode": "bilinear"}, conv(1, norm="spectral"), "Sigmoid",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "shape"),
    [(RESNET, (5,)), (TRANSFORMER, (6, 11)), (RECURRENT, (2,)), (AUTOENCODER, (1, 8, 8))],
    ids=["resnet", "transformer", "recurrent", "autoencoder"],
)
@pytest.mark.parametrize("defaults", ["torch", "keras"])
def test_well_known_networks_train_in_every_parameter(written, shape, defaults):
    built = loaded(main={**written, "defaults": defaults}).modules["main"]
    given = written["input"]
    x = torch.randint(11, (4, *given["shape"])) if "vocab" in given else torch.randn(4, *given["shape"])
    y = built(x)
    assert y.shape == (4, *shape)
    y.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in built.parameters())
    assert sum(p.numel() for p in built.parameters()) == sum(plan.layer.parameters for plan in built.planned)


def test_a_network_reads_its_example_alone():
    built = loaded(main=RECURRENT).modules["main"].eval()
    x = torch.randn(3, 6, 3)
    torch.testing.assert_close(built(x)[1:2], built(x[1:2]))
