import math

import torch

from workers.probes.ledger import Ledger


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_rows_come_many_at_a_time():
    ledger = Ledger(Clock())
    given = []
    for step in range(200):
        ledger.add(step, torch.tensor(float(step)), 0.1)
        due = ledger.due()
        assert len(due) in (0, 62)
        given += due
    given += ledger.take()
    assert [(row.step, row.loss) for row in given] == [(step, float(step)) for step in range(200)]


def test_slow_steps_are_given_out_by_the_clock():
    clock = Clock()
    ledger = Ledger(clock)
    for step in range(5):
        ledger.add(step, torch.tensor(1.0), 0.1)
    assert ledger.due() == ()
    clock.now = 1.0
    assert [row.step for row in ledger.due()] == [0, 1, 2]
    assert ledger.due() == ()


def test_the_newest_two_wait_in_case_they_are_shown_again():
    ledger = Ledger(Clock())
    for step in range(3):
        ledger.add(step, torch.tensor(1.0), 0.1)
    ledger.drop(1)
    assert [row.step for row in ledger.take()] == [0, 2]


def test_non_finite_losses_are_rows_like_others():
    ledger = Ledger(Clock())
    ledger.add(0, torch.tensor(math.nan), 0.1)
    ledger.add(1, torch.tensor(-math.inf), 0.1)
    first, second = ledger.take()
    assert math.isnan(first.loss)
    assert second.loss == -math.inf


def test_each_step_says_whether_loss_scaling_left_it_out():
    ledger = Ledger(Clock())
    for step, skipped in enumerate((None, True, False)):
        ledger.add(step, torch.tensor(1.0), 0.1, skipped)
    assert [row.skipped for row in ledger.take()] == [None, 1.0, 0.0]
