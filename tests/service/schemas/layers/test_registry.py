from typing import ClassVar, Literal

import pytest

from service.schemas.layers.base import LayerSpec
from service.schemas.layers.registry import kind, kinds, layer_types, operation_types

PROMISED = """
Linear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d MaxPool1d MaxPool2d MaxPool3d
AvgPool1d AvgPool2d AvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AdaptiveAvgPool1d
AdaptiveAvgPool2d AdaptiveAvgPool3d BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm GroupNorm InstanceNorm1d
InstanceNorm2d InstanceNorm3d RMSNorm Dropout Dropout1d Dropout2d AlphaDropout Embedding RNN LSTM GRU
MultiheadAttention SelfAttention TransformerEncoderLayer PositionalEmbedding Flatten Unflatten Reshape Permute
Upsample Identity Sigmoid Tanh ReLU LeakyReLU PReLU ELU SELU CELU GELU SiLU Mish Softplus Softsign Hardtanh
Hardsigmoid Hardswish LogSigmoid Softmax LogSoftmax Sine
"""


@pytest.mark.parametrize("name", PROMISED.split())
def test_every_promised_type_can_be_written(name):
    assert name in layer_types()


def test_operations_are_no_layer_types():
    assert operation_types() == ("add", "concat", "matmul", "mean", "mul")
    assert not set(operation_types()) & set(layer_types())


def test_a_second_kind_of_the_same_type_is_refused():
    class Again(LayerSpec):
        family: ClassVar = "linear"
        type: Literal["Linear"]

    with pytest.raises(ValueError, match="Linear is already Linear"):
        kind(Again)
    assert kinds()["Linear"] is not Again


@pytest.mark.parametrize("name", [*layer_types(), *operation_types()])
def test_every_kind_says_its_family_and_has_a_docstring(name):
    spec = kinds()[name]
    assert spec.family
    assert (spec.__doc__ or "").strip()
    assert 0 <= spec.arity[0] <= spec.arity[1] <= 64
