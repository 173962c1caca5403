import pytest
from onnx import helper

from tests.workers.networks.onnx.files import linear, model, node, tensor
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import RefusedNetwork


def test_a_file_says_what_flows_in_and_out_of_it():
    graph = read(linear(shape=("batch", 4)).SerializeToString())
    (value,) = graph.inputs
    assert (value.name, value.dtype, value.shape) == ("x", "float", ("batch", 4))
    assert graph.outputs == ("y",)
    assert graph.opset == 20
    assert set(graph.initializers) == {"fc.weight", "fc.bias"}


def test_all_that_is_unsupported_is_said_at_once_with_count_node_and_layer():
    nodes = [
        helper.make_node("NonMaxSuppression", ["x", "x"], ["a"], name="/detector/nms/NonMaxSuppression"),
        helper.make_node("NonMaxSuppression", ["x", "x"], ["b"], name="/detector/nms/NonMaxSuppression_1"),
        helper.make_node("FusedMatMul", ["x", "x"], ["c"], name="fused", domain="com.microsoft"),
        helper.make_node("Relu", ["x"], ["y"]),
    ]
    with pytest.raises(RefusedNetwork) as refused:
        read(model(nodes, domains=["com.microsoft"], outputs=("y", "a", "b", "c")).SerializeToString())
    first, second = refused.value.problems
    assert first.message == (
        "NonMaxSuppression (opset 20): 2 times, first at node /detector/nms/NonMaxSuppression in detector.nms"
    )
    assert second.message == "com.microsoft.FusedMatMul: once at node fused"
    assert (first.operator, first.count, first.node, first.layer) == (
        "NonMaxSuppression",
        2,
        "/detector/nms/NonMaxSuppression",
        "detector.nms",
    )
    assert first.message in refused.value.detail
    assert second.message in refused.value.detail


@pytest.mark.parametrize("operator", ["If", "Loop", "Scan"])
def test_branches_and_loops_are_refused(operator):
    body = helper.make_graph([node("Relu", ["x"], ["z"])], "b", [], [])
    attributes = {"If": {"then_branch": body, "else_branch": body}}.get(operator, {"body": body})
    with pytest.raises(RefusedNetwork, match=operator):
        read(model([helper.make_node(operator, ["x"], ["y"], **attributes)]).SerializeToString())


def test_statistics_of_a_batch_as_outputs_are_refused():
    names = ["bn.weight", "bn.bias", "m", "v"]
    batch = helper.make_node("BatchNormalization", ["x", *names], ["y", "mean", "var"], training_mode=1)
    file = model([batch], [tensor(name, 4) for name in names], outputs=("y", "mean"))
    with pytest.raises(RefusedNetwork, match="BatchNormalization with its output 1 in use"):
        read(file.SerializeToString())


def test_an_invalid_file_is_refused_with_what_the_checker_says():
    file = model([node("Relu", ["x", "x"], ["y"])])
    with pytest.raises(RefusedNetwork, match="not a valid ONNX model"):
        read(file.SerializeToString())


def test_an_error_survives_the_way_out_of_a_child_process():
    import pickle

    with pytest.raises(RefusedNetwork) as refused:
        read(model([node("Unknown", ["x"], ["y"])]).SerializeToString())
    again = pickle.loads(pickle.dumps(refused.value))
    assert (again.detail, again.problems, again.code) == (
        refused.value.detail,
        refused.value.problems,
        "cannot-import",
    )


def test_attributes_are_listed_with_the_operators_that_are_unknown():
    nodes = [
        node("Unknown", ["x"], ["a"]),
        helper.make_node(
            "Resize", ["a", "", "s"], ["b"], coordinate_transformation_mode="tf_crop_and_resize"
        ),
        helper.make_node("Clip", ["b"], ["y"], sharp=1),
    ]
    with pytest.raises(RefusedNetwork) as refused:
        read(model(nodes, [tensor("s", 2)]).SerializeToString())
    failure = refused.value.failure()
    assert [problem.operator for problem in failure.problems] == ["Unknown", "Resize", "Clip"]
    assert "tf_crop_and_resize" in failure.detail
    assert "the attribute sharp" in failure.detail


def test_what_the_wanted_output_does_not_need_may_be_anything():
    nodes = [
        node("Relu", ["x"], ["y"]),
        helper.make_node("FusedMatMul", ["x", "x"], ["z"], domain="com.microsoft"),
    ]
    data = model(nodes, outputs=("y", "z"), domains=["com.microsoft"]).SerializeToString()
    assert read(data, outputs=["y"]).outputs == ("y", "z")
    assert read(data, first=True).outputs == ("y", "z")
    with pytest.raises(RefusedNetwork, match="FusedMatMul"):
        read(data, outputs=["z"])


def test_a_number_of_32_bits_is_the_decimal_that_it_was():
    names = ("w", "b", "mean", "var")
    norm = node("BatchNormalization", ["x", *names], ["y"], epsilon=1e-5, momentum=0.9)
    graph = read(model([norm], [tensor(name, 4) for name in names]).SerializeToString())
    assert (graph.nodes[0].attributes["epsilon"], graph.nodes[0].attributes["momentum"]) == (1e-5, 0.9)
