"""The builtin sets look as the catalogue says and hold what they promise."""

import pytest
import torch

from service.schemas.catalogue import ALPHABET, BUILTINS, DataShape, builtin_shape
from service.schemas.data import BuiltinData
from service.schemas.plan import Tensor
from workers.training import builtin
from workers.training.builtin.text import TEXT


def shape_of(name: str, **options: int) -> DataShape:
    data = BuiltinData(name=name, **options)
    known = BUILTINS[data.name]
    first = known.make(data.length or known.length or 0, data.classes or known.classes or 0)
    return builtin_shape(data, first.x)


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_tensors_are_as_the_catalogue_says(name: str) -> None:
    shape = shape_of(name)
    x, y = builtin.make(name, shape)
    assert tuple(x.shape) == (shape.examples, *shape.x.shape)
    assert x.dtype == (torch.float32 if shape.x.dtype == "float" else torch.int64)
    if shape.answer.kind == "none":
        assert y is None
        return
    assert tuple(y.shape) == (shape.examples, *shape.answer.shape)
    assert y.dtype == (torch.int64 if shape.answer.kind == "class" else torch.float32)
    if shape.answer.kind == "class":
        assert set(y.unique().tolist()) == set(range(shape.answer.classes)) or name == "characters"
        assert int(y.max()) < shape.answer.classes
    if shape.vocab:
        assert 0 <= int(x.min()) <= int(x.max()) < shape.vocab


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_data_are_the_same_every_time_and_leave_the_global_generator_alone(name: str) -> None:
    before = torch.get_rng_state()
    first, second = builtin.make(name, shape_of(name)), builtin.make(name, shape_of(name))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first[0], second[0])


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer", "diabetes"])
@pytest.mark.filterwarnings("default")
def test_tables_hold_what_scikit_learn_loads(name: str) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")()
    x, y = builtin.make(name, shape_of(name))
    torch.testing.assert_close(x, torch.as_tensor(bunch.data, dtype=torch.float32))
    torch.testing.assert_close(y.flatten().double(), torch.as_tensor(bunch.target).double())


def test_xor_and_and_are_their_truth_tables() -> None:
    for name, truth in (("xor", lambda a, b: a != b), ("and", lambda a, b: a and b)):
        x, y = builtin.make(name, shape_of(name))
        assert [bool(truth(*map(bool, row))) for row in x.tolist()] == [bool(each) for each in y]


def test_circles_lie_inside_each_other_and_blobs_apart() -> None:
    x, y = builtin.make("circles", shape_of("circles"))
    assert x[y == 0].norm(dim=1).min() > x[y == 1].norm(dim=1).max()
    x, y = builtin.make("blobs", shape_of("blobs", classes=5))
    centres = torch.stack([x[y == each].mean(0) for each in range(5)])
    assert (torch.cdist(x, centres).argmin(1) == y).float().mean() > 0.9


def test_every_spiral_has_as_many_points() -> None:
    _, y = builtin.make("spirals", shape_of("spirals", classes=4))
    assert y.bincount().tolist() == [256] * 4


def test_the_ring_has_eight_clouds_at_radius_two() -> None:
    x, _ = builtin.make("ring", shape_of("ring"))
    assert abs(float(x.norm(dim=1).mean()) - 2) < 0.01
    assert (torch.atan2(x[:, 1], x[:, 0]) * 8 / (2 * torch.pi)).round().unique().remainder(
        8
    ).unique().numel() == 8


def test_the_next_character_is_the_answer_of_each_step() -> None:
    x, y = builtin.make("characters", shape_of("characters", length=10))
    assert torch.equal(x[:, 1:], y[:, :-1])
    assert "".join(ALPHABET[token] for token in x[0].tolist()) == TEXT[:10]


def test_the_text_is_long_enough_and_within_the_alphabet() -> None:
    assert 3_000 <= len(TEXT) <= 5_000
    assert set(TEXT) <= set(ALPHABET)


def test_a_window_longer_than_the_text_wraps_around() -> None:
    x, _ = builtin.make("characters", shape_of("characters", length=len(TEXT) + 5))
    assert torch.equal(x[0, :5], x[0, len(TEXT) :])


def test_the_sum_of_the_marked_numbers_is_the_answer() -> None:
    x, y = builtin.make("adding", shape_of("adding", length=12))
    assert torch.equal(x[..., 1].sum(1), torch.full((1024,), 2.0))
    torch.testing.assert_close((x[..., 0] * x[..., 1]).sum(1, keepdim=True), y)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_very_short_sequences_are_made_too(length: int) -> None:
    for name in ("adding", "copy", "first_token", "characters"):
        x, _ = builtin.make(name, shape_of(name, length=length))
        assert x.shape[1] == length


def test_copied_symbols_come_half_a_sequence_later() -> None:
    x, y = builtin.make("copy", shape_of("copy", length=11, classes=6))
    assert torch.equal(x[:, :5], y[:, 6:])
    assert int(x[:, 5:].abs().sum()) == int(y[:, :6].abs().sum()) == 0
    assert int(x[:, :5].min()) == 1


def test_the_first_token_is_the_answer() -> None:
    x, y = builtin.make("first_token", shape_of("first_token"))
    assert torch.equal(x[:, 0], y)


def test_tokens_become_one_hot_where_the_network_takes_floats() -> None:
    data = BuiltinData(name="first_token", length=7, classes=3)
    x, y = builtin.make("first_token", builtin_shape(data, Tensor(shape=(7, 3))))
    assert x.shape == (1024, 7, 3)
    assert torch.equal(x[:, 0].argmax(1), y)
