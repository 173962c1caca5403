import pytest
import torch
from torch import nn

from service.errors import InvalidSubmission
from service.schemas.planned import Plan, PlannedLayer
from tests.workers.networks import building
from tests.workers.networks.building import loaded, named, network, submitted
from tests.workers.networks.onnx.files import model, node, tensor
from tests.workers.networks.opening import opened, spec_of
from workers.errors import CannotBuild, OutOfMemory
from workers.networks.load import begin, choose_trained, load

torch.set_num_threads(1)
LAYERS = [
    {"type": "Linear", "out_features": 8, "name": "first"},
    "Tanh",
    {"type": "Linear", "out_features": 8, "name": "second", "norm": "spectral"},
    {"type": "Linear", "out_features": 2, "name": "third", "norm": "weight"},
]


def state(seed, layers=LAYERS, **rest):
    return network([4], layers, seed=seed, **rest).state_dict()


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_the_same_seed_gives_the_same_bits():
    assert equal(state(7), state(7))


def test_another_seed_gives_other_weights_in_every_layer():
    one, other = state(7), state(8)
    assert not any(torch.equal(one[key], other[key]) for key in one)


def test_the_global_random_state_is_neither_read_nor_changed():
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    one = state(7)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert equal(one, state(7))


def test_changing_a_layer_leaves_the_weights_of_the_others_alone():
    changed = [{**LAYERS[0], "bias": False}, "ReLU", *LAYERS[2:]]
    one, other = network([4], LAYERS), network([4], changed)
    for name in ("second", "third"):
        assert equal(named(one, name).state_dict(), named(other, name).state_dict())


def test_layers_and_networks_of_one_shape_begin_differently():
    written = {
        "input": {"shape": [4]},
        "layers": [{"repeat": 2, "body": [{"type": "Linear", "out_features": 4}]}],
    }
    networks = loaded(one=written, other=written).modules.values()
    weights = [module.weight for built in networks for module in built.layers.values()]
    assert all(not torch.equal(a, b) for i, a in enumerate(weights) for b in weights[:i])


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**63, 10**40])
def test_any_integer_is_a_seed(seed):
    state(seed)


def test_weight_and_spectral_norm_keep_what_they_promise():
    built = network([4], LAYERS).train()
    for _ in range(30):
        built(torch.randn(3, 4))
    assert torch.linalg.matrix_norm(named(built, "second").weight, 2).item() == pytest.approx(1, abs=0.05)
    third = named(built, "third")
    lengths = third.parametrizations.weight.original0.detach()
    assert torch.allclose(third.weight.norm(dim=1, keepdim=True), lengths)


def test_a_normalised_layer_begins_with_the_weight_that_a_rule_gave_it():
    built = network([4], LAYERS, init=[{"match": "third", "weight": "ones", "bias": "zeros"}])
    assert torch.allclose(named(built, "third").weight, torch.ones(2, 8))


def with_arguments(**arguments):
    """A plan whose only layer asks torch for something else than was written."""
    submission, plan = submitted(
        main={"input": {"shape": [4]}, "layers": [{"type": "Linear", "out_features": 3}]}
    )
    ((planned,),) = plan.networks.values()
    spec = planned.spec
    kind = type("Bent", (type(spec),), {"arguments": lambda self, *_: arguments})
    bent = PlannedLayer(planned.layer, kind.model_construct(**dict(spec)), planned.inputs)
    return submission, Plan({"main": (bent,)}, plan.outputs, plan.inputs)


@pytest.mark.parametrize(
    "arguments",
    [
        {"in_features": -1, "out_features": 3},
        {"in_features": 4, "wings": 2},
        {"in_features": 4, "out_features": "many"},
    ],
)
def test_what_torch_refuses_is_the_clients_and_names_layer_and_place(arguments):
    with pytest.raises(CannotBuild, match="Layer linear cannot be built") as refused:
        load(*with_arguments(**arguments), seed=0)
    assert (refused.value.layer, refused.value.pointer) == ("linear", "/network/layers/0")
    assert refused.value.failure().whose == "client"


def test_a_layer_larger_than_memory_is_told_apart():
    with pytest.raises(OutOfMemory, match="Layer linear does not fit into memory"):
        load(*with_arguments(in_features=10**7, out_features=10**7), seed=0)


def test_networks_are_built_in_training_mode_on_the_cpu_in_single_precision():
    built = network([4], LAYERS)
    assert all(module.training for module in built.modules())
    assert {(p.device.type, p.dtype, p.requires_grad) for p in built.parameters()} == {
        ("cpu", torch.float32, True)
    }
    assert all(isinstance(module, nn.Module) for module in built.layers.values())


def chain(*names):
    """Linear layers of a file, 4 wide, whose weights lie as (in, out)."""
    values = ["x", *(f"{name}.out" for name in names[:-1]), "y"]
    nodes = [
        node("Gemm", [values[i], f"{name}.weight", f"{name}.bias"], [values[i + 1]])
        for i, name in enumerate(names)
    ]
    tensors = [
        tensor(f"{name}.{what}", *shape)
        for name in names
        for what, shape in (("weight", (4, 4)), ("bias", (4,)))
    ]
    return model(nodes, tensors)


def weights(network):
    return {name: weight.detach().clone() for name, weight in network.parameter_of.items()}


def test_a_file_keeps_its_weights_whatever_the_seed(tmp_path):
    network = opened(chain("a", "b"), tmp_path)
    given = weights(network)
    begin(network, spec_of("sha256:" + "0" * 64), 3)
    assert equal(given, weights(network))


def test_fresh_weights_of_a_file_are_those_of_the_same_layers_written_out(tmp_path):
    network = opened(chain("first", "second"), tmp_path)
    begin(network, spec_of("sha256:" + "0" * 64, weights="reinitialize"), 7)
    written = [{"type": "Linear", "out_features": 4, "name": name} for name in ("first", "second")]
    built = building.network([4], written, seed=7)
    for name in ("first", "second"):
        assert torch.equal(network.parameter_of[f"{name}.weight"].t(), named(built, name).weight)
        assert torch.equal(network.parameter_of[f"{name}.bias"], named(built, name).bias)


def test_a_rule_draws_its_layers_afresh_and_leaves_the_others(tmp_path):
    network = opened(chain("a", "b"), tmp_path)
    given = weights(network)
    rule = {"match": "b", "weight": {"scheme": "constant", "val": 0.5}}
    begin(network, spec_of("sha256:" + "0" * 64, init=[rule]), 0)
    begun = weights(network)
    assert torch.equal(given["a.weight"], begun["a.weight"])
    assert begun["b.weight"].eq(0.5).all()
    assert begun["b.bias"].abs().max() <= 0.5
    assert not torch.equal(given["b.bias"], begun["b.bias"])


def test_running_statistics_begin_anew_with_their_layer(tmp_path):
    names = ("bn.weight", "bn.bias", "mean", "var")
    nodes = [node("BatchNormalization", ["x", *names], ["n"]), node("Gemm", ["n", "fc.weight"], ["y"])]
    network = opened(
        model(nodes, [*(tensor(name, 4) for name in names), tensor("fc.weight", 4, 2)]), tmp_path
    )
    begin(network, spec_of("sha256:" + "0" * 64, weights="reinitialize"), 0)
    buffers = [each for each in network.buffers() if each.shape == (4,)]
    assert sorted(each.unique().tolist() for each in buffers) == [[0.0], [1.0]]


def trained(network):
    return {name for name, weight in network.parameter_of.items() if weight.requires_grad}


def test_patterns_choose_what_is_trained_and_freeze_wins(tmp_path):
    file = chain("a", "b", "c")
    for said, left in (
        ({}, {"a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"}),
        ({"freeze": ["a.*", "*.bias"]}, {"b.weight", "c.weight"}),
        ({"train": ["c.*"]}, {"c.weight", "c.bias"}),
        ({"train": ["b.*", "c.*"], "freeze": ["b.*"]}, {"c.weight", "c.bias"}),
    ):
        network = opened(file, tmp_path)
        choose_trained(network, spec_of("sha256:" + "0" * 64, **said))
        assert trained(network) == left
        assert set(network.report.frozen) == set(network.parameter_of) - left


def test_what_is_frozen_counts_no_parameters_and_has_no_weights_to_watch(tmp_path):
    network = opened(chain("a", "b"), tmp_path)
    choose_trained(network, spec_of("sha256:" + "0" * 64, freeze=["a.*"]))
    assert [planned.layer.parameters for planned in network.planned] == [0, 20]
    assert [len(list(network.weights(depth))) for depth in (0, 1)] == [0, 1]


@pytest.mark.parametrize(
    ("said", "pointer", "words"),
    [
        ({"freeze": ["zz.*"]}, "/network/freeze/0", "no parameter is called zz"),
        ({"train": ["a.*", "nothing"]}, "/network/train/1", "no parameter is called nothing"),
        ({"freeze": ["*"]}, "/network/freeze", "nothing is left to train"),
        ({"init": [{"match": "zz", "weight": "zeros"}]}, "/network/init/0/match", "speaks of no layer"),
    ],
)
def test_what_was_said_and_means_nothing_is_refused_with_its_place(tmp_path, said, pointer, words):
    network = opened(chain("a", "b"), tmp_path)
    with pytest.raises(InvalidSubmission) as refused:
        choose_trained(network, spec_of("sha256:" + "0" * 64, **said))
    (problem,) = refused.value.problems
    assert problem.pointer == pointer
    assert words in problem.message
