"""Dispatch: a window of messages, and no error where the broker is away."""

import logging

import pytest

from service.dispatch import dispatch
from service.settings import Settings
from service.store import runs
from service.store.database import Database
from tests.service.patients import MemoryQueue, admit


def test_queued_runs_are_sent_once(clinic_database: Database) -> None:
    admit(clinic_database)
    queue = MemoryQueue()

    assert dispatch(clinic_database, queue, Settings()) == 2
    assert dispatch(clinic_database, queue, Settings()) == 0
    assert len(set(queue.sent)) == 2


def test_no_more_are_sent_than_the_window_holds_and_a_claim_makes_room(clinic_database: Database) -> None:
    admit(clinic_database)
    queue = MemoryQueue()
    settings = Settings(dispatch_window=1)

    assert [dispatch(clinic_database, queue, settings) for _ in range(2)] == [1, 0]
    runs.claim(clinic_database, queue.sent[0], "test", 30, 3)
    assert dispatch(clinic_database, queue, settings) == 1


def test_what_a_broken_broker_did_not_take_is_sent_by_the_next_call(
    clinic_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    admit(clinic_database)
    queue = MemoryQueue(room=1)

    with caplog.at_level(logging.WARNING):
        assert dispatch(clinic_database, queue, Settings()) == 1
    assert "The broker is away" in caplog.text

    queue.room = 1000
    assert dispatch(clinic_database, queue, Settings()) == 1
    assert len(set(queue.sent)) == 2


def test_a_message_that_nobody_takes_is_sent_again(clinic_database: Database) -> None:
    admit(clinic_database)
    queue = MemoryQueue()
    dispatch(clinic_database, queue, Settings())

    assert dispatch(clinic_database, queue, Settings(resend_seconds=1e-6)) == 2
