"""Operators that came in newer than the file's opset, written in its own: formulas of older operators."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from workers.networks.onnx.graph import Attribute, Node


@dataclass
class Formula:
    """Nodes that are written one after the other, at one opset, in the place of one."""

    node: Node
    opset: int
    dtype: torch.dtype
    """Of the input, and so of the numbers in the formula."""
    nodes: list[Node] = field(default_factory=list)

    @property
    def x(self) -> str:
        """Name of what flows in."""
        return self.node.inputs[0]

    def __call__(self, operator: str, *inputs: str | float, **attributes: Attribute) -> str:
        """One more node; a number among its inputs becomes a constant."""
        names = tuple(value if isinstance(value, str) else self._constant(value) for value in inputs)
        return self._add(operator, names, attributes)

    def finished(self) -> list[Node]:
        """The nodes, the last of which gives what the one node gave."""
        last, node = self.nodes[-1], self.node
        named = replace(last, name=node.name, outputs=node.outputs[:1])
        return [*self.nodes[:-1], replace(named, metadata=node.metadata, label=node.label)]

    def _constant(self, number: float) -> str:
        value: Tensor = torch.tensor(number, dtype=self.dtype)
        return self._add("Constant", (), {"value": value})

    def _add(self, operator: str, inputs: tuple[str, ...], attributes: dict[str, Attribute]) -> str:
        made = f"{self.node.outputs[0]}.part{len(self.nodes)}"
        self.nodes.append(Node(operator, "", self.opset, made, inputs, (made,), attributes))
        return made


def _swish(f: Formula) -> None:
    alpha = f.node.attributes.get("alpha", 1.0)
    scaled = f("Mul", f.x, alpha) if isinstance(alpha, float) and alpha != 1.0 else f.x
    f("Mul", f.x, f("Sigmoid", scaled))


def _gelu(f: Formula) -> None:
    if f.node.attributes.get("approximate", "none") == "tanh":
        cube = f("Mul", f("Mul", f("Mul", f.x, f.x), f.x), 0.044715)
        bent = f("Tanh", f("Mul", f("Add", f.x, cube), math.sqrt(2 / math.pi)))
    else:
        bent = f("Erf", f("Mul", f.x, math.sqrt(0.5)))
    f("Mul", f("Mul", f.x, 0.5), f("Add", bent, 1.0))


def _mish(f: Formula) -> None:
    f("Mul", f.x, f("Tanh", f("Softplus", f.x)))


def _hard_swish(f: Formula) -> None:
    f("Mul", f.x, f("HardSigmoid", f.x, alpha=1 / 6, beta=0.5))


def _celu(f: Formula) -> None:
    alpha = f.node.attributes.get("alpha", 1.0)
    alpha = alpha if isinstance(alpha, float) else 1.0
    f("Mul", f("Elu", f("Mul", f.x, 1 / alpha), alpha=1.0), alpha)


def _layer_normalization(f: Formula) -> None:
    axis, eps = f.node.attributes.get("axis", -1), f.node.attributes.get("epsilon", 1e-5)
    axes = tuple(range(axis if isinstance(axis, int) else -1, 0))
    centered = f("Sub", f.x, f("ReduceMean", f.x, axes=axes, keepdims=1))
    variance = f("ReduceMean", f("Mul", centered, centered), axes=axes, keepdims=1)
    normed = f("Div", centered, f("Sqrt", f("Add", variance, eps if isinstance(eps, float) else 1e-5)))
    f("Add", f("Mul", normed, f.node.inputs[1]), f.node.inputs[2])


_FORMULAS: dict[str, tuple[int, Callable[[Formula], None]]] = {
    "Swish": (7, _swish),
    "Gelu": (9, _gelu),
    "Mish": (7, _mish),
    "HardSwish": (7, _hard_swish),
    "Celu": (7, _celu),
    "LayerNormalization": (7, _layer_normalization),
}
"""With the oldest opset that has all that the formula takes."""


def lowered(node: Node, opset: int, dtype: torch.dtype) -> Iterator[Node] | None:
    """The node in operators of an older opset; None where there is no formula."""
    oldest, write = _FORMULAS.get(node.operator, (opset + 1, None))
    if write is None or opset < oldest:
        return None
    formula = Formula(node, opset, dtype)
    write(formula)
    return iter(formula.finished())
