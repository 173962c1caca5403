import pytest

from workers.networks.onnx.graph import Node
from workers.networks.onnx.names import is_dotted, module_of, safe, scope_of, unique
from workers.networks.onnx.sources import source_lines


def _node(name="", **metadata):
    return Node(
        "Relu", "", 20, name, ("x",), ("y",), {}, {f"pkg.torch.onnx.{k}": v for k, v in metadata.items()}
    )


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("encoder.layer.0", "encoder.layer.0"),
        ("model/dense/MatMul", "model.dense.MatMul"),
        ("a b\n'c\"", "a_b_c"),
        ("../../etc/passwd", "etc.passwd"),
        ("", ""),
    ],
)
def test_names_become_paths_of_harmless_characters(written, path):
    assert safe(written) == path


def test_no_name_is_longer_than_a_page():
    assert len(safe("a" * 10_000)) == 200


@pytest.mark.parametrize("name", ["val_12", "onnx::MatMul_12", "constant.3", "initializer_1", "w"])
def test_numbers_of_an_exporter_are_no_names(name):
    assert not is_dotted(name)


def test_a_parameter_belongs_to_its_module():
    assert module_of("enc.linear.weight") == "enc.linear"
    assert module_of("model/dense/BiasAdd/ReadVariableOp:0") == "model.dense"
    assert module_of("weight") == ""


def test_the_scope_is_what_the_exporter_says_or_the_path_of_the_node():
    assert scope_of(_node(name_scopes="['', 'enc', 'enc.act', 'relu']")) == "enc.act"
    assert scope_of(_node("/enc/act/Relu")) == "enc.act"
    assert scope_of(_node("node_12")) == ""


@pytest.mark.parametrize("text", ["__import__('os')", "[" * 4_000, "['a', 3]", "{}", "[()", "['a'] * 9"])
def test_a_scope_that_is_no_list_of_strings_is_none(text):
    assert scope_of(_node(name_scopes=text)) == ""


def test_names_are_made_unique_in_order():
    assert unique(["a", "a", "a_2", "a", "b"]) == ["a", "a_2", "a_2_2", "a_3", "b"]


def _trace(*frames):
    return "\n".join(f'File "{path}", line {line}, in forward\n    x = 1' for path, line in frames)


def test_source_lines_are_the_users_own_and_relative_to_what_they_share():
    torchs = ("/opt/venv/lib/python3.11/site-packages/torch/nn/modules/linear.py", 134)
    nodes = [
        _node(stack_trace=_trace(("/home/ann/repo/models/net.py", 8), torchs)),
        _node(
            stack_trace=_trace(
                ("/home/ann/repo/models/net.py", 9), ("/home/ann/repo/layers/mlp.py", 3), torchs
            )
        ),
        _node(stack_trace=_trace(torchs)),
        _node(),
    ]
    assert source_lines(nodes) == ["models/net.py:8", "layers/mlp.py:3", None, None]


def test_no_path_of_the_machine_is_left():
    windows = _node(stack_trace=_trace(("C:\\Users\\ann\\net.py", 8)))
    assert source_lines([windows]) == ["net.py:8"]
    strangers = [_node(stack_trace=_trace((path, 1))) for path in ("/a/x.py", "C:\\b\\y.py")]
    assert source_lines(strangers) == ["x.py:1", "y.py:1"]


def test_a_path_that_is_relative_already_stays():
    nodes = [
        _node(stack_trace=_trace((path, 4)))
        for path in ("src/net.py", "./src/layers/mlp.py", "net.py", "src\\win.py")
    ]
    assert source_lines(nodes) == ["src/net.py:4", "src/layers/mlp.py:4", "net.py:4", "src/win.py:4"]


def test_relative_paths_leave_the_others_their_root():
    paths = ("src/net.py", "/home/ann/repo/models/net.py", "/home/ann/repo/mlp.py", "../../home/ann/up.py")
    nodes = [_node(stack_trace=_trace((path, 4))) for path in paths]
    assert source_lines(nodes) == ["src/net.py:4", "models/net.py:4", "mlp.py:4", "up.py:4"]
