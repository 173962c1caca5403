"""Explanations in the reader's language."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.api import language
from service.schemas.onnx import ImportReport, NamedShape


@pytest.fixture
def judged(client: FlaskClient, submission: str, worker: Any) -> str:
    """A diagnosis that found a softmax too many."""
    body = submission.replace("name: head}", "name: head}\n    - Softmax")
    posted = str(client.post("/v1/diagnoses", data=body, content_type="application/yaml").json["id"])
    worker.finish_all(posted)
    return posted


@pytest.mark.parametrize(
    ("asked", "spoken", "words"),
    [
        ("ru", "ru", "ждёт логиты"),
        ("zh-CN,zh;q=0.9,en;q=0.5", "zh", "需要 logits"),
        ("en-GB", "en", "expects logits"),
        ("fr, de;q=0.5", "en", "expects logits"),
        ("", "en", "expects logits"),
    ],
)
def test_findings_come_in_the_language_that_is_asked_for(
    client: FlaskClient, judged: str, asked: str, spoken: str, words: str
) -> None:
    response = client.get(f"/v1/diagnoses/{judged}", headers={"Accept-Language": asked})
    assert words in response.json["findings"][0]["cause"]
    assert response.headers["Content-Language"] == spoken
    assert "Accept-Language" in response.headers["Vary"]


def test_names_and_codes_are_the_same_in_every_language(client: FlaskClient, judged: str) -> None:
    english, russian = (
        client.get(f"/v1/diagnoses/{judged}", headers={"Accept-Language": language}).json
        for language in ("en", "ru")
    )
    assert english["summary"] != russian["summary"]
    assert dumb(english["findings"]) == dumb(russian["findings"])


def dumb(told: Any) -> Any:
    """The same without a word of any language."""
    if isinstance(told, dict):
        return {key: dumb(value) for key, value in told.items() if key not in {"message", "cause", "meaning"}}
    return [dumb(each) for each in told] if isinstance(told, list) else told


def test_what_a_number_means_is_told_too(client: FlaskClient, judged: str) -> None:
    russian = client.get(f"/v1/diagnoses/{judged}", headers={"Accept-Language": "ru"}).json
    meanings = [number["meaning"] for finding in russian["findings"] for number in finding["evidence"]]
    assert "пути от угадывания до того, что считается обучением" in meanings


def test_lists_and_judgements_are_told_too(client: FlaskClient, judged: str) -> None:
    russian = {"Accept-Language": "ru"}
    listed = client.get("/v1/diagnoses", headers=russian).json["items"][0]["summary"]
    again = client.post(f"/v1/diagnoses/{judged}/judge", json={}, headers=russian).json["summary"]
    assert listed == again
    assert "softmax" in again
    assert "перед" in again


def test_what_holds_no_sentence_has_no_language(client: FlaskClient) -> None:
    assert "Content-Language" not in client.get("/v1/capabilities").headers


def test_what_an_export_took_is_told_too() -> None:
    lost = ("There is no dropout in the file: if the network has it, it was exported for inference.",)
    value = NamedShape(name="reason", shape=(3,))
    report = ImportReport(input=value, output=value, opset=20, producer="p", unused=lost, lost=lost)
    russian = language.spoken(report, "ru")
    assert isinstance(russian, ImportReport)
    assert russian.lost[0].startswith("В файле")
    assert (russian.unused, russian.input) == (lost, value)
