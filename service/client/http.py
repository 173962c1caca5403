"""One service over HTTP, answered in the project's own schemas."""

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from service.schemas.diagnosis import Diagnosis
from service.schemas.run import TERMINAL

YAML = "application/yaml"


class ServiceError(Exception):
    """The service said no: `problem` is its problem+json document, `status` the HTTP status."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(explain(status, problem))
        self.status = status
        self.problem = problem


class Client:
    """A connection to one deployment, e.g. `Client("http://127.0.0.1:8080")`; also a context manager."""

    def __init__(
        self, url: str, *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=timeout, transport=transport)

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
        self, submission: str | bytes, *, media_type: str = YAML, idempotency_key: str | None = None
    ) -> Diagnosis:
        """Post a submission (YAML, or JSON by `media_type`); answers at once with the queued diagnosis."""
        headers = {"Content-Type": media_type}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        return self._diagnosis("POST", "/v1/diagnoses", content=submission, headers=headers)

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

    def validate(self, submission: str | bytes, *, media_type: str = YAML) -> dict[str, Any]:
        """What the service makes of a submission (layers, shapes, cost) without running it."""
        headers = {"Content-Type": media_type}
        return self._json("POST", "/v1/submissions/validate", content=submission, headers=headers)

    def statistics(self, diagnosis_id: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """Rows of layer statistics, all pages of them; `query` narrows by metric, layer, seed and step."""
        page = self._json("GET", f"/v1/diagnoses/{diagnosis_id}/statistics", params=query)
        yield from page["items"]
        while page["next_cursor"]:
            page = self._json(
                "GET",
                f"/v1/diagnoses/{diagnosis_id}/statistics",
                params={**query, "cursor": page["next_cursor"]},
            )
            yield from page["items"]

    def _diagnosis(self, method: str, path: str, **request: Any) -> Diagnosis:
        return Diagnosis.model_validate_json(self._send(method, path, **request).content)

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        document: dict[str, Any] = self._send(method, path, **request).json()
        return document

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        response = self._http.request(method, path, **request)
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


def explain(status: int, problem: Mapping[str, Any]) -> str:
    """A problem document as lines that a person reads: what, where, and what to do."""
    lines = [f"{status} {problem.get('title', 'error')}: {problem.get('detail', '')}".rstrip(": ")]
    for item in problem.get("problems") or ():
        place = [f"line {item['line']}"] if item.get("line") else []
        place += [item["pointer"]] if item.get("pointer") else []
        lines.append("  " + ": ".join([*([", ".join(place)] if place else []), item["message"]]))
        if item.get("hint"):
            lines.append(f"    hint: {item['hint']}")
    return "\n".join(lines)
