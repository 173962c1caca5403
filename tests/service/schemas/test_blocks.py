from service.schemas.blocks import NESTING
from tests.service.schemas.networks import layers_of, linear, names, refused

WIDE = {"parameters": {"width": 16, "act": "ReLU"}, "layers": [linear("$width"), "$act"]}


def test_parameters_take_their_values_and_their_defaults():
    layers = layers_of(
        {"use": "b", "with": {"width": 4}}, {"use": "b", "with": {"act": "Tanh"}}, blocks={"b": WIDE}
    )
    assert [layer.output.shape for layer in layers] == [(4,), (4,), (16,), (16,)]
    assert [layer.type for layer in layers] == ["Linear", "ReLU", "Linear", "Tanh"]
    assert [layer.name for layer in layers] == ["b.linear", "b.relu", "b_2.linear", "b_2.tanh"]
    assert layers[2].pointer == "/network/blocks/b/layers/0"


def test_a_parameter_can_be_a_whole_layer():
    act = {"type": "LeakyReLU", "negative_slope": 0.2}
    assert names({"use": "b", "with": {"act": act}}, blocks={"b": WIDE}) == ["b.linear", "b.leakyrelu"]


def test_blocks_use_blocks_and_hand_parameters_on():
    blocks = {
        "b": WIDE,
        "two": {
            "parameters": {"w": None},
            "layers": [{"repeat": 2, "body": [{"use": "b", "with": {"width": "$w"}}]}],
        },
    }
    assert names({"use": "two", "with": {"w": 3}, "name": "t"}, blocks=blocks) == [
        "t.repeat.0.b.linear", "t.repeat.0.b.relu", "t.repeat.1.b.linear", "t.repeat.1.b.relu",
    ]  # fmt: skip


def test_a_block_sees_its_own_input_and_nothing_around_it():
    dense = {"layers": [linear(8), {"op": "concat", "from": ["linear", "input"]}]}
    layers = layers_of(linear(4, name="stem"), {"use": "d"}, blocks={"d": dense})
    assert layers[2].inputs == (1, 0)
    leaking = {"layers": [{"op": "add", "from": ["input", "stem"]}]}
    assert "/network/blocks/d/layers/0/from/1" in refused(
        linear(4, name="stem"), {"use": "d"}, blocks={"d": leaking}
    )


def test_faults_of_uses_are_found_together():
    problems = refused(
        {"use": "c"}, {"use": "b", "with": {"widht": 3}}, {"use": "n"}, linear(4),
        blocks={"b": WIDE, "n": {"parameters": {"w": None}, "layers": [linear("$w")]}},
    )  # fmt: skip
    assert problems["/network/layers/0/use"].message == "there is no block c"
    assert problems["/network/layers/1/with/widht"].hint == "did you mean width?"
    assert problems["/network/layers/2"].message == "block n needs a value for w"


def test_faults_inside_a_block_point_into_it_once():
    blocks = {"b": {"parameters": {"w": 4}, "layers": [linear("$v"), "Linaer"]}}
    problems = refused({"repeat": 3, "body": [{"use": "b"}]}, blocks=blocks)
    assert list(problems) == ["/network/blocks/b/layers/0/out_features"]
    assert problems["/network/blocks/b/layers/0/out_features"].message == "there is no parameter v"


def test_layers_that_a_value_makes_wrong_point_into_the_block():
    problems = refused({"use": "b", "with": {"width": -1, "act": "Relu"}}, blocks={"b": WIDE})
    assert "/network/blocks/b/layers/0/out_features" in problems
    assert problems["/network/blocks/b/layers/1"].hint == "did you mean ReLU?"


def test_a_block_cannot_use_itself():
    blocks = {"a": {"layers": [{"use": "b"}]}, "b": {"layers": [linear(4), {"use": "a"}]}}
    assert "a -> b -> a" in refused({"use": "a"}, blocks=blocks)["/network/blocks/b/layers/1/use"].message


def chain(length, times):
    blocks = {f"b{i}": {"layers": [{"use": f"b{i + 1}"}] * times} for i in range(length)}
    return {**blocks, f"b{length}": {"layers": [linear(8)]}}


def test_nesting_is_bounded():
    assert refused({"use": "b0"}, blocks=chain(NESTING - 1, 1)) == {}
    assert "nested more than" in next(iter(refused({"use": "b0"}, blocks=chain(NESTING, 1)).values())).message


def test_blocks_that_multiply_are_counted_and_never_made():
    problem = refused({"use": "b0"}, blocks=chain(15, 100))["/network/layers/0"]
    assert problem.message.startswith("1" + ",000" * 10)


def test_uses_with_ever_other_values_are_bounded():
    blocks = {
        f"b{i}": {
            "parameters": {"p": 1},
            "layers": [{"use": f"b{i + 1}", "with": {"p": ["$p", side]}} for side in "lr"],
        }
        for i in range(15)
    }
    blocks["b15"] = {"parameters": {"p": 1}, "layers": [linear(8)]}
    assert refused({"use": "b0"}, blocks=blocks)
