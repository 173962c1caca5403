"""One line a record, on standard error."""

import logging

from service.settings import Settings


def configure_logs(settings: Settings) -> None:
    """Send this process's records to standard error from the configured level on."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        force=True,
    )
