import json
from typing import Any

import httpx
import pytest

from service.client import Client, ServiceError

DIAGNOSIS: dict[str, Any] = {
    "id": "dg_1", "project": "p", "status": "queued", "progress": 0.0, "created_at": "2026-01-01T00:00:00Z",
}  # fmt: skip


def client(*answers: httpx.Response, seen: list[httpx.Request] | None = None) -> Client:
    """A client whose requests are answered in turn."""
    waiting = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return waiting.pop(0)

    return Client("http://clinic", transport=httpx.MockTransport(answer))


def test_a_submission_is_posted_as_yaml_with_its_idempotency_key() -> None:
    seen: list[httpx.Request] = []
    with client(httpx.Response(202, json=DIAGNOSIS), seen=seen) as clinic:
        assert clinic.diagnose("project: p", idempotency_key="k").status == "queued"
    assert seen[0].headers["content-type"] == "application/yaml"
    assert seen[0].headers["idempotency-key"] == "k"


def test_watching_ends_with_any_terminal_state() -> None:
    states = [httpx.Response(200, json=DIAGNOSIS | {"status": status}) for status in ("running", "canceled")]
    with client(*states) as clinic:
        assert [seen.status for seen in clinic.watch("dg_1", every=0)] == ["running", "canceled"]


def test_a_problem_is_told_with_place_and_hint() -> None:
    problem = {
        "title": "The submission is not valid",
        "detail": "1 problem",
        "problems": [
            {"pointer": "/network", "line": 3, "message": "no such layer", "hint": "did you mean Linear?"}
        ],
    }
    with client(httpx.Response(422, json=problem)) as clinic, pytest.raises(ServiceError) as raised:
        clinic.diagnose("x")
    assert str(raised.value).splitlines() == [
        "422 The submission is not valid: 1 problem",
        "  line 3, /network: no such layer",
        "    hint: did you mean Linear?",
    ]


def test_an_answer_that_is_no_json_is_told_too() -> None:
    with (
        client(httpx.Response(502, text="<html>bad gateway</html>")) as clinic,
        pytest.raises(ServiceError) as raised,
    ):
        clinic.get("dg_1")
    assert raised.value.status == 502
    assert "bad gateway" in str(raised.value)


def test_all_pages_of_statistics_are_read() -> None:
    pages = [{"items": [{"step": 0}], "next_cursor": "c"}, {"items": [{"step": 1}], "next_cursor": None}]
    seen: list[httpx.Request] = []
    with client(*(httpx.Response(200, json=page) for page in pages), seen=seen) as clinic:
        assert [row["step"] for row in clinic.statistics("dg_1", metric="weight_rms")] == [0, 1]
    assert seen[1].url.params["cursor"] == "c"
    assert seen[1].url.params["metric"] == "weight_rms"


def test_a_service_that_does_not_answer_is_not_ready() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with Client("http://clinic", transport=httpx.MockTransport(refuse)) as clinic:
        assert not clinic.ready()


def test_fields_of_a_newer_service_are_left_out() -> None:
    with client(httpx.Response(200, content=json.dumps(DIAGNOSIS | {"mood": "sunny"}))) as clinic:
        assert clinic.get("dg_1").id == "dg_1"
