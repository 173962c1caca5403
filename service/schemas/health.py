"""Answers of the two health checks."""

from typing import Literal

from service.schemas.base import Output


class Alive(Output):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Output):
    """Everything that the service needs answers."""

    status: Literal["ready"] = "ready"
    database: Literal["ok"] = "ok"
    migrations: Literal["ok"] = "ok"
    broker: Literal["ok"] = "ok"
