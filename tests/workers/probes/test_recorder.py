import math

import pytest
import torch
from torch import nn


def hooks(network):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules())


def test_every_step_gives_one_network_row_and_probed_steps_give_layers(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3), nn.ReLU()], x, steps=100, every_step=False)
    losses = [training.step(x, step).item() for step in range(100)]
    assert training.recorder.finish() is None
    rows = sorted(training.rows.network, key=lambda row: row.step)
    assert [row.step for row in rows] == list(range(100))
    assert [row.loss for row in rows] == pytest.approx(losses)
    assert {row.learning_rate for row in rows} == {0.1}
    probed = [0, 1, 2, 4, 8, 16, 32, 64, 99]
    assert sorted({row.step for row in training.rows.layers}) == probed
    assert [row.step for row in rows if row.gradient_norm is not None] == probed
    assert len({(row.depth, row.step) for row in training.rows.layers}) == 2 * len(probed)


def test_between_probed_steps_the_network_is_bare(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3), nn.ReLU()], x, steps=10, every_step=False)
    network, recorder = training.networks["main"], training.recorder
    assert recorder.begin(4) is True
    assert hooks(network) > 0
    loss = network(x).mean()
    recorder.after_forward(inputs=x, loss=loss)
    loss.backward()
    recorder.after_backward()
    assert hooks(network) == 0
    recorder.after_update(
        4, loss=loss.detach(), learning_rate=0.1, accuracy=None, trivial_loss=1.0, clipped=None
    )
    assert recorder.begin(5) is False
    assert hooks(network) == 0


def test_where_every_step_is_probed_slow_statistics_keep_to_the_schedule(build):
    x = torch.randn(8, 4)
    training = build(
        [nn.Linear(4, 3), nn.ReLU()], x, steps=12, optimizer=lambda p: torch.optim.SGD(p, lr=0.1)
    )
    for step in range(12):
        training.step(x, step)
    training.recorder.finish()
    rows = [row for row in training.rows.layers if row.depth == 0]
    assert [row.step for row in rows] == list(range(12))
    assert all(row.update_ratio is not None for row in rows)
    slow = [row.step for row in rows if row.weight_row_spread is not None]
    assert slow == [row.step for row in rows if row.update_lost_share is not None] == [0, 1, 2, 4, 8, 11]


def test_a_step_that_was_broken_off_leaves_no_hooks(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3), nn.ReLU()], x)
    training.recorder.begin(0)
    training.recorder.begin(1)
    assert hooks(training.networks["main"]) == 2
    training.recorder.finish()
    assert hooks(training.networks["main"]) == 0


def test_a_demanded_step_is_probed_whatever_the_schedule_says(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3), nn.ReLU()], x, steps=10, every_step=False)
    training.recorder.demand()
    training.step(x, 5)
    training.step(x, 6)
    training.recorder.finish()
    assert {row.step for row in training.rows.layers} == {5}


def test_probing_changes_neither_weights_nor_data_nor_gradients(build):
    def trained(watched):
        torch.manual_seed(1)
        layers = [nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3), nn.BatchNorm1d(3)]
        x = torch.randn(8, 4)
        training = build(layers, x, optimizer=torch.optim.Adam, steps=5, every_step=watched)
        for step in range(5):
            training.step(x, step)
        return [*[p.detach() for p in training.networks["main"].parameters()], layers[3].running_var, x]

    for one, other in zip(trained(True), trained(False), strict=True):
        assert torch.equal(one, other)


def test_steps_shown_again_give_only_what_was_not_given(build):
    """The loop goes back to where a loss went non-finite, and shows the two steps before the end."""
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3), nn.ReLU()], x, steps=1000, every_step=False)
    for step in range(6):
        training.step(x, step)
    for step in (4, 5):
        training.recorder.demand()
        training.step(x if step == 4 else x * math.nan, step)
    found = training.recorder.finish()
    assert (found.step, found.layer) == (5, "input")
    assert sorted(row.step for row in training.rows.network) == list(range(6))
    keys = [(row.depth, row.step) for row in training.rows.layers]
    assert len(keys) == len(set(keys))
    assert (0, 5) in keys
    (last,) = [row for row in training.rows.network if row.step == 5]
    assert math.isnan(last.loss)
    assert last.gradient_norm is not None


def test_a_step_is_never_given_twice_even_after_its_row_has_gone(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3)], x, steps=1000, every_step=False)
    for step in range(150):
        training.step(x, step)
    training.recorder.demand()
    training.step(x, 50)
    training.recorder.finish()
    assert sorted(row.step for row in training.rows.network) == list(range(150))
    assert {row.step for row in training.rows.layers} >= {50}


def test_a_run_of_no_steps_ends_well(build):
    training = build([nn.Linear(4, 3)], torch.randn(2, 4))
    assert training.recorder.finish() is None
    assert training.rows.network == []


@pytest.mark.parametrize("eager", [True], indirect=True)
def test_where_reading_is_free_a_row_is_given_out_in_its_own_step(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3)], x, steps=3)
    training.step(x, 0)
    assert [row.step for row in training.rows.layers] == [0]


@pytest.mark.parametrize("eager", [False], indirect=True)
def test_elsewhere_it_is_given_out_at_the_next_probe_so_that_nobody_waits(build):
    x = torch.randn(8, 4)
    training = build([nn.Linear(4, 3)], x, steps=3)
    training.step(x, 0)
    assert training.rows.layers == []
    training.step(x, 1)
    assert [row.step for row in training.rows.layers] == [0]
