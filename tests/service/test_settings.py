"""Settings: an embedded deployment without any, and secrets that do not show."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings, embedded_socket


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_any_variable_it_is_the_embedded_deployment_in_the_working_directory(tmp_path: Path) -> None:
    settings = Settings()

    assert settings.data_dir == tmp_path / ".gradclinic"
    assert settings.database_url.get_secret_value() == f"sqlite:///{tmp_path}/.gradclinic/clinic.db"
    assert settings.broker_url.get_secret_value().startswith("redis+socket:///")
    assert settings.embedded_broker


def test_variables_set_every_knob_also_those_of_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADCLINIC_LIMITS__RUN_SECONDS", "60")
    monkeypatch.setenv("GRADCLINIC_BROKER_URL", "redis://broker/3")
    monkeypatch.setenv("GRADCLINIC_LEASE_SECONDS", "12")

    settings = Settings()

    assert settings.limits.run_seconds == 60
    assert settings.limits.layers == 2_000
    assert not settings.embedded_broker
    assert settings.heartbeat_seconds == 4


def test_urls_with_passwords_do_not_show() -> None:
    settings = Settings(
        database_url="postgresql://clinic:hunter2@db/clinic", broker_url="amqp://u:hunter2@mq//"
    )

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cpu "])
def test_a_device_that_does_not_exist_is_refused(device: str) -> None:
    with pytest.raises(ValidationError):
        Settings(device=device)


def test_a_data_directory_too_deep_for_a_socket_keeps_it_in_a_short_place_of_its_own(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)

    assert len(str(embedded_socket(deep))) < 100
    assert embedded_socket(deep) != embedded_socket(tmp_path / ("e" * 120))


def test_every_knob_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
