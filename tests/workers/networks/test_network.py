import weakref

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
