"""Uploading networks: stored by their digest, looked at from outside alone."""

import hashlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from onnx import TensorProto, helper

from service.app import create_app
from service.schemas import recipes
from service.schemas.limits import Limits
from service.settings import Settings
from service.store.database import Database


def perceptron(width: int = 10) -> bytes:
    """A linear layer on 64 numbers, as a file."""
    weight = helper.make_tensor("head.weight", TensorProto.FLOAT, [width, 64], [0.01] * (64 * width))
    bias = helper.make_tensor("head.bias", TensorProto.FLOAT, [width], [0.0] * width)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "head.weight", "head.bias"], ["y"], transB=1)],
        "perceptron",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", width])],
        [weight, bias],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="a test")
    onnx.checker.check_model(made)
    return made.SerializeToString()


CONTENT = perceptron()
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def put(client: FlaskClient, content: bytes, digest: str | None = None) -> Any:
    digest = digest or f"sha256:{hashlib.sha256(content).hexdigest()}"
    return client.put(f"/v1/networks/{digest}", data=content, content_type="application/octet-stream")


def stored(settings: Settings) -> list[Path]:
    return list(settings.networks_dir.iterdir()) if settings.networks_dir.exists() else []


def test_an_upload_is_stored_and_can_be_asked_for(client: FlaskClient, settings: Settings) -> None:
    assert client.head(f"/v1/networks/{DIGEST}").status_code == 404
    response = put(client, CONTENT)
    assert response.status_code == 201
    assert response.json == {"digest": DIGEST, "bytes": len(CONTENT)}
    assert response.headers["Location"] == f"/v1/networks/{DIGEST}"
    assert client.get(response.headers["Location"]).json == response.json
    head = client.head(response.headers["Location"])
    assert (head.status_code, head.data) == (200, b"")
    assert [path.read_bytes() for path in stored(settings)] == [CONTENT]


def test_the_same_upload_again_is_answered_without_storing_it_twice(
    client: FlaskClient, settings: Settings
) -> None:
    assert [put(client, CONTENT).status_code for _ in range(2)] == [201, 200]
    assert len(stored(settings)) == 1


def test_a_lost_file_is_stored_again(client: FlaskClient, settings: Settings) -> None:
    put(client, CONTENT)
    stored(settings)[0].unlink()
    assert client.head(f"/v1/networks/{DIGEST}").status_code == 404
    assert put(client, CONTENT).status_code == 201


def test_bytes_of_another_digest_are_refused(client: FlaskClient, settings: Settings) -> None:
    response = put(client, CONTENT, "sha256:" + "0" * 64)
    assert (response.status_code, response.json["code"]) == (422, "digest-mismatch")
    assert stored(settings) == []


def test_what_is_no_network_is_refused_and_leaves_nothing(client: FlaskClient, settings: Settings) -> None:
    response = put(client, b"import torch\n")
    assert (response.status_code, response.json["code"]) == (422, "invalid-submission")
    assert "text" in response.json["detail"]
    assert stored(settings) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_over_the_limit_is_refused(tmp_path: Path, database: Database, chunked: bool) -> None:
    limits = Limits(network_bytes=len(CONTENT) - 1)
    app = create_app(Settings(data_dir=tmp_path, limits=limits), database=database, queue=None)
    length = None if chunked else len(CONTENT)
    response = app.test_client().put(
        f"/v1/networks/{DIGEST}",
        input_stream=io.BytesIO(CONTENT),
        content_length=length,
        headers={"Transfer-Encoding": "chunked"} if chunked else {},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (response.status_code, response.json["code"]) == (413, "too-large")
    assert "network_bytes" in response.json["detail"]
    assert list((tmp_path / "networks").glob("*")) == []


def test_the_manual_tells_the_call_that_keeps_a_network(app: Flask) -> None:
    described = app.test_client().get("/openapi.json").json
    text = described["paths"]["/v1/networks/{digest}"]["put"]["description"]
    assert recipes.TORCH in " ".join(text.split())
    assert recipes.KERAS in text


def test_an_upload_needs_neither_onnx_nor_numpy(tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(CONTENT)
    code = (
        "import sys; from pathlib import Path; from service.api import networks, onnx_header; "
        f"print(onnx_header.inspect(Path({str(tmp_path / 'network.onnx')!r}), '{DIGEST}').bytes); "
        "print([name for name in ('onnx', 'torch', 'numpy', 'google.protobuf') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [str(len(CONTENT)), "[]"]
