import pytest

from service.errors import InvalidSubmission
from service.schemas.expansion import expand, network_pointers, submission_networks
from service.schemas.limits import Limits
from service.schemas.plan import Tensor
from service.schemas.submission import Submission
from tests.service.schemas.networks import layers_of, linear, names, network, planned, refused


def test_a_deep_network_gets_numbers_names_and_shapes():
    layers = layers_of({"repeat": 2, "name": "h", "body": [linear(4), "Sigmoid"]}, linear(3, name="head"))
    assert [layer.name for layer in layers] == [
        "h.0.linear",
        "h.0.sigmoid",
        "h.1.linear",
        "h.1.sigmoid",
        "head",
    ]
    assert [layer.depth for layer in layers] == [0, 1, 2, 3, 4]
    assert [layer.inputs for layer in layers] == [(-1,), (0,), (1,), (2,), (3,)]
    assert [layer.parameters for layer in layers] == [36, 0, 20, 0, 15]
    assert layers[2].pointer == "/network/layers/0/body/0"
    assert layers[4].output == Tensor(shape=(3,))


def test_a_plan_adds_its_layers_up():
    plan = planned({"repeat": 2, "body": [linear(4), "ReLU"]})
    assert plan.parameters == 56
    assert plan.multiply_adds == 32 + 4 + 16 + 4
    assert plan.activation_values == 16
    assert plan.outputs == {"main": 3}
    assert plan.inputs == {"main": Tensor(shape=(8,))}
    assert plan.output("main") == Tensor(shape=(4,))
    assert [p.inputs[0].shape for p in plan.planned] == [(8,), (4,), (4,), (4,)]


def test_a_residual_ends_in_its_sum():
    layers = layers_of({"residual": {"body": [linear(8), "Tanh"]}, "name": "r"}, linear(2))
    assert [layer.name for layer in layers] == ["r.linear", "r.tanh", "r.add", "linear"]
    assert layers[2].inputs == (1, -1)
    assert (layers[2].type, layers[2].family) == ("add", "operation")


def test_a_shortcut_has_a_scope_of_its_own():
    layers = layers_of({"residual": {"body": [linear(4)], "shortcut": [linear(4, bias=False)]}})
    assert [layer.name for layer in layers] == ["residual.linear", "residual.shortcut.linear", "residual.add"]
    assert layers[1].inputs == (-1,)
    assert layers[1].pointer == "/network/layers/0/residual/shortcut/0"


def test_names_in_a_residual_leave_its_sum_and_its_shortcut_alone():
    body = [linear(8, name="shortcut"), {"op": "add", "from": ["shortcut_2", "input"]}]
    assert names({"residual": {"body": body}}) == ["residual.shortcut_2", "residual.add_2", "residual.add"]


def test_branches_join_by_name():
    layers = layers_of(
        linear(4, name="a"),
        linear(4, name="b", **{"from": "input"}),
        {"op": "mul", "from": ["a", "b"]},
        {"op": "concat", "from": ["mul", "input", "a"]},
        {"type": "Bilinear", "out_features": 2, "from": ["concat", "b"]},
    )
    assert [layer.inputs for layer in layers] == [(-1,), (-1,), (0, 1), (2, -1, 0), (3, 1)]
    assert layers[-1].parameters == 2 * (16 * 4 + 1)


def test_a_name_reaches_outward_and_a_dotted_one_inward():
    layers = layers_of(
        linear(8, name="stem"),
        {"repeat": 2, "name": "h", "body": [linear(8), {"op": "add", "from": ["linear", "stem"]}]},
        {"op": "add", "from": ["h.0.linear", "h", "h.0"]},
    )
    assert layers[4].inputs == (3, 0)
    assert layers[5].inputs == (1, 4, 2)


def test_input_in_a_body_is_what_flows_into_it():
    body = [linear(8), {"op": "add", "from": ["linear", "input"]}]
    layers = layers_of({"repeat": 2, "body": body})
    assert [layer.inputs for layer in layers] == [(-1,), (0, -1), (1,), (2, 1)]


def test_a_whole_repeat_can_take_an_earlier_layer():
    layers = layers_of(linear(8, name="a"), linear(8, name="b"), {"repeat": 1, "body": ["ReLU"], "from": "a"},
                       {"op": "add", "from": ["b", "repeat"]})  # fmt: skip
    assert layers[2].inputs == (0,)


def test_the_output_can_be_named():
    plan = planned(linear(4, name="a"), linear(4, name="b"), output="b")
    assert plan.outputs == {"main": 1}
    assert "/network/output" in refused(linear(4), output="liner")
    assert refused(linear(4), output="liner")["/network/output"].hint == "did you mean linear?"
    assert "/network/output" in refused(linear(4), output="input")


def test_depths_run_through_all_networks():
    nets = {"generator": network(linear(2), shape=(4,)), "critic": network(linear(1), shape=(2,))}
    plan = expand(nets, Limits())
    assert [(layer.network, layer.depth, layer.inputs) for layer in plan.layers] == [
        ("generator", 0, (-1,)),
        ("critic", 1, (-1,)),
    ]
    assert plan.outputs == {"generator": 0, "critic": 1}
    assert plan.layers[1].pointer == "/networks/critic/layers/0"


def test_integers_flow_through_an_embedding():
    spec = {"shape": [5], "dtype": "int", "vocab": 7}
    layers = layers_of({"type": "Embedding", "embedding_dim": 3}, "Flatten", input=spec)
    assert layers[0].parameters == 21
    assert layers[1].output.shape == (15,)


def test_all_problems_come_at_once_and_what_hangs_on_them_is_left_out():
    problems = refused(
        {"type": "Conv1d", "out_channels": 4, "kernel_size": 9, "name": "wide"},
        "ReLU",
        {"op": "add", "from": ["wide", "nothing"]},
        {
            "type": "Conv1d",
            "out_channels": 4,
            "kernel_size": 3,
            "padding": 1,
            "from": "input",
            "name": "fits",
        },
        {"type": "BatchNorm2d"},
        {"op": "add", "from": ["fits", "last"]},
        {"type": "Flatten", "name": "last", "from": "fits"},
        {"op": "mul"},
        shape=(2, 5),
    )
    assert {pointer: problem.message for pointer, problem in problems.items()} == {
        "/network/layers/0/kernel_size": "a kernel of 9 is larger than its input of 5",
        "/network/layers/2/from/1": "there is no layer nothing before it",
        "/network/layers/4": "BatchNorm2d takes an input of (channels, height, width) (without the batch), "
        "but it is 4 x 5",
        "/network/layers/5/from/1": "last comes later",
        "/network/layers/7": "mul takes 2 to 64 inputs, not 1",
    }
    assert problems["/network/layers/0/kernel_size"].hint == "use kernel_size <= 5 or padding >= 2"


def test_a_problem_in_a_body_says_where_it_is_met():
    shrinking = {"type": "Conv1d", "out_channels": 2, "kernel_size": 3}
    problems = refused({"repeat": 5, "name": "h", "body": [shrinking]}, shape=(2, 6))
    assert list(problems) == ["/network/layers/0/body/0/kernel_size"]
    assert "(in h.2.conv1d)" in problems["/network/layers/0/body/0/kernel_size"].message


def test_an_argument_that_was_not_written_is_no_place_to_point_at():
    assert list(refused({"op": "concat", "from": ["input", "input"]}, shape=())) == ["/network/layers/0"]


def test_a_residual_that_changes_the_shape_is_told_to_have_a_shortcut():
    problems = refused({"residual": {"body": [linear(4)]}})
    assert "shortcut" in problems["/network/layers/0"].hint


def test_a_near_name_is_suggested():
    problems = refused(linear(8, name="encoder"), {"op": "add", "from": ["encodr", "input"]})
    assert problems["/network/layers/1/from/0"].hint == "did you mean encoder?"


def test_a_layer_that_leads_nowhere_is_refused():
    problems = refused(linear(4, name="lost"), linear(4, **{"from": "input"}))
    assert problems["/network/layers/0"].message == "nothing takes what lost gives"


def test_a_network_without_weights_is_refused():
    assert refused("ReLU")["/network/layers"].message == "there is nothing to train"


@pytest.mark.parametrize("times", [2_001, 1_000_000_000])
def test_too_many_layers_are_counted_and_never_made(times):
    problems = refused(linear(8), {"repeat": times, "body": ["ReLU"]})
    assert (
        problems["/network/layers/1"].message
        == f"{times + 1:,} layers after expansion are over the limit of 2,000"
    )


def test_nested_repeats_multiply_before_anything_is_made():
    item = linear(8)
    for _ in range(8):
        item = {"repeat": 10**9, "body": [item]}
    assert "1" + ",000" * 24 in refused(item)["/network/layers/0"].message


def test_the_layers_of_all_networks_count_together():
    nets = {name: network({"repeat": 6, "body": [linear(8)]}) for name in ("a", "b")}
    with pytest.raises(InvalidSubmission, match="12 layers"):
        expand(nets, Limits(layers=10))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(parameters=70), "72 parameters are over the limit of 70"),
        (Limits(activation_values=7), "hold 8 numbers for one example, over the limit of 7"),
    ],
)
def test_limits_of_size_are_refused_with_both_numbers(limits, words):
    problem = refused(linear(8), limits=limits)["/network/layers"]
    assert words in problem.message
    assert "linear (Linear)" in problem.hint


def test_sequences_over_the_limit_are_refused():
    problems = refused({"type": "GRU", "hidden_size": 2}, shape=(9, 2), limits=Limits(sequence_length=8))
    assert "a sequence of 9 steps is over the limit of 8" in problems["/network/layers/0"].message


def submission(**networks):
    return Submission.model_validate(
        {
            "training": {"loss": {"type": "MSELoss"}, "optimizer": {"type": "SGD", "lr": 0.1}, "steps": 5},
            **networks,
        }
    )


def test_the_networks_of_a_submission_have_names_and_places():
    spec = network(linear(1))
    alone = submission(network=spec)
    assert submission_networks(alone) == {"main": spec}
    assert network_pointers(alone) == {"main": "/network"}
    several = submission(networks={"generator": spec, "critic": spec})
    assert network_pointers(several) == {"generator": "/networks/generator", "critic": "/networks/critic"}
