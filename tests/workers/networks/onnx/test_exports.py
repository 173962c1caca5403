import pytest
import torch
from torch import nn

from tests.workers.networks.onnx.exporting import (
    NETWORKS,
    example,
    exported,
    file_of,
    imported,
    onnxruntime_output,
    original,
)
from workers.networks.onnx.load import load
from workers.networks.onnx.read import read

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=NETWORKS)
def name(request):
    return request.param


def _close(ours, theirs, tolerance=1e-4):
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def test_a_forward_is_what_onnxruntime_computes(name):
    x = example(name, 3)
    module = original(name).eval()
    data = exported(module, x) if name == "cnn" else file_of(name)  # onnxruntime would train its BatchNorm
    with torch.no_grad():
        output = load(read(data)).eval()(x)
        _close(output, onnxruntime_output(data, x))
        _close(output, module(x))


def test_the_parameters_are_the_originals_by_name_and_value(name):
    theirs = dict(original(name).named_parameters())
    ours = imported(name).parameter_of
    assert {key.replace("head.weight", "embedding.weight") if name == "tied" else key for key in ours} == set(
        theirs
    )
    assert sum(p.numel() for p in ours.values()) == sum(p.numel() for p in theirs.values())
    for key, value in ours.items():
        torch.testing.assert_close(value, theirs.get(key, theirs.get("embedding.weight")))


def test_every_parameter_gets_the_gradient_that_torch_gives_it_in_training_mode(name):
    module, network = original(name), imported(name)
    x = example(name, 4)
    for trained in (module, network):
        trained(x).square().sum().backward()
    theirs = dict(module.named_parameters())
    for key, value in network.parameter_of.items():
        _close(value.grad, theirs.get(key, theirs.get("embedding.weight")).grad)


def test_thirty_steps_of_training_go_the_same_way(name):
    curves = []
    for module in (original(name), imported(name)):
        module.train()
        optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
        losses = []
        for step in range(30):
            x = example(name, 4 + step % 3)
            y = torch.arange(len(x)) % 3
            loss = nn.functional.cross_entropy(module(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        curves.append(losses)
    torch.testing.assert_close(torch.tensor(curves[0]), torch.tensor(curves[1]), rtol=1e-4, atol=1e-6)


def test_the_inference_after_training_moved_the_running_statistics_is_the_same():
    module, network = original("cnn"), imported("cnn")
    with torch.no_grad():
        for step in range(3):
            x = example("cnn", 4 + step)
            module(x), network(x)
        _close(network.eval()(x), module.eval()(x))


def test_tied_weights_are_one_parameter():
    network = imported("tied")
    assert len(list(network.parameters())) == len(list(original("tied").parameters()))


def test_masks_are_constants_and_so_are_running_statistics():
    assert set(imported("cnn").report.constants) == {"stem.1.running_mean", "stem.1.running_var"}
    assert "mask" in imported("transformer").report.constants


def test_layers_bear_the_names_and_types_of_the_users_modules():
    named = {planned.layer.name: planned.layer.type for planned in imported("cnn").planned}
    assert {
        "stem.0": "Conv2d",
        "stem.1": "BatchNorm2d",
        "stem.2": "ReLU",
        "body": "Conv2d",
        "pool": "MaxPool2d",
        "head": "Linear",
    }.items() <= named.items()


def test_recurrent_layers_own_the_weights_that_are_rearranged_for_them():
    layers = {planned.layer.name: planned for planned in imported("lstm").planned}
    assert layers["lstm"].layer.type == "LSTM"
    assert len(layers["lstm"].parameters) == 8
    assert layers["embedding"].layer.family == "embedding"


def test_a_linear_layer_over_sequences_is_one_layer_with_its_bias():
    layers = {planned.layer.name: planned for planned in imported("transformer").planned}
    assert set(layers["layers.0.linear1"].parameters) == {"layers.0.linear1.weight", "layers.0.linear1.bias"}


def test_layers_say_where_they_were_written_and_nothing_of_the_machine():
    sources = [planned.source for planned in imported("mlp").planned]
    assert all(source.startswith("exporting.py:") for source in sources)


def test_depths_count_up_and_inputs_come_before(name):
    planned = imported(name).planned
    assert [entry.layer.depth for entry in planned] == list(range(len(planned)))
    assert all(depth < entry.layer.depth for entry in planned for depth in entry.layer.inputs)
    assert planned[0].layer.inputs in {(-1,), ()}


def test_every_layer_is_called_once_with_a_hook(name):
    network = imported(name)
    calls = []
    for depth, module in network.layers.items():
        module.register_forward_hook(lambda *_, depth=depth: calls.append(depth))
    network(example(name, 2))
    assert sorted(calls) == list(network.layers)


def test_a_whole_export_has_lost_nothing_but_what_cannot_be_seen(name):
    lost = imported(name).report.lost
    assert all("dropout" in sentence for sentence in lost)


def test_a_free_batch_takes_every_size_and_a_fixed_one_is_reported():
    assert imported("mlp").report.batch is None
    fixed = load(read(exported(original("lstm"), example("lstm"), dynamic=False)))
    assert fixed.report.batch == 5
    _close(fixed(example("lstm", 5)), original("lstm")(example("lstm", 5)))


def test_a_fixed_batch_that_changes_nothing_is_none():
    assert load(read(exported(original("mlp"), example("mlp"), dynamic=False))).report.batch is None


def test_an_export_for_inference_says_what_it_has_lost():
    network = load(read(exported(original("cnn").eval(), example("cnn"), optimize=True)))
    assert any("Batch normalization was folded" in sentence for sentence in network.report.lost)
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_weights_of_other_types_stay_what_they_are(dtype):
    module = original("mlp").to(dtype)
    x = example("mlp").to(dtype)
    network = load(read(exported(module, x)))
    assert {parameter.dtype for parameter in network.parameters()} == {dtype}
    torch.testing.assert_close(network(x), module(x), rtol=1e-2, atol=1e-2)
