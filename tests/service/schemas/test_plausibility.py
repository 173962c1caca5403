"""Training plans that contradict themselves."""

import pytest
from pydantic import ValidationError

from service.schemas.limits import Limits
from service.schemas.plausibility import probing_problems, training_problems
from service.schemas.training import Probing, Training

LIMITS = Limits()


def pointers(loss="MSELoss", optimizer="SGD", **rest):
    tree = {"loss": loss, "optimizer": optimizer, **rest}
    return [problem.pointer for problem in training_problems(Training.model_validate(tree), LIMITS, tree)]


@pytest.mark.parametrize(
    "tree",
    [
        {"loss": "CrossEntropyLoss", "optimizer": "Adam"},
        {"loss": {"type": "CrossEntropyLoss", "from_logits": False, "label_smoothing": 0.1}},
        {"loss": {"type": "CTCLoss", "blank": 3, "zero_infinity": True, "from_logits": False}},
        {"loss": {"type": "Wasserstein", "critic_steps": 3, "weight_clip": 0.1, "gradient_penalty": 10}},
        {"optimizer": {"type": "SGD", "lr": 0.1, "momentum": 0.9, "nesterov": True}},
        {"optimizer": {"type": "Rprop", "etas": [0.5, 1.2], "step_sizes": [1e-6, 50]}},
        {"optimizer": {"type": "Adam", "momentum": None}},
        {"precision": "fp16", "loss_scale": 1024},
        {"precision": "fp16", "precision_mode": "pure"},
        {"precision": "bf16"},
        {"schedule": {"type": "step", "step_size": 30, "gamma": 0.5, "warmup_steps": 5}},
        {"schedule": {"type": "exponential", "gamma": 0.99}},
        {"schedule": {"type": "one-cycle"}},
        {"clip": {"norm": 1.0, "value": 0.5}},
        {"steps": 10},
        {},
    ],
)
def test_what_is_in_order(tree):
    assert pointers(**tree) == []


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        ({"loss": {"type": "MSELoss", "label_smoothing": 0.1}}, "loss/label_smoothing"),
        ({"loss": {"type": "MSELoss", "margin": 1.0}}, "loss/margin"),
        ({"loss": {"type": "MSELoss", "from_logits": True}}, "loss/from_logits"),
        ({"loss": {"type": "BCELoss", "from_logits": True}}, "loss/from_logits"),
        ({"loss": {"type": "KLDivLoss", "from_logits": True}}, "loss/from_logits"),
        ({"loss": {"type": "BCEWithLogitsLoss", "from_logits": False}}, "loss/from_logits"),
        ({"loss": {"type": "Wasserstein", "reduction": "sum"}}, "loss/reduction"),
        ({"optimizer": {"type": "Adam", "momentum": 0.9}}, "optimizer/momentum"),
        ({"optimizer": {"type": "SGD", "betas": [0.9, 0.99]}}, "optimizer/betas"),
        ({"optimizer": {"type": "Rprop", "weight_decay": 0.1}}, "optimizer/weight_decay"),
        ({"optimizer": {"type": "SGD", "nesterov": True}}, "optimizer/nesterov"),
        (
            {"optimizer": {"type": "SGD", "nesterov": True, "momentum": 0.9, "dampening": 0.1}},
            "optimizer/nesterov",
        ),
        ({"optimizer": {"type": "Rprop", "step_sizes": [2, 1]}}, "optimizer/step_sizes"),
        ({"schedule": {"type": "cosine", "gamma": 0.5}}, "schedule/gamma"),
        ({"schedule": {"type": "multistep"}}, "schedule"),
        ({"schedule": {"type": "exponential"}}, "schedule"),
        ({"epochs": 3, "steps": 3}, "steps"),
        ({"batch_size": 100_000}, "batch_size"),
        ({"precision": "fp32", "loss_scale": 8}, "loss_scale"),
        ({"precision": "bf16", "loss_scale": "dynamic"}, "loss_scale"),
        ({"precision": "fp16", "precision_mode": "pure", "loss_scale": 8}, "loss_scale"),
    ],
)
def test_what_is_not(tree, pointer):
    assert pointers(**tree) == [f"/training/{pointer}"]


def test_all_contradictions_come_at_once():
    tree = {
        "optimizer": {"type": "Adam", "momentum": 0.9, "rho": 0.5},
        "epochs": 1,
        "steps": 1,
        "loss_scale": 2,
    }
    assert len(pointers(**tree)) == 4


def test_bounds_of_probing_name_their_limit():
    found = list(probing_problems(Probing(seeds=21, steps=10_001), LIMITS))
    assert [problem.pointer for problem in found] == ["/probing/seeds", "/probing/steps"]
    assert all("limit `" in problem.message for problem in found)


@pytest.mark.parametrize("etas", [[1.2, 0.5], [0, 2], [0.5]])
def test_factors_of_rprop_lie_on_both_sides_of_one(etas):
    with pytest.raises(ValidationError):
        Training.model_validate({"loss": "MSELoss", "optimizer": {"type": "Rprop", "etas": etas}})
