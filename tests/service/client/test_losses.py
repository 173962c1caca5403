from typing import Any

import pytest
import torch
from torch import nn

from service.client import Inexpressible
from service.client.losses import loss_of
from service.schemas.arguments import LOSS_ARGUMENTS
from service.schemas.training import Loss


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("MSELoss", {"type": "MSELoss"}),
        (
            {"type": "CrossEntropyLoss", "from_logits": False},
            {"type": "CrossEntropyLoss", "from_logits": False},
        ),
        (nn.functional.cross_entropy, {"type": "CrossEntropyLoss"}),
        (nn.HuberLoss(delta=2.0), {"type": "HuberLoss", "delta": 2.0}),
        (
            nn.CrossEntropyLoss(label_smoothing=0.1, reduction="sum"),
            {"type": "CrossEntropyLoss", "reduction": "sum", "label_smoothing": 0.1},
        ),
        (nn.CTCLoss(blank=3), {"type": "CTCLoss", "blank": 3}),
    ],
)
def test_a_loss_is_said_in_the_words_of_a_submission(loss: object, said: dict[str, Any]) -> None:
    assert loss_of(loss) == said


@pytest.mark.parametrize("name", [name for name in LOSS_ARGUMENTS if name != "Wasserstein"])
def test_every_loss_of_torch_with_its_defaults_is_accepted(name: str) -> None:
    said = loss_of(getattr(nn, name)())
    assert Loss.model_validate(said).type == name
    assert set(said) <= LOSS_ARGUMENTS[name]  # type: ignore[index]


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        (nn.CrossEntropyLoss(weight=torch.ones(3)), "`weight` of CrossEntropyLoss"),
        (nn.CrossEntropyLoss(ignore_index=0), "`ignore_index`"),
        (nn.BCEWithLogitsLoss(pos_weight=torch.ones(1)), "`pos_weight`"),
        (nn.KLDivLoss(log_target=True), "`log_target`"),
        (nn.MultiMarginLoss(p=2), "`p`"),
        (nn.GaussianNLLLoss(eps=1e-3), "`eps`"),
        (nn.MSELoss(reduction="none"), "reduction='none'"),
        (nn.TripletMarginLoss(), "the loss TripletMarginLoss cannot be sent"),
        (lambda a, b: a - b, "the loss function cannot be sent, code never is"),
    ],
)
def test_what_cannot_be_said_is_named_and_never_dropped(loss: object, named: str) -> None:
    with pytest.raises(Inexpressible) as raised:
        loss_of(loss)
    assert named in str(raised.value)


def test_a_loss_of_ones_own_under_a_known_name_is_not_taken_for_torchs() -> None:
    class MSELoss(nn.Module):
        pass

    with pytest.raises(Inexpressible):
        loss_of(MSELoss())
