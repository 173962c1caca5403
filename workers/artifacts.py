"""A network as a trial has trained it, from the child that wrote it to the folder of uploads, named by its digest."""

import logging
from hashlib import file_digest
from pathlib import Path

from service.schemas.onnx import NetworkFile, OnnxSpec
from service.schemas.order import RunOrder
from service.settings import Settings
from service.store import networks
from service.store.database import Database
from service.store.files import NetworkFiles

log = logging.getLogger(__name__)


def place_for(order: RunOrder, settings: Settings) -> Path | None:
    """Where a child is to write its network; None for what nobody asks for: one seed of each trial is enough.

    The name is that of a part, which is cleared away some day should this process be killed.
    """
    if order.role != "trial" or order.seed != 0 or not isinstance(order.submission.network, OnnxSpec):
        return None
    settings.networks_dir.mkdir(parents=True, exist_ok=True)
    return settings.networks_dir / f"{order.run_id}-{order.attempt}.part"


def keep(part: Path, limit: int, settings: Settings, database: Database) -> str | None:
    """Give a written network its name and remember it; its digest, or None where it is not to be kept."""
    try:
        size = part.stat().st_size
        if not 0 < size <= limit:
            return None
        with part.open("rb") as file:
            digest = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
        part.replace(NetworkFiles(settings.networks_dir).path(digest))
    except OSError:
        log.exception("The trained network %s cannot be kept", part.name)
        return None
    networks.save(database, NetworkFile(digest=digest, bytes=size))
    return digest
