"""What does not fit is refused with the numbers, the argument to change and what to write instead."""

import pytest
from pydantic import ValidationError

from service.schemas.layers.base import ShapeError
from tests.service.schemas.layers.specs import floats, integers, spec

MISFITS = [
    # layer, inputs, argument, words of the message, words of the hint
    (spec("Conv2d", out_channels=8, kernel_size=7), [floats(3, 5, 9)], "kernel_size",
     "a kernel of 7 is larger than its input of 5", "use kernel_size <= 5 or padding >= 1"),
    (spec("Conv1d", out_channels=8, kernel_size=3, dilation=4, padding=1), [floats(3, 5)], "kernel_size",
     "a kernel of 3 (dilated to 9) is larger than its input of 5 (padded to 7)", "kernel_size <= 2 or padding >= 2"),
    (spec("Conv2d", out_channels=8, kernel_size=3), [floats(64)], None,
     "Conv2d takes an input of (channels, height, width) (without the batch), but it is 64", "Unflatten"),
    (spec("Conv1d", out_channels=8, kernel_size=1, groups=3), [floats(4, 5)], "groups",
     "in_channels 4 cannot be divided into 3 groups", "divide both 4 and 8"),
    (spec("Conv1d", out_channels=8, kernel_size=1, groups=3), [floats(3, 5)], "groups", "out_channels 8", ""),
    (spec("Conv1d", out_channels=8, kernel_size=3, padding=5, padding_mode="reflect"), [floats(4, 5)], "padding",
     "reflect padding of 5 needs more than its input of 5", "padding <= 4"),
    (spec("ConvTranspose1d", out_channels=8, kernel_size=1, output_padding=1), [floats(4, 5)], "output_padding",
     "output_padding 1 must be less than stride 1", ""),
    (spec("ConvTranspose1d", out_channels=8, kernel_size=1, padding=4), [floats(4, 5)], "padding",
     "a padding of 4 takes away all of the output", "padding <= 2"),
    (spec("MaxPool1d", kernel_size=4), [floats(4, 3)], "kernel_size", "kernel of 4 is larger than its input of 3", ""),
    (spec("MaxPool1d", kernel_size=3, padding=2), [floats(4, 3)], "padding", "more than half", "padding <= 1"),
    (spec("Linear", out_features=8), [integers(4)], None, "Linear takes floats, but its input holds integers",
     "put an Embedding before it"),
    (spec("Linear", out_features=8), [floats()], None, "but it is a single number", ""),
    (spec("Bilinear", out_features=8), [floats(2, 3), floats(4, 3)], "from", "joins 2 x 3 and 4 x 3", ""),
    (spec("BatchNorm1d"), [floats(3, 4, 5)], None, "(features) or (channels, length)", ""),
    (spec("InstanceNorm1d"), [floats(3, 1)], None, "has only one", "LayerNorm"),
    (spec("GroupNorm", num_groups=4), [floats(6)], "num_groups", "6 channels cannot be divided into 4 groups", "6"),
    (spec("LayerNorm", normalized_shape=5), [floats(3, 4)], "normalized_shape", "5 is not the end of the input's 3 x 4",
     "leave it out"),
    (spec("PReLU", num_parameters=2), [floats(3, 4)], "num_parameters", "2 slopes for 3 channels", "1 or 3"),
    (spec("GLU"), [floats(3)], "dim", "its size of 3 is odd", "make it 4"),
    (spec("Softmax", dim=0), [floats(3)], "dim", "dim 0 is the batch", "from 1 to 1"),
    (spec("Softmax", dim=3), [floats(3)], "dim", "with the batch its input has 2 dimensions", "from 1 to 1"),
    (spec("Dropout2d"), [floats(3)], None, "Dropout2d takes", ""),
    (spec("LSTM", hidden_size=8), [floats(64)], None, "LSTM takes an input of (time, features)", "Reshape"),
    (spec("SelfAttention", num_heads=5), [floats(3, 8)], "num_heads", "8 features cannot be divided among 5 heads",
     "num_heads 4"),
    (spec("TransformerEncoderLayer", nhead=3), [floats(3, 8)], "nhead", "8 features", "nhead 2"),
    (spec("MultiheadAttention", num_heads=2), [floats(3, 8), floats(4, 8), floats(5, 8)], "from",
     "keys 4 x 8 and values 5 x 8", ""),
    (spec("Embedding", embedding_dim=8), [floats(3)], None, "Embedding takes integers", "dtype: int"),
    (spec("Embedding", embedding_dim=8, num_embeddings=5), [integers(3, vocab=9)], "num_embeddings",
     "5 embeddings are too few for a vocab of 9", "num_embeddings >= 9"),
    (spec("Embedding", embedding_dim=8), [integers(3, vocab=None)], None, "needs num_embeddings", "vocab"),
    (spec("Embedding", embedding_dim=8, padding_idx=9), [integers(3, vocab=9)], "padding_idx", "padding_idx 9", ""),
    (spec("PositionalEmbedding", max_length=3), [floats(4, 8)], "max_length", "3 places are too few for 4", ">= 4"),
    (spec("Flatten", start_dim=0), [floats(3, 4)], "start_dim", "start_dim 0 is the batch", ""),
    (spec("Flatten", start_dim=2, end_dim=1), [floats(3, 4)], "start_dim", "comes after", ""),
    (spec("Reshape", shape=[5, -1]), [floats(3, 4)], "shape", "12 numbers do not fit into 5 x -1", "may be -1"),
    (spec("Reshape", shape=[-1, -1]), [floats(3, 4)], "shape", "12 numbers do not fit", ""),
    (spec("Reshape", shape=[0, -1]), [floats(3, 4)], "shape", "12 numbers do not fit", ""),
    (spec("Unflatten", dim=1, unflattened_size=[5, 2]), [floats(12)], "unflattened_size", "12 numbers", ""),
    (spec("Permute", dims=[1, 1]), [floats(3, 4)], "dims", "no order of the 2 dimensions", "from 1 to 2"),
    (spec("Select", index=3), [floats(3, 4)], "index", "there is no place 3 among 3", ""),
    (spec("Upsample", size=[2, 2]), [floats(3, 4)], "size", "2 numbers for 1 axes", ""),
    (spec("Upsample", scale_factor=0.1), [floats(3, 4)], "scale_factor", "nothing is left of 4", ""),
    (spec("Upsample", scale_factor=2, mode="bilinear"), [floats(3, 4)], None, "(channels, 2 axes)", ""),
    (spec("add"), [floats(3), floats(4)], "from", "add cannot join 3, 4", "same shape"),
    (spec("add"), [floats(3), floats(3, 3)], "from", "add cannot join 3, 3 x 3", ""),
    (spec("concat", dim=0), [floats(3), floats(4)], "dim", "dim 0 is the batch", ""),
    (spec("concat"), [floats(3, 2), floats(3, 4)], "from", "concat along dim 1 cannot join", ""),
    (spec("matmul"), [floats(3, 4), floats(3, 4)], "from", "matmul cannot multiply 3 x 4 by 3 x 4", "Permute"),
    (spec("mean", dim=1), [floats(3, 4), floats(3, 4)], "dim", "has no dim", "leave dim out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "inputs", "argument", "message", "hint"),
    MISFITS,
    ids=[f"{i}-{c[0].type}" for i, c in enumerate(MISFITS)],
)
def test_a_misfit_is_refused_in_words(layer, inputs, argument, message, hint):
    with pytest.raises(ShapeError) as refused:
        layer.output(*inputs)
    assert refused.value.argument == argument
    assert message in str(refused.value)
    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Linear", {"out_features": 0}),
        ("Linear", {"out_features": 10**7}),
        ("Linear", {}),
        ("Linear", {"out_features": 4, "in_features": 4}),
        ("Linear", {"out_features": 4, "bias": 1}),
        ("Conv2d", {"out_channels": 4, "kernel_size": [3, 3, 3]}),
        ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": -1}),
        ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": "full"}),
        ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": "same", "stride": 2}),
        ("Dropout", {"p": 1.5}),
        ("BatchNorm1d", {"eps": float("nan")}),
        ("Softplus", {"beta": 0}),
        ("Hardtanh", {"min_val": 1, "max_val": 1}),
        ("RReLU", {"lower": 1, "upper": 0}),
        ("Softshrink", {"lambd": -1}),
        ("LSTM", {"hidden_size": 8, "num_layers": 65}),
        ("LSTM", {"hidden_size": 8, "output": "first"}),
        ("Upsample", {}),
        ("Upsample", {"size": 2, "scale_factor": 2}),
        ("Upsample", {"size": 2, "align_corners": True}),
        ("ReLU", {"inplace": True}),
        ("ReLU", {"name": "has.dot"}),
        ("ReLU", {"name": "input"}),
        ("ReLU", {"from": []}),
    ],
)
def test_arguments_out_of_bounds_are_refused(name, arguments):
    with pytest.raises(ValidationError):
        spec(name, **arguments)


def test_a_list_of_the_wrong_length_is_one_fault_that_names_both_numbers():
    with pytest.raises(ValidationError, match="3 numbers for 2 axes") as refused:
        spec("MaxPool2d", kernel_size=[2, 2, 2])
    assert refused.value.error_count() == 1
