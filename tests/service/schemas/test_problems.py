"""Pydantic's faults in plain words."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, StrictBool, ValidationError

from service.errors import Problem
from service.schemas.base import Input
from service.schemas.problems import did_you_mean, joined, problems_of
from service.schemas.submission import Submission
from service.schemas.vocabulary import fields_at


class Cat(Input):
    type: Literal["Cat"]
    lives: Annotated[int, Field(ge=1, le=9)] = 9


class Dog(Input):
    type: Literal["Dog"]
    barks: StrictBool = True


class House(Input):
    pets: tuple[Annotated[Cat | Dog, Field(discriminator="type")], ...] = ()
    number: Annotated[int, Field(gt=0)] | Literal["auto"] = "auto"
    name: Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]+$")] = "home"
    share: float = 0.5
    rooms: dict[str, Cat] = Field(default_factory=dict)


def found(tree, pointer=""):
    with pytest.raises(ValidationError) as caught:
        House.model_validate(tree)
    return problems_of(caught.value, tree, pointer=pointer, model=House)


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ({"number": "x"}, Problem("/number", "this should be a whole number or 'auto', not \"x\"")),
        ({"number": 0}, Problem("/number", "this should be a number above 0 or 'auto', not 0")),
        ({"number": [1]}, Problem("/number", "this should be a whole number or 'auto', not a list of 1")),
        ({"name": "a"}, Problem("/name", 'this should be a string of at least 2 characters, not "a"')),
        ({"share": {}}, Problem("/share", "this should be a number, not a mapping")),
        ({"share": None}, Problem("/share", "this should be a number, not null")),
        ({"pets": 1}, Problem("/pets", "this should be a list, not 1")),
        ({"pets": [1]}, Problem("/pets/0", "this should be a mapping, not 1")),
        ({"pets": [{}]}, Problem("/pets/0", "it has no `type`", "name a layer type, e.g. Linear; or use repeat, "
                                 "residual, use or op")),
        ({"pets": [{"type": "Cet"}]}, Problem("/pets/0", "there is no type Cet", "did you mean Cat?")),
        ({"pets": [{"type": "Emu"}]}, Problem("/pets/0", "there is no type Emu", "known are Cat, Dog")),
        ({"pets": [{"type": "Cat", "lives": 10}]},
         Problem("/pets/0/lives", "this should be a number of at most 9, not 10")),
        ({"pets": [{"type": "Cat", "live": 1}]},
         Problem("/pets/0/live", "there is no field `live` here", "did you mean lives?")),
        ({"pets": [{"type": "Dog", "barks": 1}]}, Problem("/pets/0/barks", "this should be true or false, not 1")),
        ({"rooms": {"a/b": {"type": "Cat", "x": 1}}},
         Problem("/rooms/a~1b/x", "there is no field `x` here", "known are type, lives")),
        ({"pets": [{"type": "Cat", "in_features": 1}]},
         Problem("/pets/0/in_features", "there is no field `in_features` here",
                 "leave it out: it is inferred from what comes in")),
        ({"in_features": 1}, Problem("/in_features", "there is no field `in_features` here",
                                     "known are pets, number, name, share, rooms")),
        ({"rooms": {"a": {}}}, Problem("/rooms/a/type", "`type` is missing")),
    ],
)  # fmt: skip
def test_a_fault_in_plain_words(tree, problem):
    assert found(tree) == (problem,)


def test_a_pointer_can_be_put_before_all():
    assert found({"share": "x"}, "/outer")[0].pointer == "/outer/share"


def test_long_values_are_cut():
    assert len(found({"share": "x" * 1000})[0].message) < 120


def test_a_hundred_faults_are_enough():
    assert len(found({"pets": [1] * 500})) == 100


def test_keys_are_escaped_in_pointers():
    assert joined("/a", "b/c~d", 3) == "/a/b~1c~0d/3"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("linear", "did you mean Linear?"),
        ("Dense", "did you mean Linear?"),
        ("Liner", "did you mean Linear?"),
        ("Xyz", None),
    ],
)
def test_the_nearest_word_whatever_its_case(word, hint):
    assert did_you_mean(word, ["Linear", "Conv2d"]) == hint


def test_a_synonym_is_no_hint_where_it_is_not_possible():
    assert did_you_mean("dense", ["Conv2d"]) is None


@pytest.mark.parametrize(
    ("location", "field"),
    [
        ((), "training"),
        (("network",), "layers"),
        (("network", "a network", "layers", 0, "a layer", "Linear"), "out_features"),
        (
            ("network", "a network", "layers", 0, "a repeat", "body", 3, "a residual", "residual"),
            "shortcut",
        ),
        (("network", "a file"), "freeze"),
        (("network", "a file", "edits", 0, "a shortcut", "residual"), "end"),
        (("network", "a network", "init", 0, "weight", "kaiming_normal"), "nonlinearity"),
        (("networks", "critic", "input"), "vocab"),
        (("training", "optimizer"), "betas"),
        (("data", "builtin"), "length"),
    ],
)
def test_the_fields_of_a_place_are_known(location, field):
    assert field in fields_at(Submission, location)


@pytest.mark.parametrize(
    "location", [("nowhere",), ("data", "nothing"), ("training", "batch_size"), ("project", 3)]
)
def test_where_there_are_none_none_are_known(location):
    assert fields_at(Submission, location) == []
