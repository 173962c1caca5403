"""A submission with its files in one request."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.schemas.limits import Limits
from service.settings import Settings
from service.store import diagnoses
from service.store.database import Database
from tests.service.api import test_datasets as uploads
from tests.service.api.test_networks import CONTENT, DIGEST

SPEC = b"""\
project: vision/detector
training: {loss: CrossEntropyLoss, optimizer: Adam, steps: 100}
probing: {seeds: 2}
"""
DATA = {"source": "dataset", "digest": uploads.DIGEST}


def post(client: FlaskClient, key: str | None = None, **parts: Any) -> Any:
    """Parts are bytes, or bytes with a file name and a media type."""
    sent = {
        name: (io.BytesIO(part), f"{name}.bin")
        if isinstance(part, bytes)
        else (io.BytesIO(part[0]), *part[1:])
        for name, part in parts.items()
    }
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/v1/diagnoses", data=sent, headers=headers, content_type="multipart/form-data")


def kept(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.data_dir.glob("*/*.*"))


def submission(database: Database, response: Any) -> dict[str, Any]:
    found = diagnoses.submission(database, response.json["id"])
    return found.model_dump(mode="json", exclude_unset=True)


def test_a_submission_with_its_files_is_taken(
    client: FlaskClient, database: Database, settings: Settings, queue: Any
) -> None:
    response = post(client, spec=SPEC, model=CONTENT, data=uploads.CONTENT)
    assert response.status_code == 202, response.text
    assert (response.json["status"], response.json["layers"]) == ("queued", [])
    assert [(run["role"], run["steps"]) for run in response.json["runs"]] == [("validation", 0)]
    assert queue.sent == [response.json["runs"][0]["id"]]
    written = submission(database, response)
    assert (written["network"], written["data"]) == ({"onnx": DIGEST}, DATA)
    assert client.get(f"/v1/networks/{DIGEST}").json["bytes"] == len(CONTENT)
    assert client.get(f"/v1/datasets/{uploads.DIGEST}").json["examples"] == 120


def test_it_is_what_uploading_and_posting_would_have_made(client: FlaskClient, database: Database) -> None:
    together = post(client, spec=SPEC, model=CONTENT, data=uploads.CONTENT)
    apart = client.post(
        "/v1/diagnoses",
        data=SPEC + f"network: {{onnx: '{DIGEST}'}}\ndata: {json.dumps(DATA)}\n".encode(),
        content_type="application/yaml",
    )
    assert submission(database, together) == submission(database, apart)


def test_a_file_that_is_there_need_not_be_sent(client: FlaskClient) -> None:
    post(client, spec=SPEC, model=CONTENT, data=uploads.CONTENT)
    spec = SPEC + f"network: {{onnx: '{DIGEST}'}}\n".encode()
    assert post(client, spec=spec, data=uploads.CONTENT).status_code == 202
    assert post(client, spec=SPEC, model=CONTENT).status_code == 202


def test_a_network_that_is_written_out_comes_with_its_data(client: FlaskClient, submission: str) -> None:
    spec = submission.replace("data: {source: builtin, name: digits}", "data: {preprocess: standardize}")
    response = post(client, spec=spec.encode(), data=uploads.CONTENT)
    assert response.status_code == 202, response.text
    assert len(response.json["layers"]) == 5


@pytest.mark.parametrize(
    "spec", [(SPEC, "spec.yaml", "text/yaml"), (SPEC, "s", "application/octet-stream"), SPEC]
)
def test_a_spec_may_be_sent_as_yaml_by_any_name(client: FlaskClient, spec: Any) -> None:
    assert post(client, spec=spec, model=CONTENT).status_code == 202


def test_a_spec_may_be_json(client: FlaskClient) -> None:
    spec = json.dumps(
        {"training": {"loss": "CrossEntropyLoss", "optimizer": "Adam", "steps": 5}}, indent="\t"
    )
    assert post(client, spec=spec.encode(), model=CONTENT).status_code == 202


def test_a_spec_may_be_a_plain_field(client: FlaskClient) -> None:
    sent = {"spec": SPEC.decode(), "model": (io.BytesIO(CONTENT), "network.onnx")}
    assert client.post("/v1/diagnoses", data=sent).status_code == 202


def test_the_same_key_with_the_same_parts_runs_nothing_twice(client: FlaskClient, queue: Any) -> None:
    first = post(client, "key", spec=SPEC, model=CONTENT)
    again = post(client, "key", spec=SPEC, model=CONTENT)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.get("/v1/diagnoses").json["items"][0]["id"] == first.json["id"]
    assert len(client.get("/v1/diagnoses").json["items"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"spec": SPEC + b"\n", "model": CONTENT},
        {"spec": SPEC, "model": CONTENT[:-1] + bytes([CONTENT[-1]]) + b"\x28\x05"},
        {"spec": SPEC, "model": CONTENT, "data": uploads.CONTENT},
    ],
    ids=["another spec", "another network", "other data"],
)
def test_the_same_key_with_other_parts_is_refused(client: FlaskClient, other: dict[str, bytes]) -> None:
    assert post(client, "key", spec=SPEC, model=CONTENT).status_code == 202
    response = post(client, "key", **other)
    assert (response.status_code, response.json["code"]) == (422, "idempotency-mismatch"), response.text


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ({"model": CONTENT}, "malformed-body", "`spec`"),
        ({"spec": SPEC, "modle": CONTENT}, "malformed-body", "did you mean model?"),
        ({"spec": b"a: [", "model": CONTENT}, "malformed-body", "line"),
        ({"spec": SPEC, "model": b"PK\x03\x04" + bytes(26) + b"archive/data.pkl"}, "invalid-submission", "`model`"),
        ({"spec": SPEC, "model": CONTENT, "data": b"no zip"}, "invalid-submission", "`data`"),
        ({"spec": SPEC + b"network: {layers: []}", "model": CONTENT}, "invalid-submission", "written out"),
        ({"spec": SPEC + b"network: {onxx: 1}", "model": CONTENT}, "invalid-submission", "onxx"),
        ({"spec": SPEC}, "invalid-submission", "exactly one of `network`"),
    ],
    ids=[
        "no spec", "an unknown part", "a broken spec", "a pickle",
        "no data set", "two networks", "a typo", "no network",
    ],
)  # fmt: skip
def test_a_bad_form_is_refused_with_what_is_wrong(
    client: FlaskClient, parts: dict[str, bytes], code: str, words: str
) -> None:
    response = post(client, **parts)
    assert response.json["code"] == code, response.text
    assert words in response.text
    assert client.get("/v1/diagnoses").json["items"] == []


def test_a_refused_file_points_to_its_place_and_leaves_nothing(
    client: FlaskClient, settings: Settings
) -> None:
    response = post(client, spec=SPEC, model=b"<html>")
    assert [problem["pointer"] for problem in response.json["problems"]] == ["/network"]
    assert [name for name in kept(settings) if name.endswith((".onnx", ".part"))] == []


def test_a_part_that_comes_twice_is_refused(client: FlaskClient) -> None:
    sent = {"spec": [(io.BytesIO(SPEC), "a"), (io.BytesIO(SPEC), "b")]}
    response = client.post("/v1/diagnoses", data=sent, content_type="multipart/form-data")
    assert (response.status_code, response.json["code"]) == (400, "malformed-body")
    assert "two parts `spec`" in response.json["detail"]


def test_lines_of_the_spec_are_told(client: FlaskClient) -> None:
    response = post(client, spec=SPEC + b"policy: '1900'\n", model=CONTENT)
    assert [(each["pointer"], each["line"]) for each in response.json["problems"]] == [("/policy", 4)]


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        ({"multipart_bytes": 2000}, "multipart_bytes"),
        ({"network_bytes": 1000}, "network_bytes"),
        ({"dataset_bytes": 1000}, "dataset_bytes"),
        ({"body_bytes": 50}, "body_bytes"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_every_part_and_all_together_are_bounded(
    tmp_path: Path, database: Database, limits: dict[str, int], limit: str, chunked: bool
) -> None:
    settings = Settings(data_dir=tmp_path, limits=Limits(**limits))
    client = create_app(settings, database=database, queue=None).test_client()
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in (("spec", SPEC), ("model", CONTENT), ("data", uploads.CONTENT))
    )
    response = client.post(
        "/v1/diagnoses",
        input_stream=io.BytesIO(body + b"--b--\r\n"),
        content_type="multipart/form-data; boundary=b",
        content_length=None if chunked else len(body) + 7,
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (response.status_code, response.json["code"]) == (413, "too-large"), response.text
    assert limit in response.json["detail"]
    assert [name for name in kept(settings) if name.endswith(".part")] == []


def test_a_form_without_a_boundary_is_refused(client: FlaskClient) -> None:
    response = client.post("/v1/diagnoses", data=b"x", content_type="multipart/form-data")
    assert (response.status_code, response.json["code"]) == (400, "malformed-body")


def test_a_flood_of_line_breaks_costs_no_time(client: FlaskClient) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="model"; filename="f"\r\n\r\n'
    started = time.monotonic()
    response = client.post(
        "/v1/diagnoses",
        data=head + b"\r" * 8_000_000 + b"\r\n--b--\r\n",
        content_type="multipart/form-data; boundary=b",
    )
    assert response.status_code == 422
    assert time.monotonic() - started < 5


def test_other_resources_take_no_forms(client: FlaskClient) -> None:
    sent = {"spec": (io.BytesIO(SPEC), "spec.yaml")}
    response = client.post("/v1/submissions/validate", data=sent, content_type="multipart/form-data")
    assert response.status_code == 415


def test_the_parts_are_described(client: FlaskClient) -> None:
    operation = client.get("/openapi.json").json["paths"]["/v1/diagnoses"]["post"]
    form = operation["requestBody"]["content"]["multipart/form-data"]
    assert set(form["schema"]["properties"]) == {"spec", "model", "data"}
    assert form["schema"]["required"] == ["spec"]
    response = client.post("/v1/diagnoses", data=b"x", content_type="text/plain")
    assert "multipart/form-data" in response.json["detail"]
