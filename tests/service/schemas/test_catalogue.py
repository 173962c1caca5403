"""How data look before they are made."""

from math import prod

import pytest

from service.schemas.catalogue import BUILTINS, builtin_shape, dataset_shape, fits, synthetic_shape
from service.schemas.data import BuiltinData, DatasetInfo, SyntheticData
from service.schemas.plan import Tensor
from service.schemas.training import Loss

FLAT = Tensor(shape=(64,))
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_every_set_has_examples_and_an_answer(name):
    shape = builtin_shape(BuiltinData(name=name), FLAT)
    assert shape.examples > 0
    assert prod(shape.x.shape) > 0
    assert (shape.answer.kind == "none") == (name == "ring")
    assert BUILTINS[name].about


@pytest.mark.parametrize(
    ("name", "examples", "width", "classes"),
    [
        ("digits", 1797, 64, 10),
        ("iris", 150, 4, 3),
        ("wine", 178, 13, 3),
        ("breast_cancer", 569, 30, 2),
        ("diabetes", 442, 10, None),
        ("xor", 4, 2, 2),
        ("spirals", 1024, 2, 2),
        ("blobs", 1024, 2, 3),
    ],
)
def test_the_numbers_of_the_tables(name, examples, width, classes):
    shape = builtin_shape(BuiltinData(name=name), FLAT)
    assert (shape.examples, shape.x.shape, shape.answer.classes) == (examples, (width,), classes)


def test_the_numbers_are_those_of_the_library_that_ships_them():
    datasets = pytest.importorskip("sklearn.datasets")
    for name in ("digits", "iris", "wine", "breast_cancer", "diabetes"):
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        shape = builtin_shape(BuiltinData(name=name), FLAT)
        assert x.shape == (shape.examples, *shape.x.shape)
        assert shape.answer.classes == (len(set(y)) if shape.answer.kind == "class" else None)


def test_classes_can_be_chosen_where_the_set_is_computed():
    assert builtin_shape(BuiltinData(name="spirals", classes=5), FLAT).answer.classes == 5


@pytest.mark.parametrize(
    ("name", "entry", "x", "answer"),
    [
        ("first_token", Tensor(shape=(30,), dtype="int", vocab=4), (30,), ()),
        ("first_token", Tensor(shape=(30, 4)), (30, 4), ()),
        ("first_token", Tensor(shape=(30, 1)), (30,), ()),
        ("copy", Tensor(shape=(12,), dtype="int", vocab=8), (12,), (12,)),
        ("characters", Tensor(shape=(16,), dtype="int", vocab=32), (16,), (16,)),
        ("characters", Tensor(shape=(16, 32)), (16, 32), (16,)),
        ("adding", Tensor(shape=(70, 2)), (70, 2), (1,)),
        ("adding", Tensor(shape=(3,)), (50, 2), (1,)),
    ],
)
def test_the_length_of_a_sequence_follows_from_the_input(name, entry, x, answer):
    shape = builtin_shape(BuiltinData(name=name), entry)
    assert (shape.x.shape, shape.answer.shape) == (x, answer)


def test_a_length_that_is_given_wins():
    shape = builtin_shape(BuiltinData(name="adding", length=10), Tensor(shape=(70, 2)))
    assert not fits(shape.x, Tensor(shape=(70, 2)))


def test_tokens_become_one_hot_only_where_the_input_is_real():
    tokens = builtin_shape(BuiltinData(name="first_token"), Tensor(shape=(30,), dtype="int", vocab=4))
    floats = builtin_shape(BuiltinData(name="first_token"), Tensor(shape=(30, 4)))
    assert (tokens.x.dtype, floats.x.dtype, floats.vocab) == ("int", "float", 4)


@pytest.mark.parametrize(
    ("x", "entry", "expected"),
    [
        (Tensor(shape=(64,)), Tensor(shape=(1, 8, 8)), True),
        (Tensor(shape=(64,)), Tensor(shape=(63,)), False),
        (Tensor(shape=(5,), dtype="int"), Tensor(shape=(5,), dtype="int", vocab=9), True),
        (Tensor(shape=(5,), dtype="int"), Tensor(shape=(5, 1)), True),
        (Tensor(shape=(5,)), Tensor(shape=(5,), dtype="int", vocab=9), False),
        (Tensor(shape=(6,), dtype="int"), Tensor(shape=(2, 3), dtype="int", vocab=9), False),
    ],
)
def test_what_a_network_can_take(x, entry, expected):
    assert fits(x, entry) is expected


def test_synthetic_data_have_the_input_s_shape_and_an_answer_for_the_output():
    shape = synthetic_shape(SyntheticData(examples=7), Loss(type="MSELoss"), FLAT, None, Tensor(shape=(3,)))
    assert (shape.examples, shape.x, shape.answer.shape) == (7, FLAT, (3,))


def test_uploads_with_whole_numbers_are_classes_and_those_with_floats_are_real():
    info = DatasetInfo(
        digest=DIGEST, bytes=9, examples=5, x_shape=(7, 2), x_dtype="float", y_shape=(7,), y_dtype="int"
    )
    assert (dataset_shape(info).answer.kind, dataset_shape(info).answer.per_step) == ("class", True)
    real = info.model_copy(update={"y_dtype": "float", "y_shape": ()})
    assert (dataset_shape(real).answer.kind, dataset_shape(real).answer.per_step) == ("real", False)
    assert dataset_shape(info.model_copy(update={"y_shape": None})).answer.kind == "none"
