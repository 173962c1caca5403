"""Wasserstein training moves a generator towards the data, and keeps the critic in bounds."""

import math

import pytest
import torch
from torch import nn

from service.schemas.data import BuiltinData
from service.schemas.plan import Tensor
from service.schemas.training import Loss
from workers.training.adversarial import Critic
from workers.training.data import Examples, examples
from workers.training.loop import train
from workers.training.precision import Precision

CPU = torch.device("cpu")
NETWORKS = {
    "generator": {"input": {"shape": [4]}, "layers": [{"type": "Linear", "out_features": 2}]},
    "critic": {"input": {"shape": [2]}, "layers": [{"type": "Linear", "out_features": 1}]},
}


def clip(**options: object) -> dict[str, object]:
    return {
        "loss": {"type": "Wasserstein", "critic_steps": 2, "weight_clip": 0.1, **options},
        "optimizer": {"type": "RMSprop", "lr": 0.002},
        "batch_size": 64,
    }


PENALTY = {
    "loss": {"type": "Wasserstein", "critic_steps": 3, "gradient_penalty": 1.0},
    "optimizer": {"type": "Adam", "lr": 0.003, "betas": [0.0, 0.9]},
    "batch_size": 64,
}


def pair() -> dict[str, nn.Module]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return {
            "generator": nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2)),
            "critic": nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1)),
        }


def ring() -> Examples:
    return examples(
        BuiltinData(name="ring"), Loss(type="Wasserstein"), Tensor(shape=(2,)), Tensor(shape=(1,))
    )


def test_a_penalised_critic_leads_the_generator_to_the_ring(order, notebook) -> None:
    networks, spec = pair(), order(PENALTY, steps=250, networks=NETWORKS)
    noise = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))

    def radius() -> float:
        with torch.no_grad():
            return float(networks["generator"](noise).norm(dim=1).mean())

    before = radius()
    outcome = train(spec, networks, ring(), notebook(0), CPU)
    assert abs(radius() - 2) < 0.5 < abs(before - 2)
    assert math.isfinite(outcome.last_loss)
    assert outcome.sample_skill > 0.8


def test_samples_of_a_generator_that_was_not_trained_are_worth_little(order, notebook) -> None:
    outcome = train(order(clip(), steps=1, networks=NETWORKS), pair(), ring(), notebook(0), CPU)
    assert outcome.sample_skill < 0.3


def test_clipped_weights_stay_within_the_bound(order, notebook) -> None:
    networks = pair()
    train(order(clip(), steps=3, networks=NETWORKS), networks, ring(), notebook(), CPU)
    assert max(float(w.detach().abs().max()) for w in networks["critic"].parameters()) <= 0.1 + 1e-6


def test_a_generator_that_makes_the_data_is_at_no_distance() -> None:
    training = order_training()
    critic = Critic(training, pair()["critic"], Precision(training, CPU))
    real = ring().x[:64]
    assert float(critic.improve(real, real)) == 0
    assert float(critic.improve(real, real + 1)) != 0


def order_training():
    from service.schemas.training import Training

    return Training.model_validate(PENALTY)


def test_the_penalty_is_zero_where_the_slope_is_one() -> None:
    training = order_training()
    straight = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        straight.weight.copy_(torch.tensor([[0.6, 0.8]]))
    real = ring().x[:16]
    before = straight.weight.detach().clone()
    distance = Critic(training, straight, Precision(training, CPU)).improve(real, real)
    assert float(distance) == 0
    assert torch.allclose(before, straight.weight, atol=0.01)


def test_the_observer_sees_both_networks_and_the_distance(order, notebook) -> None:
    seen = notebook(0, 1)
    outcome = train(order(clip(), steps=2, networks=NETWORKS), pair(), ring(), seen, CPU)
    assert list(seen.optimizers) == ["generator", "critic"]
    assert [len(gradients) for gradients in seen.gradients] == [8, 8]
    assert seen.calls == ["attach", *["begin", "forward", "backward", "update"] * 2, "finish"]
    assert seen.losses[0] == outcome.first_loss
    assert math.isnan(seen.trivial[0])
    assert (outcome.trivial_loss, outcome.skill, outcome.accuracy) == (None, None, None)


@pytest.mark.parametrize("penalty", [None, 10.0])
@pytest.mark.parametrize("mode", ["autocast", "pure"])
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_reduced_precision_shows_unscaled_gradients_of_both(
    order, notebook, precision, mode, penalty
) -> None:
    options = {} if penalty is None else {"gradient_penalty": penalty, "weight_clip": None}
    scale = 256.0 if mode == "autocast" else None
    chosen = {**clip(**options), "precision": precision, "precision_mode": mode, "loss_scale": scale}
    chosen["optimizer"] = {"type": "SGD", "lr": 1e-3}  # RMSprop's eps is 0 in fp16
    full, reduced = notebook(0), notebook(0)
    train(order(clip(**options), steps=1, networks=NETWORKS), pair(), ring(), full, CPU)
    outcome = train(order(chosen, steps=4, networks=NETWORKS), pair(), ring(), reduced, CPU)
    assert outcome.stopped == "budget"
    for ours, theirs in zip(full.gradients[0], reduced.gradients[0], strict=True):
        torch.testing.assert_close(ours, theirs.float(), rtol=0.1, atol=2e-3)


def test_the_same_order_gives_the_same_numbers(order, notebook) -> None:
    runs = [notebook(), notebook()]
    for seen in runs:
        train(order(PENALTY, steps=4, networks=NETWORKS), pair(), ring(), seen, CPU)
    assert runs[0].losses == runs[1].losses


def test_a_distance_that_explodes_ends_the_run_and_is_shown(order, notebook) -> None:
    wild = {**clip(weight_clip=None), "optimizer": {"type": "SGD", "lr": 1e12}}
    seen = notebook(0)
    outcome = train(order(wild, steps=50, networks=NETWORKS), pair(), ring(), seen, CPU)
    assert outcome.stopped == "non-finite"
    assert outcome.sample_skill is None
    assert outcome.steps_run - 1 in seen.probes
