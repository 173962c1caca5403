"""What the edge infers of a layer is what torch then does, for every kind that there is."""

import warnings

import pytest
import torch
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from torch import nn

from service.schemas.layers.base import LayerSpec, ShapeError
from service.schemas.layers.registry import kinds
from service.schemas.plan import Tensor
from tests.workers.networks.cases.registry import case_of, drawings
from workers.networks.load import parametrized
from workers.networks.registry import class_of

torch.set_num_threads(1)
REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, LookupError, ArithmeticError)


def read(fields: dict) -> LayerSpec:
    kind = kinds()[fields["type"]]
    key = "op" if kind.family == "operation" else "type"
    return kind.model_validate({key: fields["type"], **{k: v for k, v in fields.items() if k != "type"}})


def built(spec: LayerSpec, inputs: tuple[Tensor, ...]) -> nn.Module:
    return parametrized(class_of(spec.type)(**spec.arguments(*inputs)), getattr(spec, "norm", None))


def batch(tensor: Tensor, examples: int) -> torch.Tensor:
    if tensor.dtype == "int":
        return torch.randint(tensor.vocab or 1, (examples, *tensor.shape))
    return torch.randn(examples, *tensor.shape)


def run(module: nn.Module, inputs: tuple[Tensor, ...], examples: int) -> torch.Tensor:
    return module(*(batch(x, examples) for x in inputs))


def inferred(spec: LayerSpec, inputs: tuple[Tensor, ...]) -> Tensor | None:
    """The output, or None where the edge refuses."""
    try:
        return spec.output(*inputs)
    except ShapeError as error:
        note(f"refused: {error}")
        return None


def is_refused(spec: LayerSpec, inputs: tuple[Tensor, ...]) -> bool:
    try:
        return run(built(spec, inputs), inputs, 2).numel() == 0
    except (ShapeError, *REFUSALS):
        return True


def test_every_kind_is_tried():
    assert set(drawings()) == set(kinds())


@pytest.mark.parametrize("layer_type", kinds())
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck), print_blob=True)
@given(data=st.data())
def test_shape_dtype_and_parameters_are_as_torch_has_them(layer_type, data):
    fields, inputs = data.draw(case_of(layer_type))
    spec = read(fields)
    with warnings.catch_warnings(action="ignore"):
        output = inferred(spec, inputs)
        if output is None:
            event("refused")
            assert is_refused(spec, inputs)
            return
        module = built(spec, inputs)
        assert spec.parameters(*inputs) == sum(p.numel() for p in module.parameters())
        assert spec.multiply_adds(*inputs) >= 0
        for examples in (2, 3):
            y = run(module, inputs, examples)
            assert tuple(y.shape) == (examples, *output.shape)
            assert y.dtype == {"float": torch.float32, "int": torch.int64}[output.dtype]
