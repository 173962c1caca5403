"""Samples are as good as they are near to the data's distribution, by a distance that is zero for that alone."""

import math

import pytest
import torch
from torch import Tensor

from workers.training.samples import MOST, energy_distance, sample_skill


def points(n: int, seed: int, spread: float = 1.0) -> Tensor:
    return spread * torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_pairs(made: Tensor, real: Tensor) -> float:
    """The definition, pair by pair, each point with every other one."""

    def mean(a: Tensor, b: Tensor) -> float:
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if a is not b or i != j]
        return sum(math.dist(a[i].tolist(), b[j].tolist()) for i, j in pairs) / len(pairs)

    return 2 * mean(made, real) - mean(made, made) - mean(real, real)


def test_the_energy_distance_is_its_definition() -> None:
    made, real = points(20, 0), points(30, 1, spread=2.0)
    assert energy_distance(made, real) == pytest.approx(by_pairs(made, real), rel=1e-6)


def test_the_energy_distance_grows_with_the_shift() -> None:
    known = points(64, 0)
    near, far = (energy_distance(points(64, 1) + shift, known) for shift in (0.5, 2.0))
    assert abs(energy_distance(points(64, 1), known)) < near < far


def test_few_points_are_no_handicap() -> None:
    mean = sum(energy_distance(points(8, seed), points(8, seed + 500)) for seed in range(300)) / 300
    assert mean == pytest.approx(0, abs=0.03)


def test_real_examples_are_compared_with_the_noise_that_they_are_trained_with() -> None:
    real, noisy = points(2000, 0), points(2000, 0) + 3 * points(2000, 1)
    torch.manual_seed(0)
    clean, matched = (
        sample_skill(lambda n: noisy[torch.randint(len(noisy), (n,))], real, 64, noise)
        for noise in (0.0, 3.0)
    )
    assert clean < 0.6 < 0.95 < matched


def test_the_data_itself_is_nearly_perfect_and_its_mean_is_worth_nothing() -> None:
    real = points(2000, 0)
    torch.manual_seed(0)
    assert sample_skill(lambda n: real[torch.randint(len(real), (n,))], real, 64) > 0.98
    assert sample_skill(lambda n: real.mean(0).expand(n, -1), real, 64) == pytest.approx(0, abs=0.05)


def test_what_is_far_from_all_data_is_worse_than_nothing() -> None:
    assert sample_skill(lambda n: points(n, 1) + 50, points(100, 0), 64) < -1


def test_samples_that_are_not_finite_have_no_skill() -> None:
    assert math.isnan(sample_skill(lambda n: torch.full((n, 2), math.inf), points(100, 0), 64))


def test_data_without_any_spread_cannot_be_compared_with() -> None:
    assert math.isnan(sample_skill(lambda n: points(n, 1), torch.ones(100, 2), 64))


def test_of_large_examples_fewer_are_compared() -> None:
    asked: list[int] = []

    def make(n: int) -> Tensor:
        asked.append(n)
        return torch.zeros(n, 2**19)

    sample_skill(make, torch.randn(40, 2**19, generator=torch.Generator().manual_seed(0)), 512)
    assert asked == [32]


def test_no_more_examples_are_made_at_once_than_a_batch_holds() -> None:
    asked: list[int] = []

    def make(n: int) -> Tensor:
        asked.append(n)
        return points(n, 1)

    sample_skill(make, points(10, 0), 200)
    assert asked == [200, 200, 112]
    assert sum(asked) == MOST
