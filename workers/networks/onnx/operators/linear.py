"""Matrix products."""

import torch
from torch import Tensor

from workers.networks.onnx.call import Call, together
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_EQUATION = 500


@operator("Gemm", family="linear", type="Linear", weights={1: "weight", 2: "bias"})
def build_gemm(call: Call) -> Operation:
    """Alpha * A B + beta * C, either matrix transposed."""
    alpha, beta = call.get("alpha", 1.0), call.get("beta", 1.0)
    turn_a, turn_b = call.get("transA", 0), call.get("transB", 0)

    def gemm(a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
        a, b = a.t() if turn_a else a, b.t() if turn_b else b
        call.room(a.shape[0], b.shape[-1])
        if c is not None and alpha == beta == 1.0 and c.dim() == 1:
            return torch.addmm(c, a, b)
        product = a @ b
        product = product if alpha == 1.0 else alpha * product
        if c is None:
            return product
        call.room(*together(product.shape, c.shape))
        return product + (c if beta == 1.0 else beta * c)

    return gemm


@operator("MatMul", weighted=("Linear", "linear"), weights={0: "left_weight", 1: "weight", 2: "bias"})
def build_matmul(call: Call) -> Operation:
    """Products of matrices, batched as numpy does it; a bias is there where `fuse` has put it."""

    def matmul(a: Tensor, b: Tensor, bias: Tensor | None = None) -> Tensor:
        if a.dim() > 1 and b.dim() > 1:
            call.room(*together(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
        product = torch.matmul(a, b)
        return product if bias is None else product + bias

    return matmul


@operator("Det", since=11)
def build_determinant(_: Call) -> Operation:
    """Of each square matrix."""
    determinant: Operation = torch.linalg.det
    return determinant


@operator("Einsum", since=12, type="matmul")
def build_einsum(call: Call) -> Operation:
    """A sum of products over named indices."""
    equation = call.get("equation", "").replace(" ", "")
    if len(equation) > _EQUATION:
        raise RefusedNetwork(f"the equation is longer than {_EQUATION} characters")

    def einsum(*values: Tensor) -> Tensor:
        call.room(*_sizes(equation, values))
        return torch.einsum(equation, *values)

    return einsum


def _sizes(equation: str, values: tuple[Tensor, ...]) -> list[int]:
    """Sizes of the outcome; of three operands and more of all indices, as what lies between may be larger."""
    letters: dict[str, int] = {}
    dots: tuple[int, ...] = ()
    terms, _, outcome = equation.partition("->")
    for term, value in zip(terms.split(","), values, strict=True):
        before, dotted, after = term.partition("...")
        shape = tuple(value.shape)
        middle = len(shape) - len(after)
        dots = together(dots, shape[len(before) : middle] if dotted else ())
        named = zip(
            before + after, shape[: len(before)] + shape[middle if dotted else len(shape) :], strict=True
        )
        letters.update({letter: max(size, letters.get(letter, 1)) for letter, size in named})
    if len(values) > 2:
        return [*dots, *letters.values()]
    kept = outcome if "->" in equation else "".join(x for x in letters if terms.count(x) == 1)
    return [*dots, *(letters.get(letter, 1) for letter in kept if letter != ".")]
