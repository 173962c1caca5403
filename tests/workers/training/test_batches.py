"""Batches are epochs in a new order each, the same for the same seed."""

from itertools import islice

import torch
from torch import nn

from service.schemas.targets import Target
from workers.training.batches import batches, fewest_examples, sizes
from workers.training.data import Examples

X = torch.arange(10.0)[:, None]
EXAMPLES = Examples(X, X * 2, Target("real", (1,)), (1,))


def epoch(size: int, seed: int = 0, **options: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return list(islice(batches(EXAMPLES, size, seed, **options), -(-10 // size)))


def test_an_epoch_holds_every_example_once_with_its_target() -> None:
    drawn = epoch(4)
    assert [len(x) for x, _ in drawn] == [4, 4, 2]
    assert sorted(torch.cat([x for x, _ in drawn]).flatten().tolist()) == list(range(10))
    assert all(torch.equal(y, x * 2) for x, y in drawn)


def test_epochs_differ_and_seeds_too() -> None:
    two = [x.flatten().tolist() for x, _ in islice(batches(EXAMPLES, 10, 0), 2)]
    assert two[0] != two[1]
    assert epoch(10, seed=1)[0][0].flatten().tolist() != two[0]
    assert epoch(10)[0][0].flatten().tolist() == two[0]


def test_a_last_batch_too_small_is_dropped_unless_it_is_the_only_one() -> None:
    sizes = [len(x) for x, _ in islice(batches(EXAMPLES, 9, 0, fewest=2), 3)]
    assert sizes == [9, 9, 9]
    single = Examples(X[:1], X[:1], EXAMPLES.target, (1,))
    assert [len(x) for x, _ in islice(batches(single, 9, 0, fewest=2), 2)] == [1, 1]


def test_without_targets_there_are_empty_ones() -> None:
    x, y = next(batches(Examples(X, None, Target("none"), (1,)), 4, 0))
    assert (len(x), y.numel()) == (4, 0)


def test_batch_normalisation_needs_two_examples() -> None:
    assert fewest_examples(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))) == 2
    assert fewest_examples(nn.LayerNorm(2)) == 1


class Baked(nn.Linear):
    """A network that works with batches of four only, or of two and more."""

    def __init__(self, batch: int | None, fewest: int = 1) -> None:
        super().__init__(1, 1)
        self.batch = batch
        self.fewest = fewest


def test_a_network_that_takes_one_batch_only_is_trained_with_that() -> None:
    assert sizes(Baked(4), 64) == (4, 4)
    drawn = list(islice(batches(EXAMPLES, 4, 0, fewest=4), 5))
    assert [len(x) for x, _ in drawn] == [4] * 5


def test_any_other_takes_the_batch_that_is_wanted() -> None:
    assert sizes(Baked(None, 2), 64) == (64, 2)
    assert sizes(nn.Linear(1, 1), 64) == (64, 1)
    assert sizes(nn.Sequential(nn.BatchNorm1d(2)), 64) == (64, 2)
