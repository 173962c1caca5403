import pytest
import torch

from tests.workers.networks.building import named, network
from workers.networks.kinds.embedding import PositionalEmbedding


def test_a_positional_embedding_adds_one_vector_per_place():
    built = network([3, 4], [{"type": "PositionalEmbedding", "max_length": 7, "name": "p"}])
    x = torch.randn(2, 3, 4)
    assert torch.equal(built(x), x + named(built, "p").weight[:3])


def test_a_positional_embedding_begins_small():
    built = network([200, 50], ["PositionalEmbedding"])
    (weight,) = built.parameters()
    assert abs(weight.std().item() - 0.02) < 0.001


def test_rules_and_keras_defaults_leave_the_padding_at_zero():
    layers = [{"type": "Embedding", "embedding_dim": 3, "padding_idx": 1, "name": "e"}]
    for rest in ({"defaults": "keras"}, {"init": [{"weight": "ones"}]}):
        weight = named(network([5], layers, dtype="int", vocab=4, **rest), "e").weight
        assert weight[1].tolist() == [0.0, 0.0, 0.0]
        assert (weight[[0, 2, 3]] != 0).all()


@pytest.mark.parametrize("places", [1, 2])
def test_a_sequence_longer_than_its_places_is_refused(places):
    with pytest.raises(RuntimeError, match="exceeds"):
        PositionalEmbedding(max_length=places, features=4)(torch.randn(2, 3, 4))
