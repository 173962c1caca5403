"""The queue: a message per run, and a quick no where the broker is away."""

import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from service.broker import embedded_broker
from service.queue import CeleryQueue, QueueUnavailable, messaging, scheme, transport_options
from service.settings import Settings

AMQP = "GRADCLINIC_TEST_AMQP_URL"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, redis.Redis]]:
    """The private broker, and a client that looks into it."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with (
        embedded_broker(settings) as broker,
        redis.Redis.from_url(broker.url.replace("redis+socket", "unix")) as client,
    ):
        yield broker.url, client


def test_a_message_names_the_task_and_the_run_in_json(broker: tuple[str, redis.Redis]) -> None:
    url, client = broker
    CeleryQueue(url, "plain").send("rn_1")

    (message,) = client.lrange("plain", 0, -1)
    read = json.loads(message)
    assert read["content-type"] == "application/json"
    assert read["headers"]["task"] == "gradclinic.execute_run"
    assert read["headers"]["argsrepr"] == "['rn_1']"


def test_a_broker_that_answers_is_told_from_one_that_does_not(
    broker: tuple[str, redis.Redis], tmp_path: Path
) -> None:
    CeleryQueue(broker[0]).ping()
    with pytest.raises(QueueUnavailable):
        CeleryQueue(f"redis+socket://{tmp_path}/nobody").ping()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_a_broker_that_is_away_costs_little_time_and_again_little(url: str) -> None:
    queue = CeleryQueue(url)

    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(QueueUnavailable):
            queue.send("rn_1")
        assert time.monotonic() - began < 2


def test_a_frozen_broker_costs_two_seconds_and_works_again_when_it_thaws(
    broker: tuple[str, redis.Redis],
) -> None:
    url, client = broker
    queue = CeleryQueue(url, "frozen")
    queue.send("rn_1")
    process = client.info("server")["process_id"]

    os.kill(process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(QueueUnavailable):
            queue.send("rn_2")
        assert time.monotonic() - began < 6
    finally:
        os.kill(process, signal.SIGCONT)
    queue.send("rn_3")

    assert any(b"rn_3" in message for message in client.lrange("frozen", 0, -1))


def test_files_take_messages_where_no_server_runs(tmp_path: Path) -> None:
    queue = CeleryQueue(f"filesystem://{tmp_path}/messages")
    queue.ping()
    queue.send("rn_1")

    assert len(list((tmp_path / "messages" / "messages").iterdir())) == 1


@pytest.mark.servers
def test_rabbitmq_keeps_messages_in_a_quorum_queue() -> None:
    from amqp.exceptions import PreconditionFailed
    from kombu import Connection

    url = os.environ.get(AMQP, "amqp://guest:guest@127.0.0.1:5672//")
    name = f"test-{secrets.token_hex(4)}"
    queue = CeleryQueue(url, name)
    try:
        queue.ping()
    except QueueUnavailable as error:
        pytest.skip(f"RabbitMQ does not answer ({AMQP}): {error}")
    queue.send("rn_1")

    with Connection(url) as connection:
        with pytest.raises(PreconditionFailed):
            connection.channel().queue_declare(name, durable=True, auto_delete=False)
        assert connection.channel().queue_delete(name) == 1


def test_a_unix_socket_is_redis_too() -> None:
    assert scheme("redis+socket:///tmp/socket") == "redis"
    assert transport_options("redis+socket:///tmp/socket") == transport_options("redis://localhost")


def test_nothing_but_json_is_accepted() -> None:
    assert messaging("redis://localhost", "q")["accept_content"] == ["json"]
