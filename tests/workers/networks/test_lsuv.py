import pytest
import torch

from service.schemas.network import NetworkSpec
from tests.workers.networks import building
from tests.workers.networks.onnx.files import model, node, tensor
from tests.workers.networks.opening import opened, spec_of
from workers.networks.load import begin
from workers.networks.lsuv import scale, scaled_layers

RULE = {"match": "*", "weight": "lsuv", "bias": "zeros"}
X = 5 * torch.randn(64, 16, generator=torch.Generator().manual_seed(0)) + 1


def written(*, init=(RULE,), body=("Tanh",), depth=6):
    layers = [
        {"repeat": depth, "name": "h", "body": [{"type": "Linear", "out_features": 16, "name": "fc"}, *body]}
    ]
    return {"input": {"shape": [16]}, "layers": layers, "init": list(init)}


def scaled(spec, seed=0):
    network = building.loaded(seed, main=spec).modules["main"]
    depths = scaled_layers(NetworkSpec.model_validate(spec), [planned.layer for planned in network.planned])
    scale(network, depths, X, seed)
    return network, depths


def outputs(network, depths):
    seen = {}
    handles = [
        network.layers[depth].register_forward_hook(lambda _m, _i, y, depth=depth: seen.update({depth: y}))
        for depth in depths
    ]
    with torch.no_grad():
        network(X)
    for handle in handles:
        handle.remove()
    return [seen[depth] for depth in depths]


@pytest.mark.parametrize("body", [("Tanh",), ("ReLU",), ({"type": "Dropout", "p": 0.2}, "Sigmoid")])
def test_every_layer_keeps_the_variance_of_its_output_at_one(body):
    network, depths = scaled(written(body=body))
    assert len(depths) == 6
    torch.manual_seed(0)
    for output in outputs(network, depths):
        assert output.var(correction=0).item() == pytest.approx(1.0, abs=0.1)


def test_weights_are_orthogonal_up_to_their_scale():
    network, depths = scaled(written())
    weight = network.layers[depths[3]].weight.detach()
    gram = weight @ weight.t()
    torch.testing.assert_close(gram / gram[0, 0], torch.eye(16), atol=1e-5, rtol=0)


def test_only_layers_that_are_told_to_are_scaled():
    rule = RULE | {"match": "h.2.*"}
    network, depths = scaled(written(init=(rule,)))
    fresh = building.loaded(0, main=written(init=(rule,))).modules["main"]
    changed = [
        planned.layer.name
        for planned in network.planned
        if planned.layer.parameters
        and not torch.equal(
            network.layers[planned.layer.depth].weight, fresh.layers[planned.layer.depth].weight
        )
    ]
    assert changed == ["h.2.fc"]
    assert len(depths) == 1


def test_an_output_without_variance_leaves_the_weight_alone():
    spec = written(
        init=(RULE | {"match": "h.0.*"}, {"match": "h.0.*", "layer": "Linear", "weight": "lsuv"}), depth=1
    )
    network = building.loaded(0, main=spec).modules["main"]
    before = network.layers[0].weight.detach().clone()
    scale(network, (0,), torch.zeros(8, 16), 0)
    assert torch.equal(network.layers[0].weight, before)


def test_running_statistics_and_the_random_state_stay():
    spec = written(body=("BatchNorm1d", "ReLU"))
    network = building.loaded(0, main=spec).modules["main"]
    kept = {name: buffer.clone() for name, buffer in network.named_buffers()}
    torch.manual_seed(9)
    expected = torch.rand(1)
    torch.manual_seed(9)
    scale(network, scaled_layers(NetworkSpec.model_validate(spec), [p.layer for p in network.planned]), X, 0)
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(buffer, kept[name]) for name, buffer in network.named_buffers())


def test_layers_of_a_file_are_scaled_whichever_way_their_weights_lie(tmp_path):
    nodes = [
        node("Gemm", ["x", "a.weight"], ["h"]),
        node("Tanh", ["h"], ["t"]),
        node("Gemm", ["t", "b.weight"], ["y"], transB=1),
    ]
    file = model(nodes, [tensor("a.weight", 16, 8), tensor("b.weight", 4, 8)], shape=("batch", 16))
    network = opened(file, tmp_path)
    spec = spec_of("sha256:" + "0" * 64, init=[{"match": "*", "weight": "lsuv"}])
    begin(network, spec, 0)
    depths = scaled_layers(spec, [planned.layer for planned in network.planned])
    scale(network, depths, X, 0)
    assert depths == (0, 2)
    for output in outputs(network, depths):
        assert output.var(correction=0).item() == pytest.approx(1.0, abs=0.1)
