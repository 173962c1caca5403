"""The Celery application: thin, quiet and frugal."""

import subprocess
import sys

import pytest

from service.settings import Settings
from service.store.mind import Mind
from tests.service.patients import healthy
from workers.app import create_app


def test_a_supervisor_imports_no_torch() -> None:
    code = "import sys, workers.app, workers.process; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout == "False\n", done.stderr


def test_importing_it_reads_no_settings() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import workers.app"], env={"GRADCLINIC_PORT": "nonsense"}, capture_output=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("url", "frugal"), [("redis://localhost", True), ("amqp://localhost", False)])
def test_messages_are_acknowledged_early_and_not_hoarded(url: str, frugal: bool) -> None:
    app = create_app(Settings(broker_url=url), Mind(healthy))

    assert "gradclinic.execute_run" in app.tasks
    assert app.conf.worker_pool == "threads"
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.worker_disable_prefetch is frugal
    assert app.conf.task_acks_late is False
    assert app.conf.accept_content == ["json"]
