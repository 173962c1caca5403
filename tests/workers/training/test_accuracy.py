"""Accuracy counts right answers where loss and targets say what right is."""

import pytest
import torch

from service.schemas.targets import Target
from service.schemas.training import Loss
from workers.training.accuracy import accuracy

SCORES = torch.tensor([[3.0, 1.0], [0.0, 2.0], [5.0, 4.0], [1.0, 0.0]])


def test_the_largest_unit_is_the_answer() -> None:
    y = torch.tensor([0, 1, 1, 0])
    assert accuracy(Loss(type="CrossEntropyLoss"), Target("class-index", (), 2, -1), SCORES, y) == 0.75
    hot = torch.nn.functional.one_hot(y, 2).float()
    assert accuracy(Loss(type="MSELoss"), Target("one-hot", (2,), 2, -1), SCORES, hot) == 0.75
    assert accuracy(Loss(type="SoftMarginLoss"), Target("signed", (2,), 2, -1), SCORES, 2 * hot - 1) == 0.75


def test_classes_may_come_first() -> None:
    y = torch.tensor([[0, 1, 1, 0]])
    assert accuracy(Loss(type="NLLLoss"), Target("class-index", (4,), 2, 0), SCORES.T[None], y) == 0.75


@pytest.mark.parametrize(
    ("loss", "right"),
    [
        (Loss(type="BCEWithLogitsLoss"), 0.75),
        (Loss(type="BCELoss"), 1.0),
        (Loss(type="BCELoss", from_logits=True), 0.75),
        (Loss(type="BCEWithLogitsLoss", from_logits=False), 1.0),
        (Loss(type="MSELoss"), 1.0),
        (Loss(type="CrossEntropyLoss"), 0.5),
    ],
    ids=str,
)
def test_one_unit_is_held_against_its_threshold(loss: Loss, right: float) -> None:
    output, y = torch.tensor([[0.9], [0.8], [0.4], [-0.1]]), torch.tensor([[1.0], [1.0], [0.0], [0.0]])
    assert accuracy(loss, Target("binary", (1,), 2), output, y) == right


def test_a_class_number_is_right_where_the_output_rounds_to_it() -> None:
    output, y = torch.tensor([[0.2], [1.4], [2.6]]), torch.tensor([[0.0], [1.0], [2.0]])
    share = accuracy(Loss(type="MSELoss"), Target("value", (1,), 3), output, y)
    assert float(share) == pytest.approx(2 / 3)


def test_numbers_and_distances_have_none() -> None:
    y = torch.ones(4, 2)
    assert accuracy(Loss(type="MSELoss"), Target("real", (2,)), SCORES, y) is None
    assert accuracy(Loss(type="HingeEmbeddingLoss"), Target("signed", (2,), 2), SCORES, y) is None
    assert accuracy(Loss(type="CTCLoss"), Target("labels", (2,), 1, -1), SCORES, y) is None
