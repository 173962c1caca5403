"""Every loss is torch's own where torch has it, and Keras' where the network ends in probabilities."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from service.schemas.targets import Target
from service.schemas.training import Loss
from workers.training.losses import criterion
from workers.training.objective import Objective

DICE = torch.Generator().manual_seed(0)
LOGITS = torch.randn(6, 4, generator=DICE)
REAL = torch.randn(6, 4, generator=DICE)
INDEX = torch.tensor([0, 1, 2, 3, 0, 1])
ONE_HOT = functional.one_hot(INDEX, 4).float()
SIGNS = ONE_HOT * 2 - 1
CLASSES = Target("class-index", (), 4, -1)
HOT = Target("one-hot", (4,), 4, -1)
NUMBERS = Target("real", (4,))

AS_TORCH = [
    (Loss(type="CrossEntropyLoss"), CLASSES, LOGITS, INDEX, nn.CrossEntropyLoss()),
    (
        Loss(type="CrossEntropyLoss", label_smoothing=0.1),
        CLASSES,
        LOGITS,
        INDEX,
        nn.CrossEntropyLoss(label_smoothing=0.1),
    ),
    (Loss(type="NLLLoss"), CLASSES, LOGITS.log_softmax(1), INDEX, nn.NLLLoss()),
    (Loss(type="BCELoss"), HOT, LOGITS.sigmoid(), ONE_HOT, nn.BCELoss()),
    (Loss(type="BCEWithLogitsLoss"), HOT, LOGITS, ONE_HOT, nn.BCEWithLogitsLoss()),
    (Loss(type="MSELoss"), NUMBERS, LOGITS, REAL, nn.MSELoss()),
    (Loss(type="L1Loss"), NUMBERS, LOGITS, REAL, nn.L1Loss()),
    (Loss(type="SmoothL1Loss", beta=0.3), NUMBERS, LOGITS, REAL, nn.SmoothL1Loss(beta=0.3)),
    (Loss(type="HuberLoss", delta=0.3), NUMBERS, LOGITS, REAL, nn.HuberLoss(delta=0.3)),
    (Loss(type="HingeEmbeddingLoss", margin=0.7), HOT, LOGITS, SIGNS, nn.HingeEmbeddingLoss(0.7)),
    (Loss(type="MultiMarginLoss", margin=0.5), CLASSES, LOGITS, INDEX, nn.MultiMarginLoss(margin=0.5)),
    (Loss(type="MultiLabelSoftMarginLoss"), HOT, LOGITS, ONE_HOT, nn.MultiLabelSoftMarginLoss()),
    (Loss(type="SoftMarginLoss"), HOT, LOGITS, SIGNS, nn.SoftMarginLoss()),
    (Loss(type="PoissonNLLLoss"), NUMBERS, LOGITS, REAL.abs(), nn.PoissonNLLLoss()),
    (
        Loss(type="PoissonNLLLoss", log_input=False),
        NUMBERS,
        LOGITS.exp(),
        REAL.abs(),
        nn.PoissonNLLLoss(log_input=False),
    ),
]


@pytest.mark.parametrize(
    ("loss", "target", "output", "y", "torch_loss"), AS_TORCH, ids=lambda each: getattr(each, "type", "")
)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_value_and_gradient_are_torchs(loss, target, output, y, torch_loss, reduction) -> None:
    ours, theirs = output.clone().requires_grad_(), output.clone().requires_grad_()
    torch_loss.reduction = reduction
    spec = loss.model_copy(update={"reduction": reduction})
    mine, expected = criterion(spec, target, ours, y), torch_loss(theirs, y)
    assert mine.item() == expected.item()
    mine.backward()
    expected.backward()
    assert torch.equal(ours.grad, theirs.grad)


@pytest.mark.parametrize(
    ("loss", "target", "output", "y", "_"), AS_TORCH, ids=lambda e: getattr(e, "type", "")
)
def test_a_sum_is_told_as_the_mean_that_it_comes_to(loss, target, output, y, _) -> None:
    mean, total = (
        Objective(loss.model_copy(update={"reduction": reduction}), target) for reduction in ("mean", "sum")
    )
    told = [each.mean(each(output, y), y).item() for each in (mean, total)]
    assert told[0] == pytest.approx(told[1], rel=1e-6)


def test_kl_is_torchs_mean_over_elements() -> None:
    logs, wanted = LOGITS.log_softmax(1), REAL.softmax(1)
    ours = criterion(Loss(type="KLDivLoss"), HOT, logs, wanted)
    torch.testing.assert_close(ours, nn.KLDivLoss(reduction="sum")(logs, wanted) / 24)


@pytest.mark.parametrize("loss_type", ["NLLLoss", "KLDivLoss"])
def test_log_probabilities_can_come_from_probabilities_and_from_logits(loss_type: str) -> None:
    target, y = (CLASSES, INDEX) if loss_type == "NLLLoss" else (HOT, ONE_HOT)
    plain = criterion(Loss(type=loss_type), target, LOGITS.log_softmax(1), y)
    for made, output in ((True, LOGITS), (False, LOGITS.softmax(1))):
        torch.testing.assert_close(
            criterion(Loss(type=loss_type, from_logits=made), target, output, y), plain
        )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_of_a_softmax_is_that_of_its_logits(smoothing: float) -> None:
    loss = Loss(type="CrossEntropyLoss", label_smoothing=smoothing)
    probabilities = loss.model_copy(update={"from_logits": False})
    ours = criterion(probabilities, CLASSES, LOGITS.softmax(1), INDEX)
    torch.testing.assert_close(ours, criterion(loss, CLASSES, LOGITS, INDEX))


def test_probabilities_are_clipped_as_keras_does() -> None:
    certain = torch.tensor([[1.0, 0.0], [0.0, 1.0]], requires_grad=True)
    loss = Loss(type="CrossEntropyLoss", from_logits=False, reduction="sum")
    value = criterion(loss, Target("class-index", (), 2, -1), certain, torch.tensor([0, 0]))
    assert value.item() == pytest.approx(-math.log(1e-7) - math.log(1 - 1e-7), rel=1e-5)
    value.backward()
    assert certain.grad.abs().max() == 0


def test_one_unit_of_softmax_gives_no_gradient_at_all() -> None:
    for from_logits in (None, False):
        score = torch.randn(5, 1, generator=DICE).requires_grad_()
        output = score.softmax(1) if from_logits is False else score
        loss = Loss(type="CrossEntropyLoss", from_logits=from_logits)
        criterion(loss, Target("binary", (1,), 2), output, torch.ones(5, 1)).backward()
        assert score.grad.abs().max() < 1e-6


def test_class_axes_come_first_or_last() -> None:
    maps = torch.randn(3, 4, 5, generator=DICE)
    y = torch.randint(4, (3, 5), generator=DICE)
    for loss_type, torch_loss in (("CrossEntropyLoss", nn.CrossEntropyLoss()), ("NLLLoss", nn.NLLLoss())):
        first = criterion(Loss(type=loss_type), Target("class-index", (5,), 4, 0), maps, y)
        last = criterion(Loss(type=loss_type), Target("class-index", (5,), 4, -1), maps.movedim(1, -1), y)
        torch.testing.assert_close(first, torch_loss(maps, y))
        torch.testing.assert_close(last, first)
    margin = Loss(type="MultiMarginLoss")
    first = criterion(margin, Target("class-index", (5,), 4, 0), maps, y)
    torch.testing.assert_close(first, nn.MultiMarginLoss()(maps.movedim(1, -1).reshape(-1, 4), y.reshape(-1)))


def test_what_is_no_probability_gives_nan_instead_of_an_exception() -> None:
    for bad in (-0.5, 1.5, math.nan):
        output = torch.tensor([[0.5], [bad]])
        value = criterion(Loss(type="BCELoss"), Target("binary", (1,), 2), output, torch.ones(2, 1))
        assert math.isnan(value)


def test_gaussian_takes_means_alone_or_with_log_variances() -> None:
    loss, target = Loss(type="GaussianNLLLoss"), Target("real", (2,))
    y, mean, logs = REAL[:, :2], LOGITS[:, :2], LOGITS[:, 2:]
    torch_loss = nn.GaussianNLLLoss()
    torch.testing.assert_close(criterion(loss, target, mean, y), torch_loss(mean, y, torch.ones(6, 2)))
    torch.testing.assert_close(criterion(loss, target, LOGITS, y), torch_loss(mean, y, logs.exp()))
    tiny = torch.cat((mean, torch.full((6, 2), -100.0)), dim=1)
    torch.testing.assert_close(criterion(loss, target, tiny, y), torch_loss(mean, y, torch.zeros(6, 2)))


def test_cosine_compares_with_targets_that_are_alike() -> None:
    ours = criterion(Loss(type="CosineEmbeddingLoss"), NUMBERS, LOGITS, REAL)
    torch.testing.assert_close(ours, (1 - functional.cosine_similarity(LOGITS, REAL)).mean())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_ctc_counts_labels_that_are_not_padding(reduction: str) -> None:
    logs = torch.randn(2, 6, 4, generator=DICE).log_softmax(-1)
    y = torch.tensor([[1, 2, 3], [2, -1, -1]])
    target = Target("labels", (3,), 3, -1)
    ours = criterion(Loss(type="CTCLoss", reduction=reduction), target, logs, y)
    lengths = torch.tensor([6, 6]), torch.tensor([3, 1])
    theirs = functional.ctc_loss(
        logs.transpose(0, 1), torch.tensor([1, 2, 3, 2]), *lengths, reduction=reduction
    )
    torch.testing.assert_close(ours, theirs)


def test_smoothing_pulls_binary_targets_to_the_middle() -> None:
    loss = Loss(type="BCEWithLogitsLoss", label_smoothing=0.2)
    expected = functional.binary_cross_entropy_with_logits(LOGITS, ONE_HOT * 0.8 + 0.1)
    torch.testing.assert_close(criterion(loss, HOT, LOGITS, ONE_HOT), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_losses_are_computed_in_fp32_unless_all_is_in_sixteen_bits(dtype: torch.dtype) -> None:
    objective, y = Objective(Loss(type="MSELoss"), NUMBERS), REAL
    assert objective(LOGITS.to(dtype), y).dtype == torch.float32
    pure = Objective(Loss(type="MSELoss"), NUMBERS, keep=True)
    assert pure(LOGITS.to(dtype), y.to(dtype)).dtype == dtype
