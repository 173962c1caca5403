import pytest
import torch

from tests.workers.networks.building import network

torch.set_num_threads(1)
KINDS = [
    {"type": "SelfAttention", "num_heads": 2},
    {"type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 8, "dropout": 0.0},
    {"type": "TransformerEncoderLayer", "nhead": 2, "dim_feedforward": 8, "dropout": 0.0, "norm_first": True},
]


def influence(layer):
    """Which time step's output depends on which one's input, (output step, input step)."""
    built = network([4, 6], [layer])
    x = torch.randn(1, 4, 6, requires_grad=True)
    y = built(x)
    rows = [torch.autograd.grad(y[0, t].square().sum(), x, retain_graph=True)[0][0] for t in range(4)]
    return torch.stack(rows).abs().sum(dim=2) > 0


@pytest.mark.parametrize("layer", KINDS)
def test_without_a_mask_every_step_sees_every_other(layer):
    assert influence(layer).all()


@pytest.mark.parametrize("layer", KINDS)
def test_a_causal_mask_hides_what_comes_after(layer):
    assert torch.equal(influence({**layer, "mask": "causal"}), torch.ones(4, 4, dtype=torch.bool).tril())


@pytest.mark.parametrize("layer", KINDS[1:])
def test_the_mask_holds_in_evaluation_too_where_torch_takes_a_fast_path(layer):
    built = network([4, 6], [{**layer, "mask": "causal"}])
    x = torch.randn(2, 4, 6)
    expected = built(x)
    with torch.no_grad():
        torch.testing.assert_close(built.eval()(x), expected)


def test_a_step_that_may_look_nowhere_makes_nan_gradients_behind_a_finite_loss():
    layers = [
        {"type": "SelfAttention", "num_heads": 2, "mask": "strict_causal"},
        {"type": "Select", "index": -1},
    ]
    built = network([4, 6], layers)
    loss = built(torch.randn(2, 4, 6)).sum()
    loss.backward()
    assert loss.isfinite()
    assert any(p.grad.isnan().any() for p in built.parameters())


def test_a_mask_over_everything_makes_nan_at_once():
    built = network([4, 6], [{"type": "SelfAttention", "num_heads": 2, "mask": "all"}])
    assert built(torch.randn(2, 4, 6)).isnan().any()


def test_a_query_looks_at_a_memory_of_another_length_and_width():
    built = network(
        [4, 6],
        [
            {"type": "Linear", "out_features": 10, "name": "memory"},
            {"type": "MultiheadAttention", "num_heads": 3, "from": ["input", "memory"]},
        ],
    )
    built(torch.randn(2, 4, 6)).sum().backward()
    assert built(torch.randn(2, 4, 6)).shape == (2, 4, 6)
    assert all(p.grad is not None for p in built.parameters())


def test_examples_of_a_batch_do_not_see_one_another():
    for layer in KINDS:
        built = network([4, 6], [layer])
        x = torch.randn(3, 4, 6)
        torch.testing.assert_close(built(x)[1:2], built(x[1:2]))
