"""Preprocessing uses each feature's own statistics."""

import torch

from workers.training.preprocess import preprocess

X = torch.tensor([[1.0, 5.0, 7.0], [3.0, 9.0, 7.0], [5.0, 1.0, 7.0]])


def test_standardised_features_have_mean_zero_and_variance_one() -> None:
    done = preprocess(X, "standardize")
    torch.testing.assert_close(done.mean(0), torch.zeros(3))
    torch.testing.assert_close(done.std(0, correction=0), torch.tensor([1.0, 1.0, 0.0]))


def test_features_are_moved_between_zero_and_one() -> None:
    done = preprocess(X, "minmax")
    assert done.amin(0).tolist() == [0, 0, 0]
    assert done.amax(0).tolist() == [1, 1, 0]


def test_tokens_and_untouched_inputs_stay() -> None:
    tokens = torch.tensor([[1, 2]])
    assert preprocess(tokens, "standardize") is tokens
    assert preprocess(X, "none") is X
