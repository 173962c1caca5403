"""The trivial loss is what no constant prediction can beat, and one reaches."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from service.schemas.targets import Target
from service.schemas.training import Loss
from workers.training.losses import criterion
from workers.training.trivial import trivial_loss

DICE = torch.Generator().manual_seed(1)
INDEX = torch.tensor([0] * 7 + [1] * 2 + [2])
SHARES = np.array([0.7, 0.2, 0.1])
HOT = functional.one_hot(INDEX, 3).float()
SKEWED = torch.randn(101, 2, generator=DICE).exp()
CLASSES = Target("class-index", (), 3, -1)


def entropy(p: np.ndarray) -> float:
    return float(-(p * np.log(p)).sum())


def test_cross_entropy_is_the_entropy_of_the_labels() -> None:
    for loss_type in ("CrossEntropyLoss", "NLLLoss"):
        assert trivial_loss(Loss(type=loss_type), CLASSES, (3,), INDEX) == pytest.approx(entropy(SHARES))


def test_smoothed_labels_have_the_entropy_of_the_smoothed_shares() -> None:
    loss = Loss(type="CrossEntropyLoss", label_smoothing=0.3)
    assert trivial_loss(loss, CLASSES, (3,), INDEX) == pytest.approx(entropy(SHARES * 0.7 + 0.1))


def test_each_place_has_a_constant_of_its_own() -> None:
    y = torch.stack((torch.zeros(10, dtype=torch.int64), INDEX), dim=1)
    value = trivial_loss(Loss(type="CrossEntropyLoss"), Target("class-index", (2,), 3, -1), (2, 3), y)
    assert value == pytest.approx(entropy(SHARES) / 2)


def test_one_unit_of_softmax_has_nothing_to_lose() -> None:
    y = torch.tensor([[0.0], [1.0], [1.0]])
    assert trivial_loss(Loss(type="CrossEntropyLoss"), Target("binary", (1,), 2), (1,), y) == 0


def test_squares_give_the_variance_and_distances_the_median() -> None:
    target, y = Target("real", (2,)), SKEWED.double().numpy()
    assert trivial_loss(Loss(type="MSELoss"), target, (2,), SKEWED) == pytest.approx(y.var(0).mean())
    expected = np.abs(y - np.median(y, axis=0)).mean()
    assert trivial_loss(Loss(type="L1Loss"), target, (2,), SKEWED) == pytest.approx(expected)


def test_binary_losses_give_the_entropy_of_a_coin() -> None:
    y = torch.tensor([[1.0]] * 3 + [[0.0]] * 7)
    for loss_type in ("BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss"):
        value = trivial_loss(Loss(type=loss_type), Target("binary", (1,), 2), (1,), y)
        assert value == pytest.approx(entropy(np.array([0.3, 0.7])))
    value = trivial_loss(Loss(type="SoftMarginLoss"), Target("signed", (1,), 2), (1,), 2 * y - 1)
    assert value == pytest.approx(entropy(np.array([0.3, 0.7])))


CONTINUOUS = [
    (Loss(type="MSELoss"), SKEWED),
    (Loss(type="L1Loss"), SKEWED),
    (Loss(type="SmoothL1Loss", beta=0.5), SKEWED),
    (Loss(type="HuberLoss", delta=0.5), SKEWED),
    (Loss(type="PoissonNLLLoss"), SKEWED),
    (Loss(type="PoissonNLLLoss", log_input=False), SKEWED),
    (Loss(type="GaussianNLLLoss"), SKEWED),
    (Loss(type="BCEWithLogitsLoss"), (SKEWED > 1).float()),
    (Loss(type="BCEWithLogitsLoss", label_smoothing=0.2), (SKEWED > 1).float()),
    (Loss(type="SoftMarginLoss"), (SKEWED > 1).float() * 2 - 1),
    (Loss(type="MultiLabelSoftMarginLoss"), (SKEWED > 1).float()),
    (Loss(type="CosineEmbeddingLoss"), SKEWED - 1),
]


@pytest.mark.parametrize(("loss", "y"), CONTINUOUS, ids=lambda each: getattr(each, "type", ""))
def test_descending_on_the_constant_itself_ends_there(loss: Loss, y: torch.Tensor) -> None:
    target = Target("real", (2,))
    assert trivial_loss(loss, target, (2,), y) == pytest.approx(descended(loss, target, (2,), y), rel=1e-4)


def test_gaussian_with_variances_ends_there_too() -> None:
    loss, target = Loss(type="GaussianNLLLoss"), Target("real", (2,))
    assert trivial_loss(loss, target, (4,), SKEWED) == pytest.approx(
        descended(loss, target, (4,), SKEWED), rel=1e-4
    )


def test_divergence_ends_there_too() -> None:
    loss, target = Loss(type="KLDivLoss", from_logits=True), Target("one-hot", (3,), 3, -1)
    wanted = torch.randn(50, 3, generator=DICE).softmax(1)
    for y in (HOT, wanted):
        assert trivial_loss(loss, target, (3,), y) == pytest.approx(
            descended(loss, target, (3,), y), rel=1e-3
        )


def descended(loss: Loss, target: Target, output: tuple[int, ...], y: torch.Tensor) -> float:
    constant = torch.full(output, 0.5, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS(
        [constant], max_iter=200, line_search_fn="strong_wolfe", tolerance_change=1e-14
    )

    def value() -> torch.Tensor:
        search.zero_grad()
        found = criterion(loss, target, constant.expand(len(y), *output), y.double())
        found.backward()
        return found

    search.step(value)
    return float(criterion(loss, target, constant.detach().expand(len(y), *output), y.double()))


def test_balanced_classes_leave_the_margin_to_all_others() -> None:
    y = torch.arange(9) % 3
    value = trivial_loss(Loss(type="MultiMarginLoss"), CLASSES, (3,), y)
    assert value == pytest.approx(2 / 3, rel=0.01)


def test_a_margin_around_the_most_frequent_class_is_found() -> None:
    value = trivial_loss(Loss(type="MultiMarginLoss"), CLASSES, (3,), INDEX)
    best = min(margin_loss((a, b, 0.0)) for a in (0.0, 1.0, 2.0) for b in (0.0, 1.0, 2.0))
    assert value == pytest.approx(best, rel=0.05)


def margin_loss(constant: tuple[float, ...]) -> float:
    output = torch.tensor(constant).expand(len(INDEX), 3)
    return float(criterion(Loss(type="MultiMarginLoss"), CLASSES, output, INDEX))


def test_a_distance_stays_near_or_far() -> None:
    y = torch.tensor([[1.0]] * 3 + [[-1.0]] * 7)
    loss = Loss(type="HingeEmbeddingLoss", margin=2.0)
    assert trivial_loss(loss, Target("signed", (1,), 2), (1,), y) == pytest.approx(0.6)


def test_a_constant_alignment_is_better_than_none() -> None:
    y = torch.tensor([[1, 2], [1, 2], [1, 3]])
    loss = Loss(type="CTCLoss")
    value = trivial_loss(loss, Target("labels", (2,), 3, -1), (6, 4), y)
    even = criterion(loss, Target("labels", (2,), 3, -1), torch.zeros(3, 6, 4).log_softmax(-1), y)
    assert 0.2 < value < even


def test_there_is_none_where_there_are_no_targets_or_no_lower_bound() -> None:
    assert math.isnan(trivial_loss(Loss(type="Wasserstein"), Target("none"), (2,), None))
    high = torch.tensor([[3.0], [5.0]])
    assert math.isnan(trivial_loss(Loss(type="BCEWithLogitsLoss"), Target("value", (1,), 6), (1,), high))
    assert math.isnan(trivial_loss(Loss(type="PoissonNLLLoss"), Target("real", (1,)), (1,), -high))


def test_a_nan_among_the_targets_shows() -> None:
    y = torch.tensor([[1.0], [math.nan]])
    for loss_type in ("MSELoss", "L1Loss", "HuberLoss"):
        assert math.isnan(trivial_loss(Loss(type=loss_type), Target("real", (1,)), (1,), y))
