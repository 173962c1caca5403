import torch

from workers.networks.kinds.activation import Sine


def test_the_sine_is_of_w0_times_its_input():
    x = torch.randn(2, 3)
    assert torch.equal(Sine(w0=5.0)(x), torch.sin(5.0 * x))
