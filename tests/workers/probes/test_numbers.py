import math

import pytest
import torch

from workers.probes.numbers import Transfer


def test_numbers_of_every_kind_arrive_in_their_order():
    numbers = [
        1.5,
        torch.tensor(2.5),
        torch.tensor(3, dtype=torch.int64),
        torch.tensor(1e-300, dtype=torch.float64),
        True,
    ]
    assert Transfer(numbers).read() == [1.5, 2.5, 3.0, 1e-300, 1.0]


def test_the_ends_of_float32_and_non_finite_numbers_arrive_as_they_are():
    numbers = [torch.tensor(value) for value in (1e-38, 3e38, math.inf, -math.inf, math.nan)]
    tiny, huge, infinite, negative, nothing = Transfer(numbers).read()
    assert (tiny, huge) == (pytest.approx(1e-38), pytest.approx(3e38))
    assert (infinite, negative) == (math.inf, -math.inf)
    assert math.isnan(nothing)


def test_nothing_is_moved_for_floats_alone():
    assert Transfer([1.0, 2.0]).read() == [1.0, 2.0]
    assert Transfer([]).read() == []


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpus_numbers_come_in_one_copy_that_nobody_waits_for():
    numbers = [torch.tensor(float(k), device="cuda") for k in range(1000)]
    torch.cuda.set_sync_debug_mode("error")
    try:
        transfer = Transfer(numbers)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert transfer.read() == [float(k) for k in range(1000)]
