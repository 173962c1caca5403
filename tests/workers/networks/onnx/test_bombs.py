"""Operators that make much of little: each is refused before it gets what it asks for."""

import numpy as np
import pytest
from onnx import numpy_helper

from tests.workers.networks.onnx.files import model, node, tensor, whole
from tests.workers.networks.onnx.refusing import refused


def _with_weight(nodes, initializers=(), **arguments):
    nodes = [*nodes, node("Add", ["big", "fc.weight"], ["y"])]
    return model(nodes, [tensor("fc.weight", 1), *initializers], **arguments)


HUGE = 10_000_000


@pytest.mark.parametrize(
    "bomb",
    [
        _with_weight([node("ConstantOfShape", ["n"], ["big"])], [whole("n", HUGE, HUGE)]),
        _with_weight([node("Expand", ["x", "n"], ["big"])], [whole("n", HUGE, 4, 1, 4)]),
        _with_weight([node("Tile", ["x", "n"], ["big"])], [whole("n", HUGE, HUGE)]),
        _with_weight(
            [node("Range", ["a", "b", "c"], ["big"])],
            [
                numpy_helper.from_array(np.array(v, "float32"), k)
                for k, v in (("a", 0), ("b", 1e13), ("c", 1))
            ],
        ),
        _with_weight([node("Pad", ["x", "n"], ["big"])], [whole("n", 0, 0, HUGE, HUGE)]),
        _with_weight(
            [node("OneHot", ["i", "d", "v"], ["big"])],
            [whole("i", *range(50)), whole("d", HUGE * 1000), tensor("v", 2)],
        ),
        _with_weight(
            [node("Einsum", ["a", "b"], ["big"], equation="i,j->ij")],
            [tensor("a", 20_000), tensor("b", 20_000)],
        ),
        _with_weight([node("Einsum", ["a", "a", "a"], ["big"], equation="i,j,k->")], [tensor("a", 5_000)]),
        _with_weight(
            [node("Resize", ["x", "", "s"], ["big"])],
            [numpy_helper.from_array(np.array([1, 1e9], "float32"), "s")],
        ),
        _with_weight([node("MatMul", ["a", "b"], ["big"])], [tensor("a", 50_000, 1), tensor("b", 1, 50_000)]),
        _with_weight([node("Sub", ["a", "b"], ["big"])], [tensor("a", 50_000, 1), tensor("b", 1, 50_000)]),
        _with_weight(
            [node("Gather", ["a", "i"], ["big"])],
            [tensor("a", 1, 100_000), numpy_helper.from_array(np.zeros(50_000, "int64"), "i")],
        ),
        _with_weight([node("RandomNormal", [], ["big"], shape=[HUGE, HUGE])]),
        _with_weight(
            [
                node("Concat", ["x" if n == 0 else f"c{n}"] * 8, ["big" if n == 11 else f"c{n + 1}"], axis=0)
                for n in range(12)
            ]
        ),
        _with_weight(
            [node("Add", ["one" if n == 0 else f"c{n}"] * 2, [f"c{n + 1}"]) for n in range(3)]
            + [node("ConstantOfShape", ["n"], [f"k{n}"]) for n in range(40)]
            + [node("Sum", [f"k{n}" for n in range(40)], ["big"])],
            [tensor("one", 1), whole("n", 20_000_000)],
        ),
    ],
    ids=lambda bomb: bomb.graph.node[0].op_type,
)
def test_operators_that_ask_for_too_much_are_refused_before_they_get_it(bomb):
    refused(bomb, "limit|compute")
