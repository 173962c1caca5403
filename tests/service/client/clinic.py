"""A service of a few lines behind a transport: it keeps what it is sent, and answers what a test gives it."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import httpx

from service.schemas.diagnosis import Diagnosis


class FakeClinic:
    """Answers uploads, submissions, polls and statistics; `outages` are answered first."""

    def __init__(self, *states: Diagnosis, outages: Sequence[httpx.Response | Exception] = ()) -> None:
        self.requests: list[httpx.Request] = []
        self.files: dict[str, bytes] = {}
        self._states = list(states)
        self._outages = list(outages)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    @property
    def submission(self) -> dict[str, Any]:
        """The last one that was posted."""
        bodies = [each for each in self.requests if each.url.path == "/v1/diagnoses"]
        submission: dict[str, Any] = json.loads(bodies[-1].content)
        return submission

    def asked(self, method: str) -> list[str]:
        """Paths of all requests with a method."""
        return [request.url.path for request in self.requests if request.method == method]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self._outages:
            outage = self._outages.pop(0)
            if isinstance(outage, Exception):
                raise outage
            return outage
        path = request.url.path
        if path.startswith(("/v1/networks/", "/v1/datasets/")):
            return self._file(request)
        if path.endswith("/statistics"):
            row = {"layer": "h", "output_gradient_rms": 1e-3}
            return httpx.Response(200, json={"items": [row], "next_cursor": None})
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return httpx.Response(202 if request.method == "POST" else 200, text=state.model_dump_json())

    def _file(self, request: httpx.Request) -> httpx.Response:
        digest = request.url.path.rpartition("/")[2]
        if request.method == "PUT":
            assert digest == f"sha256:{hashlib.sha256(request.content).hexdigest()}"
            self.files[digest] = request.content
        if digest not in self.files:
            return httpx.Response(404, json={"title": "Not found"})
        known = {
            "digest": digest,
            "bytes": len(self.files[digest]),
            "examples": 4,
            "x_shape": [2],
            "x_dtype": "float",
        }
        return httpx.Response(200, json=known)
