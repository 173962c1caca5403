"""Shapes and parameters worked out by hand; the property test of workers.networks holds them against torch."""

import pytest

from service.schemas.plan import Tensor
from tests.service.schemas.layers.specs import floats, integers, spec

CASES = [
    # layer, inputs, output shape, parameters, multiply-adds
    (spec("Linear", out_features=10), [floats(64)], (10,), 650, 640),
    (spec("Linear", out_features=10, bias=False), [floats(5, 64)], (5, 10), 640, 3200),
    (spec("Linear", out_features=10, norm="weight"), [floats(64)], (10,), 660, 640),
    (spec("Linear", out_features=10, norm="spectral"), [floats(64)], (10,), 650, 640),
    (spec("Bilinear", out_features=3), [floats(4), floats(5)], (3,), 63, 120),
    (spec("Conv2d", out_channels=8, kernel_size=3), [floats(3, 8, 6)], (8, 6, 4), 224, 216 * 24),
    (spec("Conv2d", out_channels=8, kernel_size=3, padding="same"), [floats(3, 8, 6)], (8, 8, 6), 224, 216 * 48),
    (spec("Conv2d", out_channels=8, kernel_size=3, padding="valid"), [floats(3, 8, 6)], (8, 6, 4), 224, 216 * 24),
    (spec("Conv1d", out_channels=4, kernel_size=3, stride=2, padding=1, dilation=2), [floats(2, 9)], (4, 4), 28, 96),
    (spec("Conv2d", out_channels=8, kernel_size=[3, 1], groups=4), [floats(4, 5, 5)], (8, 3, 5), 32, 24 * 15),
    (spec("Conv3d", out_channels=2, kernel_size=2), [floats(1, 3, 3, 3)], (2, 2, 2, 2), 18, 128),
    (spec("Conv1d", out_channels=4, kernel_size=3, norm="weight"), [floats(2, 9)], (4, 7), 32, 168),
    (
        spec("ConvTranspose2d", out_channels=4, kernel_size=4, stride=2, padding=1, output_padding=1),
        [floats(8, 7, 7)], (4, 15, 15), 516, 49 * 512,
    ),
    (spec("ConvTranspose1d", out_channels=4, kernel_size=2, norm="weight"), [floats(3, 5)], (4, 6), 31, 120),
    (spec("MaxPool2d", kernel_size=2), [floats(3, 7, 7)], (3, 3, 3), 0, 147),
    (spec("MaxPool2d", kernel_size=2, ceil_mode=True), [floats(3, 7, 7)], (3, 4, 4), 0, 147),
    (spec("AvgPool1d", kernel_size=3, stride=1, padding=1), [floats(3, 7)], (3, 7), 0, 21),
    (spec("AdaptiveAvgPool2d", output_size=1), [floats(3, 7, 5)], (3, 1, 1), 0, 105),
    (spec("AdaptiveMaxPool2d", output_size=[None, 2]), [floats(3, 7, 5)], (3, 7, 2), 0, 105),
    (spec("BatchNorm1d"), [floats(6)], (6,), 12, 24),
    (spec("BatchNorm2d", affine=False), [floats(6, 2, 2)], (6, 2, 2), 0, 96),
    (spec("InstanceNorm1d"), [floats(6, 2)], (6, 2), 0, 48),
    (spec("GroupNorm", num_groups=3), [floats(6, 2)], (6, 2), 12, 48),
    (spec("LayerNorm"), [floats(3, 4)], (3, 4), 8, 48),
    (spec("LayerNorm", normalized_shape=[3, 4], bias=False), [floats(3, 4)], (3, 4), 12, 48),
    (spec("RMSNorm"), [floats(3, 4)], (3, 4), 4, 48),
    (spec("LocalResponseNorm", size=2), [floats(3, 4)], (3, 4), 0, 24),
    (spec("Dropout2d"), [floats(3, 4, 4)], (3, 4, 4), 0, 48),
    (spec("Embedding", embedding_dim=4), [integers(7, vocab=5)], (7, 4), 20, 28),
    (spec("PositionalEmbedding"), [floats(7, 4)], (7, 4), 28, 28),
    (spec("RNN", hidden_size=5), [floats(7, 3)], (5,), 50, 280),
    (spec("LSTM", hidden_size=5, output="sequence"), [floats(7, 3)], (7, 5), 200, 1120),
    (
        spec("GRU", hidden_size=5, num_layers=2, bidirectional=True, output="mean"),
        [floats(7, 3)], (10,), 2 * (3 * 5 * (3 + 5) + 30) + 2 * (3 * 5 * (10 + 5) + 30), 7 * 2 * 15 * 23,
    ),
    (spec("SelfAttention", num_heads=2), [floats(5, 8)], (5, 8), 288, 1280 + 400),
    (
        spec("MultiheadAttention", num_heads=2, bias=False),
        [floats(5, 8), floats(3, 4)], (5, 8), 192, 8 * (80 + 24 + 30),
    ),
    (
        spec("TransformerEncoderLayer", nhead=2, dim_feedforward=16),
        [floats(5, 8)], (5, 8), 288 + (8 * 16 + 16) + (16 * 8 + 8) + 32, 5 * 8 * (32 + 10 + 32),
    ),
    (spec("Flatten"), [floats(3, 4, 5)], (60,), 0, 0),
    (spec("Flatten", start_dim=2), [floats(3, 4, 5)], (3, 20), 0, 0),
    (spec("Unflatten", dim=1, unflattened_size=[2, -1]), [floats(6, 4)], (2, 3, 4), 0, 0),
    (spec("Reshape", shape=[-1, 3]), [floats(2, 6)], (4, 3), 0, 0),
    (spec("Permute", dims=[2, 1]), [floats(2, 6)], (6, 2), 0, 0),
    (spec("Permute", dims=[0, 2, 1]), [floats(2, 6)], (6, 2), 0, 0),
    (spec("Select", index=-1), [floats(5, 8)], (8,), 0, 0),
    (spec("Upsample", scale_factor=1.5), [floats(3, 5)], (3, 7), 0, 84),
    (spec("Upsample", size=[4, 6], mode="bilinear"), [floats(1, 2, 2)], (1, 4, 6), 0, 96),
    (spec("PReLU", num_parameters=3), [floats(3, 4)], (3, 4), 3, 12),
    (spec("GLU"), [floats(3, 4)], (3, 2), 0, 6),
    (spec("Sine", w0=1), [floats(3)], (3,), 0, 3),
    (spec("Softmax"), [floats(3)], (3,), 0, 9),
    (spec("add"), [floats(3, 1), floats(1, 4)], (3, 4), 0, 7),
    (spec("mul"), [floats(3, 1, 1), floats(3, 4, 4)], (3, 4, 4), 0, 51),
    (spec("concat"), [floats(3, 4), floats(2, 4)], (5, 4), 0, 20),
    (spec("concat", dim=-1), [floats(3, 4), floats(3, 1)], (3, 5), 0, 15),
    (spec("matmul"), [floats(3, 4), floats(4, 5)], (3, 5), 0, 60),
    (spec("mean"), [floats(3, 4)], (4,), 0, 12),
    (spec("mean", dim=2), [floats(3, 4)], (3,), 0, 12),
    (spec("mean"), [floats(3, 4), floats(3, 4)], (3, 4), 0, 24),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "inputs", "shape", "parameters", "cost"),
    CASES,
    ids=[f"{i}-{case[0].type}" for i, case in enumerate(CASES)],
)
def test_what_a_layer_makes_of_its_input(layer, inputs, shape, parameters, cost):
    assert layer.output(*inputs) == Tensor(shape=shape)
    assert layer.parameters(*inputs) == parameters
    assert layer.multiply_adds(*inputs) == cost


@pytest.mark.parametrize("name", ["Identity", "Flatten"])
def test_integers_keep_their_vocabulary_through_layers_that_only_arrange(name):
    assert spec(name).output(integers(6, vocab=5)) == integers(6, vocab=5)
