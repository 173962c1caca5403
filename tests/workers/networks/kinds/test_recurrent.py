import pytest
import torch
from torch import nn

from tests.workers.networks.building import named, network
from workers.networks.kinds.recurrent import run_lstm

torch.set_num_threads(1)


def lstm(**fields):
    return network([5, 3], [{"type": "LSTM", "hidden_size": 4, "name": "r", **fields}])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("bias", [False, True])
def test_the_own_loop_is_torchs_lstm_where_both_can_compute_it(bidirectional, num_layers, bias):
    core = nn.LSTM(3, 4, num_layers, bias=bias, batch_first=True, bidirectional=bidirectional).double()
    x = torch.randn(2, 6, 3, dtype=torch.float64, requires_grad=True)
    sequence, (states, _) = core(x)
    own_sequence, own_states = run_lstm(core, x, torch.tanh)
    torch.testing.assert_close(own_sequence, sequence)
    torch.testing.assert_close(own_states, states)
    expected = torch.autograd.grad(sequence.square().sum(), [x, *core.parameters()])
    mine = torch.autograd.grad(own_sequence.square().sum(), [x, *core.parameters()])
    torch.testing.assert_close(mine, expected)


def test_a_relu_cell_grows_without_bound_where_a_tanh_cell_does_not():
    layers = [{"type": "LSTM", "hidden_size": 4, "activation": "relu", "output": "sequence"}]
    built = network([40, 3], layers, init=[{"weight": "ones", "recurrent": "ones"}])
    grown = built(torch.ones(1, 40, 3)).amax(dim=2)[0]
    assert grown[-1] > 1e6 * grown[0]


def test_a_relu_cell_drops_out_between_layers_in_training_only():
    built = lstm(activation="relu", num_layers=2, dropout=0.9, output="sequence")
    x = torch.randn(2, 5, 3)
    assert not torch.equal(built(x), built(x))
    built.eval()
    assert torch.equal(built(x), built(x))


@pytest.mark.parametrize("layer_type", ["RNN", "LSTM", "GRU"])
def test_what_is_read_is_the_sequence_its_mean_or_the_last_state(layer_type):
    written = {"type": layer_type, "hidden_size": 4, "name": "r"}
    sequence, mean, last = (
        network([5, 3], [{**written, "output": output}]) for output in ("sequence", "mean", "last")
    )
    x = torch.randn(2, 5, 3)
    assert torch.equal(last(x), sequence(x)[:, -1])
    assert torch.allclose(mean(x), sequence(x).mean(dim=1))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_last_state_of_both_directions_has_read_the_whole_sequence(activation):
    fields = {"bidirectional": True, "num_layers": 2, "activation": activation}
    sequence, last = lstm(**fields, output="sequence"), lstm(**fields)
    x = torch.randn(2, 5, 3)
    states = sequence(x)
    assert torch.equal(last(x), torch.cat([states[:, -1, :4], states[:, 0, 4:]], dim=1))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_forget_bias_is_the_sum_of_both_biases(bidirectional):
    core = named(lstm(forget_bias=3.0, num_layers=2, bidirectional=bidirectional), "r").core
    biases = dict(core.named_parameters())
    names = [name for name in biases if name.startswith("bias_ih")]
    assert len(names) == 4 if bidirectional else 2
    for name in names:
        total = (biases[name] + biases[name.replace("ih", "hh")]).detach()
        assert torch.equal(total[4:8], torch.full((4,), 3.0))
        assert not torch.equal(total[:4], torch.full((4,), 3.0))


def test_a_written_forget_bias_outlives_rules_and_defaults():
    for rest in ({"defaults": "keras"}, {"init": [{"bias": "zeros"}]}):
        built = network([5, 3], [{"type": "LSTM", "hidden_size": 4, "forget_bias": 2.0, "name": "r"}], **rest)
        core = named(built, "r").core
        assert (core.bias_ih_l0 + core.bias_hh_l0).tolist() == [0.0] * 4 + [2.0] * 4 + [0.0] * 8


def test_a_forget_bias_without_biases_changes_nothing():
    assert lstm(bias=False, forget_bias=1.0)(torch.randn(2, 5, 3)).shape == (2, 4)


def test_the_gradient_reaches_the_first_time_step():
    x = torch.randn(2, 5, 3, requires_grad=True)
    for activation in ("tanh", "relu"):
        (gradient,) = torch.autograd.grad(lstm(activation=activation)(x).sum(), x)
        assert gradient[:, 0].abs().sum() > 0
