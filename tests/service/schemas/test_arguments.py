"""The tables of arguments, held against torch's own signatures."""

import inspect
from typing import get_args

import pytest

from service.schemas.arguments import LOSS_ARGUMENTS, OPTIMIZER_ARGUMENTS, SCHEDULE_ARGUMENTS
from service.schemas.training import Loss, LossType, Optimizer, OptimizerType, Schedule

torch = pytest.importorskip("torch")
OURS = {"type", "from_logits"}


@pytest.mark.parametrize("name", get_args(OptimizerType))
def test_an_optimizer_takes_exactly_those_of_our_fields_that_torch_s_class_does(name):
    known = set(inspect.signature(getattr(torch.optim, name)).parameters)
    expected = {field for field in Optimizer.model_fields if field in known | {"type"}}
    # Adafactor's eps is a pair, and others' a number
    assert OPTIMIZER_ARGUMENTS[name] == (expected - {"eps"} if name == "Adafactor" else expected)


@pytest.mark.parametrize("name", [name for name in get_args(LossType) if name != "Wasserstein"])
def test_a_loss_takes_exactly_those_of_our_fields_that_torch_s_class_does(name):
    known = set(inspect.signature(getattr(torch.nn, name)).parameters)
    expected = {field for field in Loss.model_fields if field in known}
    assert LOSS_ARGUMENTS[name] - OURS == expected


def test_every_field_belongs_to_some_type():
    assert set().union(*LOSS_ARGUMENTS.values()) == set(Loss.model_fields)
    assert set().union(*OPTIMIZER_ARGUMENTS.values()) == set(Optimizer.model_fields)
    assert set().union(*SCHEDULE_ARGUMENTS.values()) == set(Schedule.model_fields)
    assert set(SCHEDULE_ARGUMENTS) == set(get_args(Schedule.model_fields["type"].annotation))
