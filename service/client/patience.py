"""Sending again what may be sent again: a service is restarted now and then, and nobody has to notice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httpx

from service.client.errors import PASSING

_SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_LONGEST: Final = 30.0
"""Seconds; a longer Retry-After is not waited for."""


@dataclass(frozen=True)
class Patience:
    """How often a request is sent at most, with doubling pauses between."""

    attempts: int = 1
    pause: float = 0.5
    sleep: Callable[[float], None] = time.sleep

    def send(self, http: httpx.Client, request: httpx.Request) -> httpx.Response:
        """The first answer that is final; the last one, or its error, where none is."""
        harmless = request.method in _SAFE or "idempotency-key" in request.headers
        for attempt in range(1, self.attempts + 1):
            last = attempt == self.attempts
            try:
                response = http.send(request)
            except httpx.TransportError as error:
                # Where there was no connection, nothing can have been done.
                if last or not (harmless or isinstance(error, httpx.ConnectError)):
                    raise
                self.sleep(self.pause * 2 ** (attempt - 1))
                continue
            if last or response.status_code not in PASSING:
                return response
            self.sleep(max(self.pause * 2 ** (attempt - 1), _asked(response)))
        raise ValueError("a request is sent at least once")


def _asked(response: httpx.Response) -> float:
    """Seconds of Retry-After, where it is a number."""
    text = response.headers.get("retry-after", "")
    return min(float(text), _LONGEST) if text.isdigit() else 0.0
