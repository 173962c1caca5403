"""ONNX's own cases of single operators, run through the importer: passed, refused with a reason, or wrong."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from workers.networks.onnx.assemble import assemble
from workers.networks.onnx.options import Options
from workers.networks.onnx.read import read
from workers.networks.onnx.refusal import REFUSALS, RefusedNetwork
from workers.networks.onnx.registry import tensors

CONTROL_FLOW = {"If", "Loop", "Scan", "SequenceMap"}
RANDOM = {"Bernoulli", "RandomUniformLike", "RandomNormalLike", "RandomNormal", "RandomUniform"}


@dataclass(frozen=True)
class Case:
    name: str
    model: Any
    inputs: Sequence[Any]
    expected: Sequence[Any]
    rtol: float
    atol: float

    @property
    def operators(self) -> set[str]:
        functions = [node for function in self.model.functions for node in function.node]
        return {node.op_type for node in (*self.model.graph.node, *functions)}

    @property
    def opset(self) -> int:
        return max((o.version for o in self.model.opset_import if o.domain in {"", "ai.onnx"}), default=0)

    @property
    def is_random(self) -> bool:
        """Whether the expected numbers come from somebody else's random generator."""
        return bool(self.operators & RANDOM) or ("Dropout" in self.operators and "train" in self.name)

    @property
    def is_float(self) -> bool:
        """Real numbers go in, and no branch or loop is in it."""
        numbers = [value for value in self.inputs if isinstance(value, np.ndarray)]
        return any(value.dtype.kind == "f" for value in numbers) and not self.operators & CONTROL_FLOW


@cache
def cases() -> tuple[Case, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        state = np.random.get_state()
        found = collect_testcases()
        np.random.set_state(state)
    return tuple(
        Case(case.name, case.model, inputs, outputs, case.rtol, case.atol)
        for case in found
        for inputs, outputs in case.data_sets[:1]
    )


def outcome(case: Case) -> str:
    """`passed`, `refused: <reason>` or `wrong: <what>`."""
    try:
        graph = read(case.model.SerializeToString())
        network = assemble(graph, Options()).network.eval()
        given = {
            value.name: array
            for value, array in zip((v for v in case.model.graph.input), case.inputs, strict=False)
            if value.name in network.inputs
        }
        with torch.no_grad():
            made = tensors(network(*(_tensor(given[name]) for name in network.inputs)))
    except RefusedNetwork as error:
        return f"refused: {error.detail}"
    except (*REFUSALS, KeyError) as error:
        return f"refused: {type(error).__name__} {error}"
    return _compare(case, made)


def _tensor(value: Any) -> torch.Tensor:
    if not isinstance(value, np.ndarray | np.generic):
        raise RefusedNetwork("an input that is no tensor")
    array = np.asarray(value)
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view("int16").copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())


def _compare(case: Case, made: Sequence[torch.Tensor]) -> str:
    if len(made) != len(case.expected):
        return f"wrong: {len(made)} outputs for {len(case.expected)}"
    for ours, theirs in zip(made, case.expected, strict=True):
        try:
            wanted = _tensor(theirs)
        except REFUSALS:
            return "wrong: an output that is no tensor"
        if ours.dtype != wanted.dtype or ours.shape != wanted.shape:
            return f"wrong: {ours.dtype}{tuple(ours.shape)} for {wanted.dtype}{tuple(wanted.shape)}"
        loose = {torch.float16: 2e-3, torch.bfloat16: 1.6e-2}.get(ours.dtype, 1e-6)
        rtol, atol = max(case.rtol, loose), max(case.atol, loose)
        if not torch.allclose(ours.double(), wanted.double(), rtol=rtol, atol=atol, equal_nan=True):
            return f"wrong: off by {(ours.double() - wanted.double()).abs().max():.3g}"
    return "passed"
