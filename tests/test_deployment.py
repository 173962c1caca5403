"""The Dockerfile and the Compose file agree with each other and with the command, as far as shows without an engine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.cli import VERBS
from service.settings import Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BUILT = {name: service for name, service in SERVICES.items() if "build" in service}


@pytest.mark.parametrize("name", BUILT)
def test_every_build_target_is_a_stage_of_the_dockerfile(name: str) -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert BUILT[name]["build"]["target"] in stages


@pytest.mark.parametrize("name", SERVICES)
def test_every_dependency_is_a_service(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", BUILT)
def test_every_command_is_a_verb(name: str) -> None:
    default = {"api": ["api"], "worker": ["worker"]}[BUILT[name]["build"]["target"]]
    command = BUILT[name].get("command", default)
    assert command[0] in VERBS


@pytest.mark.parametrize("name", BUILT)
def test_every_variable_is_a_setting(name: str) -> None:
    settings = {f"GRADCLINIC_{field.upper()}" for field in Settings.model_fields}
    assert set(BUILT[name]["environment"]) <= settings


def test_every_variable_of_the_image_is_a_setting() -> None:
    settings = {f"GRADCLINIC_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"GRADCLINIC_\w+", DOCKERFILE)) <= settings


def test_everything_that_an_image_copies_is_there() -> None:
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    missing = [path for paths in copied for path in paths if not (ROOT / path).exists()]
    assert missing == []


def test_the_api_image_installs_no_torch() -> None:
    api = DOCKERFILE.partition("AS api")[2].partition("FROM")[0]
    assert "torch" not in api


def test_named_volumes_are_declared() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith((".", "/"))
    }
    assert used == set(COMPOSE["volumes"])
