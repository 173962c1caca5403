"""What every response carries."""

import pytest
from flask.testing import FlaskClient

PATHS = ["/healthz", "/v1/diagnoses", "/nothing", "/openapi.json", "/docs", "/v1/diagnoses?limit=x"]


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_an_id_that_the_client_gives_its_request_comes_back(client: FlaskClient) -> None:
    assert (
        client.get("/healthz", headers={"X-Request-ID": "build.17-a_b"}).headers["X-Request-ID"]
        == "build.17-a_b"
    )


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "é", "<script>", "a\tb"])
def test_any_other_id_is_replaced(client: FlaskClient, sent: str) -> None:
    given = client.get("/healthz", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 32


def test_two_requests_have_two_ids(client: FlaskClient) -> None:
    assert client.get("/healthz").headers["X-Request-ID"] != client.get("/healthz").headers["X-Request-ID"]
