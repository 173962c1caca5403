"""Validation without work."""

from typing import Any

from flask.testing import FlaskClient

from tests.service.api.test_networks import CONTENT, DIGEST, put

YAML = "application/yaml"


def test_a_submission_is_shown_as_it_was_understood(client: FlaskClient, submission: str) -> None:
    response = client.post("/v1/submissions/validate", data=submission, content_type=YAML)
    assert response.status_code == 200
    shown = response.json
    assert [(layer["name"], layer["output"]["shape"], layer["parameters"]) for layer in shown["layers"]] == [
        ("h.0.linear", [16], 64 * 16 + 16),
        ("h.0.sigmoid", [16], 0),
        ("h.1.linear", [16], 16 * 16 + 16),
        ("h.1.sigmoid", [16], 0),
        ("head", [10], 16 * 10 + 10),
    ]
    assert shown["parameters"] == 1040 + 272 + 170
    assert shown["multiply_adds"] >= 64 * 16 + 16 * 16 + 16 * 10
    assert (shown["examples"], shown["runs"]) == (1797, 2)
    assert shown["planned_steps"] == 2 * 29
    assert 0 < shown["run_steps"] <= shown["planned_steps"]
    assert shown["cost"] > shown["run_steps"] * 2 * 3 * 64 * shown["multiply_adds"]


def test_the_normalised_submission_means_the_same(client: FlaskClient, submission: str) -> None:
    shown = client.post("/v1/submissions/validate", data=submission, content_type=YAML).json
    assert shown["submission"]["network"]["layers"][0]["body"][1] == {"type": "Sigmoid"}
    assert client.post("/v1/submissions/validate", json=shown["submission"]).json == shown


def test_nothing_is_stored_or_sent(client: FlaskClient, submission: str, queue: Any) -> None:
    client.post("/v1/submissions/validate", data=submission, content_type=YAML)
    assert client.get("/v1/diagnoses").json["items"] == []
    assert queue.sent == []


def test_a_bad_one_is_answered_as_where_it_would_be_run(client: FlaskClient, submission: str) -> None:
    bad = submission.replace("shape: [64]", "shape: [63]").replace("out_features: 10", "out_features: ten")
    answers = [
        client.post(path, data=bad, content_type=YAML)
        for path in ("/v1/diagnoses", "/v1/submissions/validate")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json["problems"] == answers[1].json["problems"]


def test_a_data_set_that_was_never_uploaded_is_a_problem_with_its_place(
    client: FlaskClient, submission: str
) -> None:
    other = submission.replace(
        "{source: builtin, name: digits}", f"{{source: dataset, digest: 'sha256:{'0' * 64}'}}"
    )
    response = client.post("/v1/submissions/validate", data=other, content_type=YAML)
    assert response.status_code == 422
    assert response.json["problems"][0]["pointer"].startswith("/data")


def test_what_the_structure_alone_gives_away_is_said_before_anything_runs(
    client: FlaskClient, submission: str
) -> None:
    sound = client.post("/v1/submissions/validate", data=submission, content_type=YAML).json
    assert [finding for finding in sound["findings"] if finding["severity"] != "note"] == []
    sick = submission.replace("name: head}", "name: head}\n    - Softmax")
    assert sick != submission
    found = client.post("/v1/submissions/validate", data=sick, content_type=YAML).json["findings"]
    assert (found[0]["rule"], found[0]["severity"], found[0]["seeds"]) == (
        "output-loss-mismatch",
        "warning",
        0,
    )


FROM_FILE = f"""\
network: {{onnx: "{DIGEST}"}}
training: {{loss: CrossEntropyLoss, optimizer: Adam, steps: 100}}
probing: {{seeds: 4}}
data: {{source: builtin, name: digits}}
"""


def test_of_a_file_it_is_said_what_is_not_known_yet(client: FlaskClient) -> None:
    put(client, CONTENT)
    response = client.post("/v1/submissions/validate", data=FROM_FILE, content_type=YAML)
    assert response.status_code == 200
    shown = response.json
    assert "is not read before" in shown["pending"]
    assert (shown["layers"], shown["parameters"], shown["cost"], shown["runs"]) == ([], None, None, 4)
    assert shown["submission"]["network"] == {"onnx": DIGEST}


def test_what_is_wrong_beside_the_file_is_said_at_once(client: FlaskClient) -> None:
    bad = FROM_FILE.replace("steps: 100", "steps: 100, batch_size: 9000000").replace("digits", "digitz")
    response = client.post("/v1/submissions/validate", data=bad, content_type=YAML)
    assert response.status_code == 422
    assert [(each["pointer"], each["line"]) for each in response.json["problems"]] == [
        ("/training/batch_size", 2),
        ("/data/name", 4),
    ]


def test_a_file_that_was_never_uploaded_is_a_problem_with_its_place(client: FlaskClient) -> None:
    response = client.post("/v1/submissions/validate", data=FROM_FILE, content_type=YAML)
    assert response.status_code == 422
    (problem,) = response.json["problems"]
    assert (problem["pointer"], problem["line"]) == ("/network/onnx", 1)
    assert "/v1/networks" in problem["hint"]
