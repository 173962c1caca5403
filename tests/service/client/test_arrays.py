import io
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from service.api.npz import inspect
from service.client import Inexpressible
from service.client.arrays import npz_of, pair_of


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.randn(5, 2, 3), torch.arange(5)),
        (np.asfortranarray(np.random.default_rng(1).normal(size=(5, 4)))[:, ::2], np.arange(5) > 2),
        (torch.randn(5, 3, requires_grad=True).t().t(), None),
        (torch.ones(5, 3).bfloat16(), torch.ones(5).half()),
    ],
)
def test_what_numpy_reads_is_what_was_given(x: object, y: object) -> None:
    with np.load(io.BytesIO(npz_of(x, y)), allow_pickle=False) as read:
        np.testing.assert_array_equal(read["x"], torch.as_tensor(x).detach().double().numpy())
        assert ("y" in read) == (y is not None)


def test_the_service_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(npz_of(torch.randn(6, 2), torch.arange(6)))
    info = inspect(path, "sha256:" + 64 * "0", 10**6)
    assert (info.examples, info.x_shape, info.x_dtype, info.y_shape, info.y_dtype) == (
        6,
        (2,),
        "float",
        (),
        "int",
    )


def test_the_same_data_have_the_same_bytes() -> None:
    x = torch.randn(5, 2)
    assert npz_of(x) == npz_of(x.clone())


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([[1.0]], "`x` is list"),
        (np.array(["a"]), "`x` has dtype <U1"),
        (np.array([object()]), "dtype"),
        (np.ones(3, dtype=complex), "dtype <c16"),
        (torch.tensor(1.0), "first axis counts examples"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(x: object, words: str) -> None:
    with pytest.raises(Inexpressible) as raised:
        npz_of(x)
    assert words in str(raised.value)


def test_pairs_data_sets_and_inputs_alone_are_understood() -> None:
    x, y = torch.ones(2, 1), torch.ones(2)
    assert pair_of((x, y)) == (x, y)
    assert pair_of(TensorDataset(x, y)) == (x, y)
    assert pair_of(x) == (x, None)
    assert pair_of(object()) is None
