import torch

from workers.networks.kinds.operation import Add, Concatenate, MatrixProduct, Mean, Multiply


def test_operations_are_torchs_functions():
    a, b, c = torch.randn(3, 2, 4, 4)
    assert torch.equal(Add()(a, b, c), a + b + c)
    assert torch.equal(Multiply()(a, b, c), a * b * c)
    assert torch.equal(Concatenate(dim=2)(a, b, c), torch.cat([a, b, c], dim=2))
    assert torch.equal(MatrixProduct()(a, b), a @ b)
    assert torch.equal(Mean(dim=None)(a, b, c), (a + b + c) / 3)
    assert torch.equal(Mean(dim=1)(a), a.mean(dim=1))


def test_inputs_are_not_changed():
    a, b = torch.ones(2, 3), torch.ones(2, 3)
    Add()(a, b)
    Multiply()(a, b)
    assert torch.equal(a, torch.ones(2, 3))


def test_sizes_of_one_are_stretched():
    assert Add()(torch.ones(2, 3, 1), torch.ones(2, 1, 4)).shape == (2, 3, 4)
    assert Mean(dim=None)(torch.ones(2, 3, 1), torch.ones(2, 1, 4)).shape == (2, 3, 4)
