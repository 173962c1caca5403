import torch

from workers.networks.kinds.shape import Permute, Reshape, Select


def test_rearrangements_are_torchs_functions_with_the_batch_kept_first():
    x = torch.randn(2, 3, 4)
    assert torch.equal(Permute(dims=[0, 2, 1])(x), x.permute(0, 2, 1))
    assert torch.equal(Reshape(shape=[2, 6])(x), x.reshape(2, 2, 6))
    assert torch.equal(Select(dim=2, index=-1)(x), x[:, :, -1])


def test_a_permuted_value_can_be_reshaped():
    x = torch.randn(2, 3, 4).permute(0, 2, 1)
    assert torch.equal(Reshape(shape=[12])(x), x.reshape(2, 12))


def test_an_empty_batch_keeps_its_shape():
    assert Reshape(shape=[2, 6])(torch.empty(0, 3, 4)).shape == (0, 2, 6)
