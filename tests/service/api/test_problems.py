"""Every failure has the same shape, and none tells of the inside."""

import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.errors import ClinicError, Overloaded, Problem
from service.schemas.problem import ProblemDetails

SECRET = "postgresql://clinic:hunter2@db/clinic"


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    """The application with views that fail in every way."""

    @app.get("/fail/unexpected")
    def unexpected() -> None:
        raise RuntimeError(f"cannot reach {SECRET}")

    @app.get("/fail/overloaded")
    def overloaded() -> None:
        raise Overloaded("full", retry_after=7, problems=[Problem("/a", "wrong", "right", 3)])

    @app.get("/fail/zero")
    def zero() -> int:
        return 1 // 0

    return app.test_client()


def details(response: Any) -> ProblemDetails:
    assert response.content_type == "application/problem+json"
    problem = ProblemDetails.model_validate_json(response.data)
    assert problem.status == response.status_code
    assert problem.type == f"/problems/{problem.code}"
    assert problem.request_id == response.headers["X-Request-ID"]
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing/here", 404, "not-found"),
        ("GET", "/v1", 404, "not-found"),
        ("GET", "/v1/diagnoses/", 404, "not-found"),
        ("PATCH", "/v1/diagnoses", 405, "method-not-allowed"),
        ("POST", "/healthz", 405, "method-not-allowed"),
        ("TRACE", "/v1/diagnoses", 405, "method-not-allowed"),
        ("POST", "/v1/diagnoses", 415, "unsupported-media-type"),
        ("GET", "/v1/diagnoses?limit=x", 400, "malformed-parameter"),
        ("GET", "/problems/unheard-of", 404, "not-found"),
    ],
)
def test_refusals_of_the_framework_have_the_shape_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.open(path, method=method)
    problem = details(response)
    assert (problem.status, problem.code, problem.whose) == (status, code, "client")
    assert problem.instance == path.partition("?")[0]


def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(client: FlaskClient) -> None:
    response = client.patch("/v1/diagnoses")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_options_lists_the_methods(client: FlaskClient) -> None:
    response = client.options("/v1/diagnoses")
    assert response.status_code == 200
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/fail/unexpected", "/fail/zero"])
def test_an_unexpected_error_is_logged_with_its_id_and_tells_nothing(
    failing: FlaskClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    with caplog.at_level(logging.ERROR):
        response = failing.get(path, headers={"X-Request-ID": "ci-run-17"})
    problem = details(response)
    assert (problem.status, problem.code, problem.whose) == (500, "internal", "service")
    assert problem.request_id == "ci-run-17"
    assert "hunter2" not in response.text
    assert "RuntimeError" not in response.text
    record = caplog.records[-1]
    assert "ci-run-17" in record.message
    assert record.exc_info is not None


def test_an_error_of_the_service_carries_all_that_it_knows(failing: FlaskClient) -> None:
    response = failing.get("/fail/overloaded")
    problem = details(response)
    assert (problem.status, problem.retry) == (503, True)
    assert response.headers["Retry-After"] == "7"
    assert problem.problems[0].model_dump() == {
        "pointer": "/a",
        "message": "wrong",
        "hint": "right",
        "line": 3,
    }


def kinds(kind: type[ClinicError] = ClinicError) -> list[type[ClinicError]]:
    return [kind, *(deeper for narrower in kind.__subclasses__() for deeper in kinds(narrower))]


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in kinds()]
    assert len(set(codes)) == len(codes)


def test_the_type_of_every_problem_leads_to_its_place_in_the_manual(client: FlaskClient) -> None:
    manual = client.get("/docs").text
    for kind in kinds():
        response = client.get(f"/problems/{kind.code}")
        assert response.status_code == 302
        assert response.headers["Location"] == f"/docs#problem-{kind.code}"
        assert f'id="problem-{kind.code}"' in manual
