"""Creating, listing, reading, canceling and deleting diagnoses."""

import json
import re
import threading
import time
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from service.schemas.diagnosis import Diagnosis
from service.schemas.query import DiagnosisFilter
from service.store import diagnoses
from service.store.database import Database

NO_FILTER = DiagnosisFilter()
YAML = {"Content-Type": "application/yaml"}


def post(client: FlaskClient, body: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/diagnoses", data=body, headers=YAML | named)


def test_a_submission_is_stored_and_its_runs_are_sent(
    client: FlaskClient, queue: Any, submission: str
) -> None:
    response = post(client, submission)
    assert response.status_code == 202
    diagnosis = Diagnosis.model_validate_json(response.data)
    assert response.headers["Location"] == f"/v1/diagnoses/{diagnosis.id}"
    assert response.headers["Retry-After"] == "1"
    assert diagnosis.status == "queued"
    assert diagnosis.project == "vision/detector"
    assert [layer.name for layer in diagnosis.layers][:2] == ["h.0.linear", "h.0.sigmoid"]
    assert queue.sent == [run.id for run in diagnosis.runs]
    assert client.get(response.headers["Location"]).json == response.json


def test_json_says_the_same_as_yaml(client: FlaskClient, submission: str) -> None:
    tree = yaml.safe_load(submission)
    response = client.post("/v1/diagnoses", json=tree)
    assert response.status_code == 202
    assert response.json["layers"] == post(client, submission).json["layers"]


def test_a_broker_that_is_down_loses_nothing(client: FlaskClient, queue: Any, submission: str) -> None:
    queue.down = True
    response = post(client, submission)
    assert response.status_code == 202
    assert client.get(response.headers["Location"]).json["status"] == "queued"


def test_a_bad_submission_is_answered_with_every_problem_at_its_line(
    client: FlaskClient, submission: str
) -> None:
    bad = submission.replace("Sigmoid]", "Sigmod]").replace("type: Adam", "type: Adm")
    response = post(client, bad)
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert response.json["code"] == "invalid-submission"
    found = {problem["pointer"]: problem for problem in response.json["problems"]}
    assert len(found) == 2
    assert found["/training/optimizer/type"]["line"] == 11
    assert any("Sigmoid" in (problem["hint"] or "") for problem in found.values())
    assert client.get("/v1/diagnoses").json["items"] == []


@pytest.mark.parametrize(
    "body", ["", "{", "[1, 2]", "a: [", "a: 1\na: 2", "\x00", "network: !!python/object:os.system {}"]
)
def test_a_body_that_cannot_be_read_is_a_400_or_422(client: FlaskClient, body: str) -> None:
    response = post(client, body)
    assert response.status_code in {400, 422}
    assert response.json["whose"] == "client"


def test_a_body_of_another_type_is_refused_with_the_types_that_are_taken(
    client: FlaskClient, submission: str
) -> None:
    for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "text/html"}):
        response = client.post("/v1/diagnoses", data=submission.encode(), headers=headers)
        assert response.status_code == 415
        assert "application/yaml" in response.json["detail"]


def test_a_body_over_the_limit_is_refused(client: FlaskClient, submission: str) -> None:
    response = post(client, submission + "# " + "x" * 1_000_000)
    assert response.status_code == 413
    assert response.json["code"] == "too-large"
    assert "1000000" in response.json["detail"]


def test_a_chunked_body_over_the_limit_is_refused_while_it_is_read(
    client: FlaskClient, submission: str
) -> None:
    class Endless:
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            Endless.read_bytes += size if size > 0 else 1_000_000
            assert Endless.read_bytes < 5_000_000
            return b"x" * (size if size > 0 else 1_000_000)

    response = client.post(
        "/v1/diagnoses",
        headers=YAML | {"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": Endless(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert response.status_code == 413


def test_a_body_shorter_than_announced_is_refused(client: FlaskClient, submission: str) -> None:
    response = client.post(
        "/v1/diagnoses", data=submission, headers=YAML, environ_overrides={"CONTENT_LENGTH": "5000"}
    )
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"


class TestIdempotency:
    def test_the_same_request_again_answers_the_first_diagnosis(
        self, client: FlaskClient, queue: Any, submission: str
    ) -> None:
        first = post(client, submission, Idempotency_Key="ci-17")
        again = post(client, submission, Idempotency_Key="ci-17")
        assert again.status_code == 202
        assert again.json["id"] == first.json["id"]
        assert again.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert len(set(queue.sent)) == 2

    def test_the_same_key_with_another_body_is_an_error(self, client: FlaskClient, submission: str) -> None:
        post(client, submission, Idempotency_Key="ci-17")
        response = post(client, submission.replace("epochs: 2", "epochs: 3"), Idempotency_Key="ci-17")
        assert response.status_code == 422
        assert response.json["code"] == "idempotency-mismatch"

    @pytest.mark.parametrize("key", ["", "k" * 201])
    def test_a_key_of_no_use_is_refused(self, client: FlaskClient, submission: str, key: str) -> None:
        response = post(client, submission, Idempotency_Key=key)
        assert response.status_code == 400
        assert "Idempotency-Key" in response.json["detail"]

    def test_a_replay_of_a_finished_diagnosis_is_finished(
        self, client: FlaskClient, submission: str, worker: Any
    ) -> None:
        first = post(client, submission, Idempotency_Key="ci-17").json["id"]
        worker.finish_all(first)
        again = post(client, submission, Idempotency_Key="ci-17")
        assert (again.status_code, again.json["id"], again.json["status"]) == (201, first, "succeeded")


class TestPreferWait:
    def test_a_diagnosis_that_ends_in_time_is_answered_finished(
        self, client: FlaskClient, submission: str, worker: Any, database: Database
    ) -> None:
        def work() -> None:
            while not (items := diagnoses.page(database, NO_FILTER).items):
                time.sleep(0.05)
            worker.finish_all(items[0].id)

        thread = threading.Thread(target=work)
        thread.start()
        response = post(client, submission, Prefer="wait=30")
        thread.join()
        assert response.status_code == 201
        assert response.json["status"] == "succeeded"
        assert response.headers["Preference-Applied"] == "wait=30"
        assert response.headers["Location"].endswith(response.json["id"])
        assert "Retry-After" not in response.headers

    def test_one_that_does_not_is_answered_as_it_is(self, client: FlaskClient, submission: str) -> None:
        began = time.monotonic()
        response = post(client, submission, Prefer="wait=1")
        assert 0.9 < time.monotonic() - began < 5
        assert response.status_code == 202
        assert response.headers["Preference-Applied"] == "wait=1"

    def test_without_a_free_place_nobody_waits(
        self, client: FlaskClient, submission: str, posted: str
    ) -> None:
        streams = [client.get(f"/v1/diagnoses/{posted}/events") for _ in range(2)]
        response = post(client, submission, Prefer="wait=30")
        assert response.status_code == 202
        assert "Preference-Applied" not in response.headers
        for stream in streams:
            stream.close()


class TestList:
    @pytest.fixture(autouse=True)
    def _stored(self, client: FlaskClient, submission: str) -> None:
        for branch in ("a", "b", "c", "d", "e"):
            assert post(client, submission.replace("branch: main", f"branch: {branch}")).status_code == 202

    def test_pages_follow_one_another_by_cursor_and_by_link(self, client: FlaskClient) -> None:
        path, branches = "/v1/diagnoses?limit=2&project=vision/detector", []
        while path:
            response = client.get(path)
            branches.append([item["branch"] for item in response.json["items"]])
            link = response.headers.get("Link", "")
            assert bool(link) == bool(response.json["next_cursor"])
            path = link and re.fullmatch(r'<(.*)>; rel="next"', link)[1]
        assert branches == [["e", "d"], ["c", "b"], ["a"]]

    @pytest.mark.parametrize(
        ("query", "branches"),
        [
            ("branch=c", "c"),
            ("branch=c&commit=3f9a2c1&status=queued", "c"),
            ("project=another", ""),
            ("status=succeeded", ""),
            ("verdict=unstable", ""),
            ("rule=vanishing-gradient", ""),
            ("layer=head", ""),
            ("created_after=2000-01-01T00:00:00Z", "edcba"),
            ("created_before=2000-01-01T00:00:00%2B01:00", ""),
        ],
    )
    def test_filters_are_joined_by_and(self, client: FlaskClient, query: str, branches: str) -> None:
        items = client.get(f"/v1/diagnoses?{query}").json["items"]
        assert "".join(item["branch"] for item in items) == branches

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("limit=0", "limit: "),
            ("limit=many", "limit: "),
            ("limit=1&limit=2", "limit: "),
            ("status=done", "status: "),
            ("created_after=yesterday", "created_after: "),
            ("created_after=2026-01-01T00:00:00", "created_after: "),
            ("created_before=0001-01-01T00:00:00%2B23:59", "created_before: "),
            ("project=%00", "project: "),
            ("cursor=%00", "cursor: "),
            ("cursor=abc", "cursor"),
        ],
    )
    def test_a_parameter_that_cannot_be_read_is_a_400(
        self, client: FlaskClient, query: str, words: str
    ) -> None:
        response = client.get(f"/v1/diagnoses?{query}")
        assert response.status_code == 400
        assert response.json["code"] == "malformed-parameter"
        assert words in response.json["detail"]

    def test_a_misspelt_parameter_is_named_with_the_right_one(self, client: FlaskClient) -> None:
        problems = client.get("/v1/diagnoses?brnch=main&limit=0").json["problems"]
        assert {problem["hint"] for problem in problems} == {"did you mean `branch`?", None}


def test_a_finished_diagnosis_says_what_was_found(client: FlaskClient, posted: str, worker: Any) -> None:
    worker.finish_all(posted)
    answer = client.get(f"/v1/diagnoses/{posted}").json
    assert answer["status"] == "succeeded"
    assert answer["verdict"]
    assert answer["progress"] == 1
    assert [run["outcome"]["steps_run"] for run in answer["runs"]] == [58, 58]
    assert client.get(f"/v1/diagnoses?verdict={answer['verdict']}").json["items"][0]["id"] == posted


def test_numbers_that_are_not_finite_are_served_by_name(
    client: FlaskClient, posted: str, worker: Any, database: Database
) -> None:
    from service.store import runs

    assert runs.report(database, worker.claim(posted), 3, float("nan"))
    text = client.get(f"/v1/diagnoses/{posted}").text
    assert '"loss":"NaN"' in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_a_canceled_diagnosis_stays_canceled(client: FlaskClient, posted: str) -> None:
    for _ in range(2):
        response = client.post(f"/v1/diagnoses/{posted}/cancel")
        assert (response.status_code, response.json["status"]) == (200, "canceled")


def test_a_finished_diagnosis_cannot_be_canceled_any_more(
    client: FlaskClient, posted: str, worker: Any
) -> None:
    worker.finish_all(posted)
    assert client.post(f"/v1/diagnoses/{posted}/cancel").json["status"] == "succeeded"


def test_a_deleted_diagnosis_is_gone(client: FlaskClient, posted: str, worker: Any) -> None:
    worker.finish_all(posted)
    response = client.delete(f"/v1/diagnoses/{posted}")
    assert (response.status_code, response.data) == (204, b"")
    assert client.get(f"/v1/diagnoses/{posted}").status_code == 404
    assert client.delete(f"/v1/diagnoses/{posted}").status_code == 404
    assert client.get(f"/v1/diagnoses/{posted}/statistics").status_code == 404


@pytest.mark.parametrize("id", ["dg_00000000000000000000", "x", "%00", "a" * 5000, "..", "%F0%9F%92%A9"])
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/events")]
)
def test_an_unknown_id_is_not_found(client: FlaskClient, id: str, method: str, rest: str) -> None:  # noqa: A002
    response = client.open(f"/v1/diagnoses/{id}{rest}", method=method)
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"
