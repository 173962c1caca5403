"""One service over HTTP, answered in the project's own schemas."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from service.client.errors import NotChecked, ServiceError
from service.client.patience import Patience
from service.client.specs import JSON, YAML, prepared
from service.schemas.data import DatasetInfo
from service.schemas.diagnosis import Diagnosis
from service.schemas.onnx import NetworkFile
from service.schemas.remedy import Remedy
from service.schemas.run import TERMINAL

UPLOAD_SECONDS = 600.0
"""A large file is read through before the service answers."""


class Client:
    """A connection to one deployment, e.g. `Client("http://127.0.0.1:8642")`; also a context manager."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=timeout, transport=transport)
        self._patience = patience or Patience()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ready(self) -> bool:
        """Whether the service answers and its database and broker do too."""
        try:
            return self._http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def diagnose(
        self,
        submission: str | bytes | Mapping[str, Any],
        *,
        media_type: str = YAML,
        idempotency_key: str | None = None,
        network: bytes | Path | None = None,
        data: bytes | Path | None = None,
        origin: Mapping[str, str] | None = None,
    ) -> Diagnosis:
        """Post a submission (YAML, JSON by `media_type`, or a mapping); answers at once with the queued diagnosis.

        `network` (an ONNX file) and `data` (an `.npz`) are uploaded first, unless the service has them, and
        named in the submission by their digests. `origin` (project, branch, commit) is said where the submission
        says nothing of it. With an `idempotency_key` it may be sent again without harm.
        """
        spec = prepared(
            submission,
            media_type,
            network=None if network is None else self.upload_network(network).digest,
            data=None if data is None else self.upload_dataset(data).digest,
            origin=origin,
        )
        headers = {"Content-Type": spec.media_type}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        try:
            return self._diagnosis("POST", "/v1/diagnoses", content=spec.content, headers=headers)
        except ServiceError as error:
            raise ServiceError(error.status, spec.with_lines(error.problem)) from None

    def upload_network(self, file: bytes | Path) -> NetworkFile:
        """Send an ONNX file, or learn that it is there already; its digest goes into `network: {onnx: ...}`."""
        return NetworkFile.model_validate_json(self._upload("networks", file))

    def upload_dataset(self, file: bytes | Path) -> DatasetInfo:
        """Send an `.npz` with `x` and `y`, or learn that it is there already."""
        return DatasetInfo.model_validate_json(self._upload("datasets", file))

    def get(self, diagnosis_id: str) -> Diagnosis:
        """The diagnosis as it stands now."""
        return self._diagnosis("GET", f"/v1/diagnoses/{diagnosis_id}")

    def cancel(self, diagnosis_id: str) -> Diagnosis:
        """Stop the work on it; one that has ended stays as it is."""
        return self._diagnosis("POST", f"/v1/diagnoses/{diagnosis_id}/cancel")

    def watch(self, diagnosis_id: str, *, every: float = 0.5) -> Iterator[Diagnosis]:
        """The diagnosis again and again, every `every` seconds, last in its terminal state."""
        while True:
            diagnosis = self.get(diagnosis_id)
            yield diagnosis
            if diagnosis.status in TERMINAL:
                return
            time.sleep(every)

    def remedies(self, diagnosis_id: str) -> tuple[Remedy, ...]:
        """What was tried against what was found, and what came of it."""
        return self.get(diagnosis_id).remedies

    def apply(self, diagnosis_id: str, remedy: str) -> dict[str, Any]:
        """The submission with a remedy in it, ready to be posted."""
        return self._json("POST", f"/v1/diagnoses/{diagnosis_id}/remedies/{remedy}/apply")

    def repaired_network(self, diagnosis_id: str, remedy: str) -> bytes:
        """The uploaded network with a remedy in it, as an ONNX file."""
        return self._send("GET", f"/v1/diagnoses/{diagnosis_id}/remedies/{remedy}/network.onnx").content

    def validate(self, submission: str | bytes, *, media_type: str = YAML) -> dict[str, Any]:
        """What the service makes of a submission (layers, shapes, cost) without running it."""
        headers = {"Content-Type": media_type}
        return self._json("POST", "/v1/submissions/validate", content=submission, headers=headers)

    def statistics(self, diagnosis_id: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Rows of layer statistics, all pages of them; `query` narrows by metric, layer, seed and step."""
        path = f"/v1/diagnoses/{diagnosis_id}/statistics"
        page = self._json("GET", path, params=query)
        yield from page["items"]
        while page["next_cursor"]:
            page = self._json("GET", path, params={**query, "cursor": page["next_cursor"]})
            yield from page["items"]

    def _upload(self, kind: str, file: bytes | Path) -> bytes:
        content = file if isinstance(file, bytes) else file.read_bytes()
        path = f"/v1/{kind}/sha256:{hashlib.sha256(content).hexdigest()}"
        try:
            self._send("HEAD", path)
        except ServiceError as error:
            if error.status != httpx.codes.NOT_FOUND:
                raise
            headers = {"Content-Type": "application/octet-stream"}
            return self._send("PUT", path, content=content, headers=headers, timeout=UPLOAD_SECONDS).content
        return self._send("GET", path).content

    def _diagnosis(self, method: str, path: str, **request: Any) -> Diagnosis:
        return Diagnosis.model_validate_json(self._send(method, path, **request).content)

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        document: dict[str, Any] = self._send(method, path, **request).json()
        return document

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._patience.send(self._http, self._http.build_request(method, path, **request))
        except httpx.TransportError as error:
            raise NotChecked(f"the service at {self._http.base_url} does not answer: {error}") from error
        if response.is_error:
            raise ServiceError(response.status_code, problem_of(response))
        return response


def problem_of(response: httpx.Response) -> dict[str, Any]:
    """The answer's problem+json, or one made of what a proxy in between said."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        return document
    return {"title": response.reason_phrase or "error", "detail": response.text[:500]}


__all__ = ["JSON", "YAML", "Client", "problem_of"]
