"""Uploading data sets and using them."""

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import create_app
from service.schemas.limits import Limits
from service.settings import Settings
from service.store.database import Database


def saved(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


CONTENT = saved(x=np.random.default_rng(0).normal(size=(120, 64)).astype("f4"), y=np.arange(120) % 10)
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def put(client: FlaskClient, content: bytes, digest: str | None = None) -> Any:
    digest = digest or f"sha256:{hashlib.sha256(content).hexdigest()}"
    return client.put(f"/v1/datasets/{digest}", data=content, content_type="application/octet-stream")


def stored(settings: Settings) -> list[Path]:
    return list(settings.datasets_dir.iterdir()) if settings.datasets_dir.exists() else []


def test_an_upload_is_described_and_can_be_asked_for(client: FlaskClient) -> None:
    response = put(client, CONTENT)
    assert response.status_code == 201
    assert response.json == {
        "digest": DIGEST, "bytes": len(CONTENT), "examples": 120, "x_shape": [64], "x_dtype": "float",
        "y_shape": [], "y_dtype": "int",
    }  # fmt: skip
    assert response.headers["Location"] == f"/v1/datasets/{DIGEST}"
    assert client.get(response.headers["Location"]).json == response.json
    head = client.head(response.headers["Location"])
    assert (head.status_code, head.data) == (200, b"")


def test_the_digest_may_be_written_bare(client: FlaskClient) -> None:
    assert put(client, CONTENT, DIGEST.removeprefix("sha256:")).status_code == 201
    assert client.head(f"/v1/datasets/{DIGEST.removeprefix('sha256:')}").status_code == 200


def test_the_same_upload_again_is_answered_without_storing_it_twice(
    client: FlaskClient, settings: Settings
) -> None:
    assert [put(client, CONTENT).status_code for _ in range(2)] == [201, 200]
    assert len(stored(settings)) == 1


def test_a_lost_file_is_stored_again(client: FlaskClient, settings: Settings) -> None:
    put(client, CONTENT)
    stored(settings)[0].unlink()
    assert client.head(f"/v1/datasets/{DIGEST}").status_code == 404
    assert put(client, CONTENT).status_code == 201
    assert client.head(f"/v1/datasets/{DIGEST}").status_code == 200


def test_bytes_of_another_digest_are_refused(client: FlaskClient, settings: Settings) -> None:
    response = put(client, CONTENT, "sha256:" + "0" * 64)
    assert (response.status_code, response.json["code"]) == (422, "digest-mismatch")
    assert DIGEST in response.json["detail"]
    assert stored(settings) == []


def test_what_is_no_data_set_is_refused_and_leaves_nothing(client: FlaskClient, settings: Settings) -> None:
    for content in (b"", b"no zip at all", saved(x=np.array([{}], dtype=object)), saved(z=np.ones(3))):
        response = put(client, content)
        assert (response.status_code, response.json["code"]) == (422, "invalid-submission")
    assert stored(settings) == []


@pytest.fixture
def strict(settings: Settings, database: Database, queue: Any) -> Flask:
    limited = settings.model_copy(update={"limits": Limits(dataset_bytes=1000)})
    return create_app(limited, database=database, queue=queue)


def test_an_upload_over_the_limit_is_refused_before_it_is_read(strict: Flask, settings: Settings) -> None:
    response = put(strict.test_client(), CONTENT)
    assert (response.status_code, response.json["code"]) == (413, "too-large")
    assert "1000" in response.json["detail"]
    assert stored(settings) == []


def test_a_chunked_upload_over_the_limit_is_refused_while_it_is_read(
    strict: Flask, settings: Settings
) -> None:
    stream = io.BytesIO(bytes(10_000_000))
    response = strict.test_client().put(
        f"/v1/datasets/{DIGEST}",
        environ_overrides={"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert response.status_code == 413
    assert stream.tell() < 100_000
    assert stored(settings) == []


def test_a_chunked_upload_within_the_limit_is_stored(client: FlaskClient) -> None:
    response = client.put(
        f"/v1/datasets/{DIGEST}",
        environ_overrides={
            "wsgi.input": io.BytesIO(CONTENT),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        },
    )
    assert response.status_code == 201


def test_an_upload_that_ends_early_leaves_nothing(client: FlaskClient, settings: Settings) -> None:
    response = client.put(
        f"/v1/datasets/{DIGEST}",
        data=CONTENT[:-10],
        environ_overrides={"CONTENT_LENGTH": str(len(CONTENT))},
    )
    assert response.status_code == 400
    assert stored(settings) == []


@pytest.mark.parametrize(
    "digest", ["sha256:abc", "md5:" + "0" * 64, "G" * 64, "0" * 65, "..%2f..%2fetc%2fpasswd"]
)
@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD"])
def test_what_is_no_digest_is_not_found(client: FlaskClient, digest: str, method: str) -> None:
    assert client.open(f"/v1/datasets/{digest}", method=method).status_code == 404


def test_a_submission_can_name_an_uploaded_data_set(client: FlaskClient, submission: str) -> None:
    put(client, CONTENT)
    other = submission.replace("{source: builtin, name: digits}", f"{{source: dataset, digest: '{DIGEST}'}}")
    response = client.post("/v1/submissions/validate", data=other, content_type="application/yaml")
    assert response.status_code == 200, response.text
    assert response.json["examples"] == 120
