"""Remedies of a diagnosis: read, applied, downloaded."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient

from service.diagnosis.engine import judge
from service.schemas.patching import difference, tree_of
from service.schemas.race import Move
from service.schemas.remedy import Candidate, Remedy
from service.schemas.submission import Submission
from service.settings import Settings
from service.store import diagnoses
from service.store.database import Database
from service.store.mind import Mind

DIGEST = "sha256:" + "0f" * 32


def told(submission: Submission) -> tuple[Remedy, ...]:
    """Two rows: another optimiser, which helps, and a pair that does not."""
    before = tree_of(submission)
    after = {**before, "training": {**before["training"], "optimizer": {"type": "SGD", "lr": 0.5}}}
    shared: dict[str, Any] = {
        "rule": "vanishing-gradient",
        "sentence": "SGD instead.",
        "reason": "It learns.",
    }
    patch = difference(before, after)
    return (
        Remedy(name="use-sgd", remedy="use-sgd", result="helps", patch=patch, smallest=True, **shared),
        Remedy(
            name="warm-up+use-sgd", remedy="warm-up+use-sgd", result="does-not-help", network=DIGEST, **shared
        ),
    )


@pytest.fixture
def treated(posted: str, database: Database, worker: Any) -> str:
    """A diagnosis that was raced."""
    for number in range(len(diagnoses.get(database, posted).runs)):
        worker.finish(worker.claim(posted, number))
    submission = diagnoses.submission(database, posted)
    refused = Candidate(
        name="x", remedy="x", rule="x", sentence="x", submission=submission, refused="it does not fit"
    )
    mind = Mind(
        judge,
        begin=lambda _evidence, _judgement: Move(candidates=(refused,)),
        conclude=lambda race: told(race.submission),
    )
    assert diagnoses.settle(database, posted, mind) == "succeeded"
    return posted


def test_rows_are_listed_in_their_order(client: FlaskClient, treated: str) -> None:
    rows = client.get(f"/v1/diagnoses/{treated}/remedies").json["items"]
    assert [row["name"] for row in rows] == ["use-sgd", "warm-up+use-sgd"]
    assert rows[0]["patch"][0]["op"] in {"add", "replace"}
    assert client.get(f"/v1/diagnoses/{treated}").json["remedies"] == rows


def test_rows_can_be_asked_for_by_result(client: FlaskClient, treated: str) -> None:
    rows = client.get(f"/v1/diagnoses/{treated}/remedies?result=helps").json["items"]
    assert [row["name"] for row in rows] == ["use-sgd"]
    assert client.get(f"/v1/diagnoses/{treated}/remedies?result=maybe").status_code == 400


@pytest.mark.parametrize("name", ["warm-up+use-sgd", "warm-up%2Buse-sgd"])
def test_one_row_is_found_by_its_name_even_that_of_a_pair(
    client: FlaskClient, treated: str, name: str
) -> None:
    assert client.get(f"/v1/diagnoses/{treated}/remedies/{name}").json["name"] == "warm-up+use-sgd"


def test_a_remedy_that_was_not_tried_is_not_found(client: FlaskClient, treated: str) -> None:
    for path in ("", "/apply", "/network.onnx"):
        ask = client.post if path == "/apply" else client.get
        assert ask(f"/v1/diagnoses/{treated}/remedies/use-magic{path}").status_code == 404


def test_a_diagnosis_that_is_not_there_has_no_remedies(client: FlaskClient) -> None:
    assert client.get("/v1/diagnoses/nobody/remedies").status_code == 404


def test_a_diagnosis_that_is_under_way_has_none_yet(client: FlaskClient, posted: str) -> None:
    assert client.get(f"/v1/diagnoses/{posted}/remedies").json["items"] == []


def test_an_applied_remedy_is_a_submission_ready_to_post(client: FlaskClient, treated: str) -> None:
    applied = client.post(f"/v1/diagnoses/{treated}/remedies/use-sgd/apply")
    assert applied.content_type == "application/json"
    assert applied.json["training"]["optimizer"] == {"type": "SGD", "lr": 0.5}
    assert applied.json["project"] == "vision/detector"
    assert client.post("/v1/diagnoses", json=applied.json).status_code == 202


@pytest.mark.parametrize(
    ("query", "headers"),
    [("", {"Accept": "application/yaml"}), ("?format=yaml", {"Accept": "application/json"})],
)
def test_an_applied_remedy_can_be_had_as_yaml(
    client: FlaskClient, treated: str, query: str, headers: dict[str, str]
) -> None:
    applied = client.post(f"/v1/diagnoses/{treated}/remedies/use-sgd/apply{query}", headers=headers)
    assert applied.mimetype == "application/yaml"
    assert yaml.safe_load(applied.text)["training"]["optimizer"]["type"] == "SGD"
    again = client.post("/v1/diagnoses", data=applied.text, content_type="application/yaml")
    assert again.status_code == 202


def test_applying_stores_nothing(client: FlaskClient, treated: str) -> None:
    before = client.get("/v1/diagnoses").json
    client.post(f"/v1/diagnoses/{treated}/remedies/use-sgd/apply")
    assert client.get("/v1/diagnoses").json == before


def test_a_repaired_network_is_downloaded_where_there_is_one(
    client: FlaskClient, treated: str, settings: Settings
) -> None:
    url = f"/v1/diagnoses/{treated}/remedies"
    assert client.get(f"{url}/use-sgd/network.onnx").status_code == 404
    assert client.get(f"{url}/warm-up+use-sgd/network.onnx").status_code == 404
    folder = Path(settings.networks_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{DIGEST.removeprefix('sha256:')}.onnx").write_bytes(b"onnx")
    with client.get(f"{url}/warm-up+use-sgd/network.onnx") as answer:
        assert (answer.data, answer.mimetype) == (b"onnx", "application/octet-stream")


def test_the_catalogue_is_served(client: FlaskClient) -> None:
    items = client.get("/v1/remedies").json["items"]
    names = [item["name"] for item in items]
    assert "add-residual" in names
    assert names == sorted(set(names))
    assert all(item["summary"] and item["answers"] for item in items)
