"""Examples come in the form that network and loss take, or say why they cannot."""

from pathlib import Path

import numpy as np
import pytest
import torch

from service.schemas.data import BuiltinData, DatasetData, DatasetInfo, SyntheticData
from service.schemas.expansion import expand, submission_networks
from service.schemas.limits import Limits
from service.schemas.plan import Tensor
from service.schemas.training import Loss
from workers.errors import DataMissing, UnfitData
from workers.training.data import examples, load

DIGEST = "sha256:" + "a" * 64
CROSS_ENTROPY = Loss(type="CrossEntropyLoss")


def uploaded(path: Path, **arrays: np.ndarray) -> tuple[Path, DatasetInfo]:
    np.savez(path, **arrays)
    x, y = arrays["x"], arrays["y"]
    return path, DatasetInfo(
        digest=DIGEST,
        bytes=path.stat().st_size,
        examples=len(x),
        x_shape=x.shape[1:],
        x_dtype="float" if x.dtype.kind == "f" else "int",
        y_shape=y.shape[1:],
        y_dtype="float" if y.dtype.kind == "f" else "int",
    )


def test_examples_are_reshaped_to_the_input_and_preprocessed() -> None:
    data = BuiltinData(name="digits", preprocess="minmax", noise=0.1)
    found = examples(data, CROSS_ENTROPY, Tensor(shape=(1, 8, 8)), Tensor(shape=(10,)))
    assert found.x.shape == (1797, 1, 8, 8)
    assert (float(found.x.min()), float(found.x.max())) == (0, 1)
    assert (found.noise, len(found), found.output) == (0.1, 1797, (10,))


def test_real_answers_are_standardised_where_that_is_asked_for_and_classes_never() -> None:
    entry, output, squares = Tensor(shape=(10,)), Tensor(shape=(1,)), Loss(type="MSELoss")
    plain = examples(BuiltinData(name="diabetes"), squares, entry, output)
    scaled = examples(BuiltinData(name="diabetes", target_preprocess="standardize"), squares, entry, output)
    assert plain.y is not None
    assert scaled.y is not None
    assert float(plain.y.mean()) > 100
    torch.testing.assert_close(scaled.y, (plain.y - plain.y.mean(0)) / plain.y.std(0, correction=0))
    classes = BuiltinData(name="digits", target_preprocess="standardize")
    found = examples(classes, CROSS_ENTROPY, Tensor(shape=(64,)), Tensor(shape=(10,)))
    assert found.y is not None
    assert int(found.y.max()) == 9


def test_a_submission_without_data_gets_a_synthetic_task(order) -> None:
    submission = order().submission
    plan = expand(submission_networks(submission), Limits())
    found = load(submission, plan)
    assert (found.x.shape, found.y.shape) == ((1024, 3), (1024, 2))


def test_an_uploaded_set_is_read(tmp_path: Path) -> None:
    place = uploaded(tmp_path / "a.npz", x=np.ones((4, 2, 3)), y=np.array([0, 1, 2, 0]))
    data = DatasetData(source="dataset", digest=DIGEST)
    found = examples(data, CROSS_ENTROPY, Tensor(shape=(6,)), Tensor(shape=(3,)), place)
    assert found.x.shape == (4, 6)
    with pytest.raises(UnfitData, match="0 to 1 are possible"):
        examples(data, CROSS_ENTROPY, Tensor(shape=(6,)), Tensor(shape=(2,)), place)
    with pytest.raises(DataMissing, match=DIGEST):
        examples(data, CROSS_ENTROPY, Tensor(shape=(6,)), Tensor(shape=(3,)))


def test_tokens_outside_the_vocabulary_are_refused(tmp_path: Path) -> None:
    place = uploaded(tmp_path / "a.npz", x=np.array([[0, 5], [1, 2]]), y=np.array([0, 1]))
    data = DatasetData(source="dataset", digest=DIGEST)
    with pytest.raises(UnfitData, match="tokens run from 0 to 5; the network takes 0 to 4"):
        examples(data, CROSS_ENTROPY, Tensor(shape=(2,), dtype="int", vocab=5), Tensor(shape=(2,)), place)
    numbers = examples(data, CROSS_ENTROPY, Tensor(shape=(2,)), Tensor(shape=(2,)), place)
    assert numbers.x.dtype == torch.float32


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UnfitData, match=r"real numbers of shape \(4,\); the network takes float \(5,\)"):
        examples(BuiltinData(name="iris"), CROSS_ENTROPY, Tensor(shape=(5,)), Tensor(shape=(3,)))
    with pytest.raises(UnfitData, match="output has shape"):
        examples(BuiltinData(name="iris"), CROSS_ENTROPY, Tensor(shape=(4,)), Tensor(shape=(2,)))


def test_moving_examples_moves_every_tensor() -> None:
    found = examples(SyntheticData(), Loss(type="MSELoss"), Tensor(shape=(5,)), Tensor(shape=(2,)))
    half = found.moved(torch.Tensor.half)
    assert (half.x.dtype, half.y.dtype) == (torch.float16, torch.float16)
