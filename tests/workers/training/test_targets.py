"""Answers become what the loss takes, by the rules that the service states."""

import pytest
import torch

from service.schemas.plan import Tensor
from service.schemas.targets import Answer, Target, target_for
from service.schemas.training import Loss
from workers.errors import UnfitData
from workers.training.targets import adapt

Y = torch.tensor([0, 2, 1])
THREE = Answer("class", (), 3)
TWO = Answer("class", (), 2)


def adapted(loss_type: str, output: tuple[int, ...], answer: Answer, y: torch.Tensor, blank: int = 0):
    loss = Loss(type=loss_type, blank=blank)
    return adapt(y, answer, target_for(loss, Tensor(shape=output), answer), blank)


def test_class_numbers_stay_for_losses_that_take_them() -> None:
    assert torch.equal(adapted("CrossEntropyLoss", (3,), THREE, Y), Y)


def test_other_losses_get_ones_at_the_class() -> None:
    assert adapted("MSELoss", (3,), THREE, Y).tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert adapted("SoftMarginLoss", (3,), THREE, Y)[0].tolist() == [1, -1, -1]


def test_one_unit_gets_the_class_number() -> None:
    assert adapted("BCELoss", (1,), TWO, Y.clamp(max=1)).tolist() == [[0], [1], [1]]
    assert adapted("HingeEmbeddingLoss", (1,), TWO, Y.clamp(max=1)).tolist() == [[-1], [1], [1]]
    assert adapted("MSELoss", (1,), THREE, Y).tolist() == [[0], [2], [1]]
    assert adapted("CrossEntropyLoss", (1,), TWO, Y.clamp(max=1)).tolist() == [[0], [1], [1]]


def test_answers_of_places_go_along_the_class_axis() -> None:
    y = torch.tensor([[0, 2], [1, 1]])
    steps = Answer("class", (2,), 3, per_step=True)
    assert torch.equal(adapted("CrossEntropyLoss", (2, 3), steps, y), y)
    last = adapted("MSELoss", (2, 3), steps, y)
    assert (last.shape, last[0, 1].tolist()) == ((2, 2, 3), [0, 0, 1])
    pixels = Answer("class", (2, 2), 4)
    first = adapted("BCEWithLogitsLoss", (4, 2, 2), pixels, torch.zeros(5, 2, 2, dtype=torch.int64))
    assert first.shape == (5, 4, 2, 2)
    assert first[:, 0].min() == 1


def test_the_last_steps_answer_is_enough_for_one_output() -> None:
    y = torch.tensor([[0, 2], [1, 1]])
    assert adapted("CrossEntropyLoss", (3,), Answer("class", (2,), 3, per_step=True), y).tolist() == [2, 1]


def test_real_answers_take_the_shape_of_the_output() -> None:
    y = torch.arange(6.0).reshape(3, 2)
    assert adapted("L1Loss", (2, 1), Answer("real", (2,)), y).shape == (3, 2, 1)


@pytest.mark.parametrize(("blank", "expected"), [(0, [[1, 2], [3, -1]]), (1, [[0, 2], [3, -1]])])
def test_labels_make_room_for_the_blank_and_keep_padding(blank: int, expected: list[list[int]]) -> None:
    y = torch.tensor([[0, 1], [2, -1]])
    assert adapted("CTCLoss", (5, 4), Answer("class", (2,), 3), y, blank).tolist() == expected


def test_classes_that_do_not_exist_are_refused() -> None:
    target = Target("class-index", (), 3, -1)
    for y, found in ((Y + 1, "1 to 3"), (Y - 1, "-1 to 1")):
        with pytest.raises(UnfitData, match=f"{found}; 0 to 2"):
            adapt(y, THREE, target)
    with pytest.raises(UnfitData, match="real numbers"):
        adapt(Y.float(), THREE, target)
