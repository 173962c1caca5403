"""Whether the process lives, and whether it can work."""

from collections.abc import Callable, Iterator

from flask import Blueprint

from service.api.clinic import Clinic, clinic
from service.api.edge import Reply, gives
from service.errors import Problem, Unavailable
from service.schemas.health import Alive, Ready

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@gives(Reply(200, Alive, "The process lives"))
def live() -> Alive:
    """Ask whether the process lives.

    Nothing else is looked at.
    """
    return Alive()


@blueprint.get("/readyz")
@gives(Reply(200, Ready, "Everything that is needed answers"), refuses=(Unavailable,))
def ready() -> Ready:
    """Ask whether the service can work.

    Asks the database, its migrations and the broker; a failure names those that are not in order.
    """
    faults = list(_faults(clinic()))
    if faults:
        broken = ", ".join(fault.pointer.removeprefix("/") for fault in faults)
        raise Unavailable(f"not in order: {broken}", problems=faults, retry_after=5)
    return Ready()


def _faults(here: Clinic) -> Iterator[Problem]:
    checks: dict[str, Callable[[], None]] = {
        "database": here.database.ping,
        "migrations": lambda: _check_migrations(here),
        "broker": here.queue.ping,
    }
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer names the part
            yield Problem(f"/{name}", type(error).__name__)


def _check_migrations(here: Clinic) -> None:
    if not here.database.migrated():
        raise Unavailable("the tables are not those of this release")
