"""What every response carries."""

import io

import pytest
from flask.testing import FlaskClient
from gunicorn.http.errors import InvalidChunkSize

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


class Broken(io.RawIOBase):
    """A body that gives something and then fails, as gunicorn's do whose chunks cannot be parsed."""

    def __init__(self, beginning: bytes) -> None:
        self._left = beginning

    def read(self, size: int = -1) -> bytes:
        if not self._left:
            raise InvalidChunkSize(b"zz")
        given, self._left = self._left[:size], self._left[size:]
        return given


@pytest.mark.parametrize(
    ("method", "path", "media_type"),
    [
        ("POST", "/v1/diagnoses", "application/json"),
        ("POST", "/v1/diagnoses", "multipart/form-data; boundary=b"),
        ("PUT", f"/v1/networks/{'0' * 64}", "application/octet-stream"),
        ("PUT", f"/v1/datasets/{'0' * 64}", "application/octet-stream"),
    ],
)
def test_a_body_that_breaks_off_is_the_client_s_fault(
    client: FlaskClient, method: str, path: str, media_type: str
) -> None:
    beginning = b'--b\r\nContent-Disposition: form-data; name="model"; filename="f"\r\n\r\n\x08\x07'
    response = client.open(
        path,
        method=method,
        content_type=media_type,
        environ_overrides={"wsgi.input": Broken(beginning), "wsgi.input_terminated": True},
    )
    assert (response.status_code, response.json["code"]) == (400, "bad-request")
