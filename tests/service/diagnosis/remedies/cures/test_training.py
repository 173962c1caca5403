"""Cures that change the plan alone: rates, optimisers, clipping, precision, loss, regularisers."""

from typing import Any

import pytest

from service.diagnosis.remedies.registry import catalogue
from tests.service.diagnosis.remedies.cases import case_of, deep, evidence_of, proposed, ran, written


def plans(name: str, rule: str, **training: Any) -> dict[str, dict[str, Any]]:
    found = proposed(name, written(deep("ReLU", 2), training=training), rule)
    return {suffix: tree["training"] for suffix, tree in found.items()}


def test_adaptive_optimisers_keep_the_decay_and_nothing_else_of_the_old_one() -> None:
    old = {"type": "SGD", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4}
    found = plans("use-adaptive-optimizer", "learning-rate-too-high", optimizer=old)
    assert found["adam"]["optimizer"] == {"type": "Adam", "lr": 1e-3, "weight_decay": 1e-4}
    assert set(found) == {"adam", "adam-faster", "rmsprop", "adamw", "adagrad"}


def test_few_units_bear_ten_times_the_usual_rate() -> None:
    for width, rate in ((8, 1e-2), (9, 1e-3)):
        found = proposed("use-adaptive-optimizer", written(deep("Sigmoid", 1, width)), "not-learning")
        assert found["adam"]["training"]["optimizer"] == {"type": "Adam", "lr": rate}


@pytest.mark.parametrize("more", [{}, {"eps": 1e-8, "betas": [0.9, 0.999], "weight_decay": 0.0}])
def test_what_is_used_already_is_not_offered_however_it_is_written(more: dict[str, Any]) -> None:
    found = plans("use-adaptive-optimizer", "not-learning", optimizer={"type": "Adam", "lr": 1e-3} | more)
    assert "adam" not in found
    other = plans(
        "use-adaptive-optimizer", "not-learning", optimizer={"type": "Adam", "lr": 1e-3, "eps": 10.0}
    )
    assert "adam" in other


def test_a_rate_is_searched_for_where_it_is_the_cure_and_divided_by_ten_where_it_is_advice() -> None:
    cure = proposed("lower-learning-rate", written(deep()), "learning-rate-too-high")
    assert set(cure) == {"", "tenth", "hundredth"}
    assert cure[""]["training"]["schedule"]["type"] == "exponential"
    assert "epochs" not in cure[""]["training"]
    assert set(proposed("lower-learning-rate", written(deep()), "vanishing-gradient")) == {"tenth"}


def test_a_rate_is_read_from_the_size_of_the_steps() -> None:
    torn, idle = evidence_of(written(deep()), ran(update=2.0)), evidence_of(written(deep()), ran(update=1e-6))
    lower = proposed("lower-learning-rate", torn, "learning-rate-too-high")["measured"]
    assert lower["training"]["optimizer"]["lr"] == 0.0005
    higher = proposed("raise-learning-rate", idle, "learning-rate-too-low")["measured"]
    assert higher["training"]["optimizer"]["lr"] == 1000.0


def test_a_schedule_is_taken_away_and_its_warm_up_stays() -> None:
    decayed = {"schedule": {"type": "exponential", "gamma": 0.5, "warmup_steps": 5}}
    assert plans("hold-learning-rate", "learning-rate-too-low", **decayed)[""]["schedule"] == {
        "warmup_steps": 5
    }
    assert plans("hold-learning-rate", "learning-rate-too-low") == {}


def test_warm_up_takes_a_tenth_of_the_plan() -> None:
    assert plans("warm-up", "gradient-spikes")[""]["schedule"] == {"warmup_steps": 87}
    assert plans("warm-up", "gradient-spikes", schedule={"warmup_steps": 200}) == {}


def test_clipping_follows_what_was_measured() -> None:
    evidence = evidence_of(written(deep()), ran(norms=(3.0, 4.2, float("inf"), 9.0)))
    found = proposed("clip-gradients", evidence, "gradient-spikes")
    assert found["measured"]["training"]["clip"] == {"norm": 4.0}
    assert found["one"]["training"]["clip"] == {"norm": 1.0}


def test_clipping_that_hides_the_gradient_is_taken_away() -> None:
    found = plans("clip-gradients", "clipping-masks-gradients", clip={"norm": 1e-6, "value": 0.1})
    assert "clip" not in found["off"]
    assert found["one"]["clip"] == {"norm": 1.0}


@pytest.mark.parametrize(
    ("name", "training", "after"),
    [
        ("use-bf16", {"precision": "fp16", "loss_scale": 1.0}, {"precision": "bf16"}),
        ("use-bf16", {"precision": "bf16", "precision_mode": "pure"}, {"precision": "bf16"}),
        ("use-fp32", {"precision": "fp16", "precision_mode": "pure"}, {}),
        (
            "scale-loss",
            {"precision": "fp16", "loss_scale": 1.0},
            {"precision": "fp16", "loss_scale": "dynamic"},
        ),
        (
            "scale-loss",
            {"precision": "fp16", "precision_mode": "pure"},
            {"precision": "fp16", "loss_scale": "dynamic"},
        ),
    ],
)
def test_precision_is_widened(name: str, training: dict[str, Any], after: dict[str, Any]) -> None:
    found = plans(name, "overflow", **training)[""]
    keys = ("precision", "precision_mode", "loss_scale")
    assert {key: found[key] for key in keys if key in found} == after


@pytest.mark.parametrize("name", ["use-bf16", "use-fp32", "scale-loss"])
def test_single_precision_is_left_alone(name: str) -> None:
    assert plans(name, "overflow") == {}


def test_a_sum_becomes_a_mean() -> None:
    found = plans(
        "average-loss", "loss-reduction-scale", loss={"type": "CrossEntropyLoss", "reduction": "sum"}
    )
    assert found[""]["loss"] == {"type": "CrossEntropyLoss"}
    assert plans("average-loss", "loss-reduction-scale") == {}


def test_a_loss_that_is_raised_is_lowered() -> None:
    found = plans("minimize-loss", "unbounded-objective", optimizer={"type": "SGD", "maximize": True})
    assert found[""]["optimizer"] == {"type": "SGD"}
    assert plans("minimize-loss", "unbounded-objective") == {}


def test_a_critic_is_held_by_a_penalty() -> None:
    body = [{"type": "Linear", "out_features": 8}, "ReLU"]
    networks = {
        "generator": {"input": {"shape": [8]}, "layers": [*body, {"type": "Linear", "out_features": 2}]},
        "critic": {"input": {"shape": [2]}, "layers": [*body, {"type": "Linear", "out_features": 1}]},
    }
    loss = {"type": "Wasserstein", "weight_clip": 0.01}
    training = {"loss": loss, "optimizer": "RMSprop"}
    gan = {"networks": networks, "training": training, "data": {"source": "builtin", "name": "ring"}}
    found = proposed("use-gradient-penalty", gan, "vanishing-gradient")
    assert found["10"]["training"]["loss"] == {"type": "Wasserstein", "gradient_penalty": 10.0}
    assert proposed("use-gradient-penalty", written(deep()), "vanishing-gradient") == {}
    assert _weights(gan) == ["1", "10"]
    critic = networks["critic"] | {"input": {"shape": [256]}}
    assert _weights(gan | {"networks": networks | {"critic": critic}}) == ["10", "1"]


def _weights(gan: dict[str, Any]) -> list[str]:
    """Of the penalty, in the order in which they are tried."""
    (known,) = [known for known in catalogue() if known.name == "use-gradient-penalty"]
    found = known.propose(case_of(evidence_of(gan), "vanishing-gradient"))
    return [each.suffix for each in sorted(found, key=lambda each: each.later)]


def test_weights_decay_where_the_optimiser_knows_how() -> None:
    assert set(plans("weight-decay", "exploding-gradient")) == {"l2-0.01", "l2-0.0001", "l1"}
    assert set(plans("weight-decay", "exploding-gradient", optimizer="Rprop")) == {"l1"}


def test_noise_is_a_tenth_of_the_inputs_size() -> None:
    evidence = evidence_of(written(deep()), ran(input_rms=40.0))
    (tree,) = proposed("augment-data", evidence, "exploding-gradient").values()
    assert tree["data"]["noise"] == 4.0


def test_every_cure_of_the_plan_leaves_the_network_alone() -> None:
    case = case_of(evidence_of(written(deep())), "learning-rate-too-high", full=True)
    plain = {"lower-learning-rate", "use-adaptive-optimizer", "warm-up", "clip-gradients", "weight-decay"}
    for known in catalogue():
        if known.name in plain:
            assert all(each.submission.network == case.submission.network for each in known.propose(case))


@pytest.mark.parametrize(("width", "rate"), [(32, 1e-2), (256, 3e-3)])
def test_recurrent_networks_take_faster_steps(width: int, rate: float) -> None:
    layers = [{"type": "Embedding", "embedding_dim": 4}, {"type": "LSTM", "hidden_size": width}, "ReLU"]
    data = {"source": "builtin", "name": "first_token", "length": 5}
    body = [*layers, {"type": "Linear", "out_features": 4}]
    found = proposed("use-adaptive-optimizer", written(body, shape=(5,), vocab=4, data=data), "not-learning")
    assert found["adam"]["training"]["optimizer"]["lr"] == pytest.approx(rate)
