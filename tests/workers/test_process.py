"""Children: quick to start, heard without trust, gone when the block ends."""

import os
import time
from pathlib import Path

import pytest

from service.diagnosis.registry import rules
from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.submission import Submission
from tests.service.patients import BODY
from tests.workers import scripted
from workers.messages import Assignment, Batch, Failed, Finished, Message
from workers.process import Child, ChildLost, Nursery, Work

pytestmark = pytest.mark.usefixtures("warm")


def assignment() -> Assignment:
    order = RunOrder(
        run_id="rn_1",
        attempt=1,
        seed=0,
        steps=10,
        planned_steps=10,
        submission=Submission.model_validate(BODY),
        limits=Limits(),
    )
    return Assignment(order=order, device="cpu", threads=1)


def start(work: Work | None = None) -> Child:
    return Nursery(work).start(assignment())


def everything(child: Child) -> list[Message]:
    messages: list[Message] = []
    while not messages or not isinstance(messages[-1], Finished | Failed):
        message = child.receive(30)
        assert message is not None
        messages.append(message)
    return messages


def test_messages_arrive_as_they_were_sent_with_every_nan() -> None:
    with start(scripted.behaves) as child:
        *batches, last = everything(child)

    assert last == Finished(outcome=scripted.OUTCOME)
    assert len(batches) == 10
    assert isinstance(batches[3], Batch)
    assert str(batches[3].layers[0].weight_rms) == "nan"
    assert batches[3].network[0].loss == float("inf")


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (scripted.exits, "exit code 3"),
        (scripted.dies_of_a_signal_without_a_name, "killed by signal 35"),
        (scripted.pickles, "cannot be read"),
        (scripted.babbles, "too long"),
    ],
)
def test_a_child_that_breaks_the_rules_is_lost(work: Work, reason: str) -> None:
    with start(work) as child, pytest.raises(ChildLost, match=reason):
        child.receive(30)


def test_a_killed_child_is_seen_at_once_and_its_signal_named() -> None:
    with start(scripted.dies) as child:
        assert isinstance(child.receive(30), Batch)
        began = time.monotonic()
        with pytest.raises(ChildLost, match="SIGKILL"):
            child.receive(30)
    assert time.monotonic() - began < 2


def test_leaving_the_block_ends_the_child() -> None:
    with start(scripted.sleeps) as child:
        child.receive(30)

    assert not Path(f"/proc/{child.pid}").exists()


def test_a_silent_child_keeps_nobody_waiting() -> None:
    with start(scripted.sleeps) as child:
        child.receive(30)
        began = time.monotonic()
        assert child.receive(0.05) is None
    assert time.monotonic() - began < 12


def test_memory_that_a_child_takes_is_seen_from_outside() -> None:
    with start(scripted.hoards) as child:
        before = child.grown_bytes()
        deadline = time.monotonic() + 30
        while child.grown_bytes() < before + 50_000_000 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert child.grown_bytes() > before + 50_000_000


def test_children_are_forked_from_a_process_that_never_saw_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRADCLINIC_DATABASE_URL", "postgresql://u:secret@db/clinic")
    process, pipe = Nursery()._start(scripted.looks_around, b"")
    assert pipe.poll(30)
    names = pipe.recv_bytes().decode()
    process.join()
    pipe.close()

    assert "PATH" in names
    assert "GRADCLINIC" not in names
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert "PYTEST_CURRENT_TEST" not in names


def test_a_child_imports_no_rule_that_was_not_imported_before_the_fork() -> None:
    process, pipe = Nursery()._start(scripted.lists_what_it_knows, b"")
    assert pipe.poll(30)
    names = pipe.recv_bytes().decode().split()
    process.join()
    pipe.close()

    assert {known.detect.__module__ for known in rules()} <= set(names)


def test_a_real_run_sends_every_row_once_and_its_outcome() -> None:
    with start() as child:
        *batches, last = everything(child)

    assert isinstance(last, Finished), last
    assert last.outcome.steps_run == 10
    sent = [row for batch in batches if isinstance(batch, Batch) for row in batch.network]
    assert sorted(row.step for row in sent) == list(range(10))
