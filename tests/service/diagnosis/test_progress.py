"""What became of a run: whether it counts as learning."""

from typing import Any

import pytest

from service.diagnosis.signals import Signals
from service.schemas.evidence import RunEvidence
from tests.service.diagnosis.evidence import outcome
from tests.service.diagnosis.structures import ending


def told(*last: Any, loss: Any = "CrossEntropyLoss", **fields: Any) -> Signals:
    """A classifier of digits with an outcome."""
    structure = ending(*last, loss=loss)
    run = RunEvidence(seed=0, outcome=outcome(**fields), network=(), layers=())
    return Signals(structure.submission, 100, "main", structure.layers, run)


@pytest.mark.parametrize(("skill", "learned"), [(0.44, False), (0.45, True), (1.0, True), (1.2, False)])
def test_a_loss_that_got_half_way_has_learned_and_one_without_a_bottom_tells_nothing(
    skill: float, learned: bool
) -> None:
    assert told(skill=skill).learned is learned


@pytest.mark.parametrize(("samples", "learned"), [(0.9, True), (0.2, False), (float("nan"), False)])
def test_a_generator_has_learned_by_its_samples(samples: float, learned: bool) -> None:
    assert told(skill=None, sample_skill=samples).learned is learned


def test_an_accuracy_does_not_make_up_for_a_loss_that_says_enough_itself() -> None:
    assert not told(skill=0.2, accuracy=0.9).learned


@pytest.mark.parametrize(
    "view",
    [
        told("Softmax", skill=0.2, accuracy=0.9),
        told(loss="MultiMarginLoss", skill=0.2, accuracy=0.9),
        told(loss={"type": "CrossEntropyLoss", "label_smoothing": 0.3}, skill=0.2, accuracy=0.9),
    ],
    ids=["squeezed", "another kind", "smoothed"],
)
def test_an_accuracy_counts_where_the_loss_is_squeezed_or_of_another_kind(view: Signals) -> None:
    assert view.learned


def test_an_accuracy_beside_a_loss_that_is_worse_than_a_constant_counts_for_nothing() -> None:
    assert not told("Softmax", skill=-0.5, accuracy=0.9).learned
