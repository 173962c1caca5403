"""Where each resource is found."""

from flask import Flask
from werkzeug.routing import BaseConverter

from service.api import (
    capabilities,
    datasets,
    diagnoses,
    events,
    health,
    manual,
    networks,
    remedies,
    rules,
    statistics,
    submissions,
)

VERSIONED = (diagnoses, remedies, statistics, events, submissions, datasets, networks, rules, capabilities)


class IdConverter(BaseConverter):
    """An id in a path: what cannot be one is not found without asking the database."""

    regex = "[A-Za-z0-9_-]{1,64}"


class DigestConverter(BaseConverter):
    """A digest in a path, with or without the name of its algorithm."""

    regex = "(?:sha256:)?[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        """The digest as it is written everywhere else."""
        return f"sha256:{value.removeprefix('sha256:')}"


def register(app: Flask) -> None:
    """Mount every blueprint."""
    app.url_map.converters |= {"id": IdConverter, "digest": DigestConverter}
    for module in VERSIONED:
        app.register_blueprint(module.blueprint, url_prefix="/v1")
    for unversioned in (health, manual):
        app.register_blueprint(unversioned.blueprint)
