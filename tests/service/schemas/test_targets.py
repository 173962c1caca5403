"""Losses, outputs and answers brought together: everything torch could compute is, everything else is refused."""

import pytest

from service.schemas.plan import Tensor
from service.schemas.targets import Answer, Target, TargetError, synthetic_answer, target_for
from service.schemas.training import Loss

TEN = Answer("class", (), 10)
TWO = Answer("class", (), 2)
STEPS = Answer("class", (20,), 8, per_step=True)
SCORE = Answer("real", (1,))
ONE_HOT_UPLOAD = Answer("class", (10,), None)


def target(loss, shape, answer, **arguments):
    return target_for(Loss(type=loss, **arguments), Tensor(shape=shape), answer)


@pytest.mark.parametrize(
    ("loss", "shape", "answer", "expected"),
    [
        # class numbers
        ("CrossEntropyLoss", (10,), TEN, Target("class-index", (), 10, -1)),
        ("CrossEntropyLoss", (12,), TEN, Target("class-index", (), 12, -1)),
        ("NLLLoss", (2,), TWO, Target("class-index", (), 2, -1)),
        ("MultiMarginLoss", (10,), TEN, Target("class-index", (), 10, -1)),
        ("CrossEntropyLoss", (10, 1, 1), TEN, Target("class-index", (1, 1), 10, 0)),
        ("CrossEntropyLoss", (1, 10), TEN, Target("class-index", (1,), 10, -1)),
        ("CrossEntropyLoss", (10,), Answer("class", (1,), 10), Target("class-index", (), 10, -1)),
        # sequences
        ("CrossEntropyLoss", (20, 8), STEPS, Target("class-index", (20,), 8, -1)),
        ("CrossEntropyLoss", (8, 20), STEPS, Target("class-index", (20,), 8, 0)),
        ("CrossEntropyLoss", (8,), STEPS, Target("class-index", (), 8, -1, last=True)),
        ("MSELoss", (20, 8), STEPS, Target("one-hot", (20, 8), 8, -1)),
        ("MSELoss", (20,), STEPS, Target("value", (20,), 8)),
        ("MSELoss", (20, 1), STEPS, Target("value", (20, 1), 8)),
        ("MSELoss", (1,), STEPS, Target("value", (1,), 8, last=True)),
        ("MSELoss", (8,), STEPS, Target("one-hot", (8,), 8, -1, last=True)),
        # one-hot, and the signs of the margin losses
        ("MSELoss", (10,), TEN, Target("one-hot", (10,), 10, -1)),
        ("BCELoss", (10,), TEN, Target("one-hot", (10,), 10, -1)),
        ("BCEWithLogitsLoss", (2,), TWO, Target("one-hot", (2,), 2, -1)),
        ("KLDivLoss", (10,), TEN, Target("one-hot", (10,), 10, -1)),
        ("MultiLabelSoftMarginLoss", (10,), TEN, Target("one-hot", (10,), 10, -1)),
        ("CosineEmbeddingLoss", (10,), TEN, Target("one-hot", (10,), 10, -1)),
        ("HingeEmbeddingLoss", (10,), TEN, Target("signed", (10,), 10, -1)),
        ("SoftMarginLoss", (1,), TWO, Target("signed", (1,), 2)),
        # one unit
        ("BCELoss", (1,), TWO, Target("binary", (1,), 2)),
        ("BCEWithLogitsLoss", (), TWO, Target("binary", (), 2)),
        ("MSELoss", (1,), TWO, Target("binary", (1,), 2)),
        ("MSELoss", (1,), TEN, Target("value", (1,), 10)),
        ("BCEWithLogitsLoss", (1,), TEN, Target("value", (1,), 10)),
        ("BCELoss", (1,), Answer("class", ()), Target("binary", (1,))),
        ("MSELoss", (1,), Answer("class", ()), Target("value", (1,))),
        ("CrossEntropyLoss", (1,), TWO, Target("binary", (1,), 2)),
        ("CrossEntropyLoss", (1,), TEN, Target("value", (1,), 10)),
        # uploaded one-hot rows
        ("CrossEntropyLoss", (10,), ONE_HOT_UPLOAD, Target("value", (10,))),
        ("MSELoss", (10,), ONE_HOT_UPLOAD, Target("value", (10,))),
        ("CrossEntropyLoss", (10,), Answer("real", (10,)), Target("real", (10,))),
        # real numbers
        ("MSELoss", (1,), SCORE, Target("real", (1,))),
        ("L1Loss", (), SCORE, Target("real", ())),
        ("HuberLoss", (2, 3), Answer("real", (6,)), Target("real", (2, 3))),
        ("PoissonNLLLoss", (1,), SCORE, Target("real", (1,))),
        ("GaussianNLLLoss", (1,), SCORE, Target("real", (1,))),
        ("GaussianNLLLoss", (2,), SCORE, Target("real", (1,))),
        ("GaussianNLLLoss", (5, 6), Answer("real", (5, 3)), Target("real", (5, 3))),
        ("BCELoss", (1,), SCORE, Target("real", (1,))),
        # labels
        ("CTCLoss", (30, 9), Answer("class", (20,), 8, per_step=True), Target("labels", (20,), 8, -1)),
        ("CTCLoss", (30, 11), TEN, Target("labels", (1,), 10, -1)),
        # nothing
        ("Wasserstein", (2,), Answer("none"), Target("none")),
    ],
)
def test_how_answers_are_adapted(loss, shape, answer, expected):
    assert target(loss, shape, answer) == expected


@pytest.mark.parametrize(
    ("loss", "shape", "answer", "about", "message"),
    [
        ("CrossEntropyLoss", (9,), TEN, "output", "10 classes"),
        ("NLLLoss", (1,), TWO, "output", "2 classes"),
        ("CrossEntropyLoss", (), TWO, "output", "2 classes"),
        ("CrossEntropyLoss", (4, 10), TEN, "output", "10 classes"),
        ("CrossEntropyLoss", (10, 3, 3), TEN, "output", "10 classes"),
        ("CrossEntropyLoss", (19, 8), STEPS, "output", "8 classes"),
        ("MSELoss", (5,), TEN, "output", "10 classes"),
        ("MSELoss", (2,), SCORE, "output", "numbers of shape"),
        ("CrossEntropyLoss", (2,), SCORE, "output", "numbers of shape"),
        ("NLLLoss", (1,), SCORE, "loss", "takes class numbers"),
        ("MultiMarginLoss", (1,), SCORE, "loss", "takes class numbers"),
        ("MSELoss", (2,), Answer("none"), "loss", "no targets"),
        ("BCELoss", (1,), TEN, "output", "classes 0 to 9"),
        ("BCELoss", (1,), Answer("real", (1,), beyond_one=True), "loss", "go beyond"),
        ("CTCLoss", (9,), STEPS, "output", "time, classes"),
        ("CTCLoss", (30, 8), STEPS, "output", "blank"),
        ("CTCLoss", (10, 9), STEPS, "output", "align"),
        ("CTCLoss", (30, 9), SCORE, "loss", "sequence of class numbers"),
    ],
)
def test_what_torch_could_not_compute(loss, shape, answer, about, message):
    with pytest.raises(TargetError, match=message) as caught:
        target(loss, shape, answer)
    assert caught.value.about == about


def test_the_blank_must_be_a_unit():
    with pytest.raises(TargetError, match="blank is 9"):
        target("CTCLoss", (30, 9), STEPS, blank=9)


def test_whole_numbers_have_no_loss():
    with pytest.raises(TargetError, match="whole numbers"):
        target_for(Loss(type="MSELoss"), Tensor(shape=(2,), dtype="int"), TWO)


LOSSES = [
    "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "KLDivLoss",
    "HingeEmbeddingLoss", "MultiLabelSoftMarginLoss", "SoftMarginLoss", "PoissonNLLLoss", "GaussianNLLLoss",
    "CosineEmbeddingLoss",
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("task", [None, "classification", "regression"])
@pytest.mark.parametrize("shape", [(1,), (10,), (20, 8), (20, 1), (8, 4, 4), (1, 4, 4), (10, 1, 1)])
def test_synthetic_answers_fit_any_output(loss, task, shape):
    output = Tensor(shape=shape)
    answer = synthetic_answer(Loss(type=loss), output, task)
    if (loss, task) == ("BCELoss", "regression"):
        pytest.skip("torch refuses targets beyond 1")
    assert target_for(Loss(type=loss), output, answer).kind != "none"


@pytest.mark.parametrize(
    ("loss", "shape", "answer"),
    [
        ("CrossEntropyLoss", (1,), TWO),
        ("CrossEntropyLoss", (10,), TEN),
        ("CrossEntropyLoss", (20, 8), STEPS),
        ("CrossEntropyLoss", (8, 4, 4), Answer("class", (4, 4), 8)),
        ("BCELoss", (20, 1), Answer("class", (20,), 2, per_step=True)),
        ("MSELoss", (20, 8), Answer("real", (20, 8), beyond_one=True)),
        ("CTCLoss", (20, 8), Answer("class", (5,), 7)),
    ],
)
def test_the_task_follows_from_loss_and_output(loss, shape, answer):
    assert synthetic_answer(Loss(type=loss), Tensor(shape=shape), None) == answer
