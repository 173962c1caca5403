"""Deployments that the system tests run on: the embedded one, and a team's with PostgreSQL and Redis."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from service.broker import embedded_broker
from service.settings import Settings
from service.store.database import Database
from tests.databases import postgres_database, sqlite_database
from tests.system.clinic import Clinic, Worker

REDIS = "GRADCLINIC_TEST_REDIS_URL"


@pytest.fixture(
    scope="module",
    params=[pytest.param("embedded"), pytest.param("team", marks=pytest.mark.servers)],
)
def clinic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """A deployment with short leases, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("clinic")
    with embedded(folder) if request.param == "embedded" else team(folder) as made:
        yield made


@pytest.fixture
def worker(clinic: Clinic) -> Worker:
    """A worker that runs, started where the last one was killed."""
    return clinic.anyone()


@contextmanager
def embedded(folder: Path) -> Iterator[Clinic]:
    """SQLite and the private broker."""
    settings = settings_in(folder)
    with sqlite_database(folder) as database, embedded_broker(settings):
        yield from running(database, settings, folder)


@contextmanager
def team(folder: Path) -> Iterator[Clinic]:
    """PostgreSQL and Redis; skips where one of them does not answer."""
    url = os.environ.get(REDIS, "redis://127.0.0.1:6379/9")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        pytest.skip(f"Redis does not answer at {url} ({REDIS}): {error}")
    with postgres_database() as database:
        address = SecretStr(database.url.render_as_string(hide_password=False))
        settings = settings_in(folder, database_url=address, broker_url=SecretStr(url))
        yield from running(database, settings, folder)


def settings_in(folder: Path, **urls: SecretStr) -> Settings:
    """Everything short: leases, sweeps, resending."""
    return Settings(
        data_dir=folder,
        queue=f"test-{secrets.token_hex(4)}",
        lease_seconds=3,
        sweep_seconds=0.3,
        resend_seconds=2,
        slots=1,
        **urls,
    )


def running(database: Database, settings: Settings, folder: Path) -> Iterator[Clinic]:
    """A clinic for as long as it is iterated over."""
    clinic = Clinic(database, settings, folder)
    try:
        yield clinic
    finally:
        clinic.close()
