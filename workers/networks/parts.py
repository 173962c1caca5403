"""What each parameter of a file is to the layer that takes it: torch's word for it, and which way round it lies.

A file keeps the weight of a linear layer as (in, out) or as (out, in), and the maps of a recurrent layer packed into
one tensor with a leading axis for the direction. Fans, orthogonality and units that are copies of one another are
properties of single maps (out, in), so everything that asks for those looks at a parameter through its part.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from workers.networks.onnx.graph import Node
from workers.networks.onnx.roles import BIASED

Kind = Literal[
    "linear", "projections", "convolution", "embedding", "input", "recurrent", "bias", "scale", "shift", "slope",
    "free",
]  # fmt: skip
"""`projections` are those of attention in one matrix; `input` and `recurrent` are maps of a recurrent layer, from its
input and from its state; `scale` and `shift` belong to a normalization; what torch has no layer for is `free`."""

MAPS: frozenset[Kind] = frozenset({"linear", "projections", "convolution", "embedding", "input", "recurrent"})

_PASSING = frozenset(
    {"Identity", "Cast", "Slice", "Split", "Concat", "Unsqueeze", "Squeeze", "SplitToSequence", "SequenceAt"}
)
"""Operators behind which a weight is still what it was."""
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
_NORMS = frozenset(
    {
        "BatchNormalization",
        "InstanceNormalization",
        "LayerNormalization",
        "RMSNormalization",
        "GroupNormalization",
    }
)


@dataclass(frozen=True)
class Part:
    """A parameter in its place."""

    kind: Kind
    turned: bool = False
    """Whether a map lies as (in, out)."""
    gates: int = 1
    """Maps of a recurrent layer that lie one below the other."""

    def oriented(self, parameter: Tensor) -> Tensor:
        """The parameter with every map as torch has it: (out, in), or more of them in front; a view."""
        return parameter.transpose(-1, -2) if self.turned else parameter

    def maps(self, parameter: Tensor) -> Iterator[Tensor]:
        """Every single map as torch has it, or the whole of what is no map; views."""
        whole = self.oriented(parameter)
        count = 3 if self.kind == "projections" else self.gates if self.kind in {"input", "recurrent"} else 1
        stacked = self.kind != "convolution" and self.kind in MAPS and whole.dim() > 2
        for each in whole.flatten(0, -3) if stacked else (whole,):
            yield from each.chunk(count)

    def rows(self, parameter: Tensor) -> Tensor:
        """The parameter with one row for each unit that a map makes."""
        whole = self.oriented(parameter)
        stacked = self.kind != "convolution" and self.kind in MAPS and whole.dim() > 2
        return whole.flatten(0, -2) if stacked else whole


def parts_of(nodes: Sequence[Node], parameters: Mapping[str, nn.Parameter]) -> dict[str, Part]:
    """The part of every parameter by its name in the file: where it is used first, seen through what rearranges it."""
    uses: dict[str, list[tuple[Node, int]]] = defaultdict(list)
    for node in nodes:
        for slot, name in enumerate(node.inputs):
            uses[name].append((node, slot))
    makers = {name: node.operator for node in nodes for name in node.outputs}
    return {
        name: _part(name, parameter.dim(), uses, makers) or Part("free")
        for name, parameter in parameters.items()
    }


def _part(
    name: str, dimensions: int, uses: Mapping[str, list[tuple[Node, int]]], makers: Mapping[str, str]
) -> Part | None:
    waiting, seen = [(name, False)], {name}
    while waiting:
        value, turned = waiting.pop(0)
        for node, slot in uses.get(value, ()):
            found = _place(name, node, slot, turned, dimensions) or _added(node, value, dimensions, makers)
            if found is not None:
                return found
            passes = node.operator in _PASSING and (slot == 0 or node.operator == "Concat")
            if passes or node.operator == "Transpose":
                swaps = node.operator == "Transpose" and _swaps(node, dimensions)
                fresh = [made for made in node.outputs if made and made not in seen]
                seen.update(fresh)
                waiting += [(made, turned != swaps) for made in fresh]
    return None


def _place(name: str, node: Node, slot: int, turned: bool, dimensions: int) -> Part | None:
    """What the operator takes at this slot; None where it takes no parameter there that torch has a word for."""
    operator = node.operator
    if operator in {"Gemm", "MatMul"} and slot < 2:
        # on the right a product takes (in, out), on the left (out, in)
        swapped = bool(node.attributes.get("transB" if slot else "transA", 0))
        return _linear(name, (turned != swapped) == (slot == 0), dimensions)
    if operator in BIASED and slot in {1, 2}:
        return Part("bias" if slot == 2 else "convolution")
    if operator in _GATES and slot in {1, 2, 3}:
        kinds: tuple[Kind, ...] = ("input", "recurrent", "bias")
        return Part(kinds[slot - 1], gates=1 if slot == 3 else _GATES[operator])
    if operator in _NORMS and slot in {1, 2}:
        return Part("scale" if slot == 1 else "shift")
    if operator == "Gather" and slot == 0 and dimensions == 2:
        return Part("embedding")
    return Part("slope") if operator == "PRelu" and slot == 1 else None


def _linear(name: str, turned: bool, dimensions: int) -> Part | None:
    if dimensions < 2:
        return None
    projections = name.endswith("in_proj_weight") and dimensions == 2
    return Part("projections" if projections else "linear", turned)


def _added(node: Node, value: str, dimensions: int, makers: Mapping[str, str]) -> Part | None:
    """A vector that is added to what a product gave, where the two are no single layer."""
    others = [other for other in node.inputs if other != value]
    biased = any(makers.get(other) in BIASED for other in others)
    return Part("bias") if node.operator == "Add" and dimensions == 1 and biased else None


def _swaps(node: Node, dimensions: int) -> bool:
    """Whether the last two axes change places; without a permutation all axes are turned round."""
    order = node.attributes.get("perm")
    return dimensions >= 2 and (
        not isinstance(order, tuple) or order[-2:] == (len(order) - 1, len(order) - 2)
    )
