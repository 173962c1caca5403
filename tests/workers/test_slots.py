"""Slots: one GPU each, in turn, or so many on the CPU."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from workers.slots import Slot, Slots, arrange


def test_the_cpu_has_as_many_slots_as_asked_for() -> None:
    assert arrange("cpu", 3, 2, {}) == (Slot(0, "cpu"), Slot(1, "cpu"), Slot(2, "cpu"))
    assert 1 <= len(arrange("auto", None, 0, {})) <= 8


def test_every_gpu_gets_a_slot_and_more_slots_take_turns() -> None:
    assert [slot.gpu for slot in arrange("auto", None, 2, {})] == ["0", "1"]
    assert [slot.gpu for slot in arrange("cuda", 3, 2, {})] == ["0", "1", "0"]
    assert {slot.device for slot in arrange("cuda", 3, 2, {})} == {"cuda:0"}


@pytest.mark.parametrize(
    ("device", "gpus"), [("auto", ["3", "GPU-7f"]), ("cuda:1", ["GPU-7f"]), ("cuda:0", ["3"])]
)
def test_gpus_that_the_worker_was_given_keep_their_names(device: str, gpus: list[str]) -> None:
    assert [slot.gpu for slot in arrange(device, None, 2, {"CUDA_VISIBLE_DEVICES": "3, GPU-7f"})] == gpus


def test_a_gpu_that_is_not_there_is_left_to_the_run_to_report() -> None:
    assert arrange("cuda:4", None, 2, {}) == (Slot(0, "cuda:4"),)
    assert arrange("cuda", 1, 0, {}) == (Slot(0, "cuda"),)


def test_no_slot_is_taken_twice_at_a_time() -> None:
    slots, together = Slots(arrange("cpu", 2, 0, {})), Barrier(2)

    def numbers() -> int:
        with slots.take() as slot:
            together.wait(5)
            return slot.number

    with ThreadPoolExecutor(4) as pool:
        taken = [future.result() for future in [pool.submit(numbers) for _ in range(4)]]
    assert sorted(taken) == [0, 0, 1, 1]
