"""Judging stored evidence again."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.api.judging import book
from service.diagnosis import registry
from service.diagnosis.rules import vanishing_gradient
from service.schemas.diagnosis import Judgement
from service.schemas.policy import JudgeOptions


@pytest.fixture
def judged(client: FlaskClient, submission: str, worker: Any) -> str:
    """A diagnosis that found something: a softmax too many."""
    body = submission.replace("name: head}", "name: head}\n    - Softmax")
    posted = str(client.post("/v1/diagnoses", data=body, content_type="application/yaml").json["id"])
    worker.finish_all(posted)
    return posted


def ask(client: FlaskClient, diagnosis: str, **options: Any) -> Any:
    return client.post(f"/v1/diagnoses/{diagnosis}/judge", json=options)


def test_the_same_rules_say_the_same_again_and_nothing_is_stored(client: FlaskClient, judged: str) -> None:
    before = client.get(f"/v1/diagnoses/{judged}").json
    response = ask(client, judged)
    assert response.status_code == 200
    judgement = Judgement.model_validate_json(response.data)
    assert (judgement.verdict, judgement.summary) == (before["verdict"], before["summary"])
    assert judgement.rules_version == registry.VERSION
    assert client.get(f"/v1/diagnoses/{judged}").json == before


def test_rules_that_are_set_aside_find_nothing(client: FlaskClient, judged: str) -> None:
    found = ask(client, judged).json["findings"]
    assert found
    without = [found[0]["code"], *(finding["rule"] for finding in found[1:])]
    left = ask(client, judged, without=without).json["findings"]
    assert {finding["rule"] for finding in left}.isdisjoint(finding["rule"] for finding in found)
    assert client.get(f"/v1/diagnoses/{judged}").json["findings"] == found


def test_a_rule_book_can_be_asked_for_by_its_version(client: FlaskClient, judged: str) -> None:
    assert ask(client, judged, policy=registry.VERSION).status_code == 200


@pytest.mark.parametrize(
    ("options", "pointer", "hint"),
    [
        ({"policy": "1999.1"}, "/policy", registry.VERSION),
        ({"policy": "2026.11"}, "/policy", "keep their verdicts"),
        ({"without": ["GC402", "vanishing-gradiend"]}, "/without/1", "vanishing-gradient"),
        ({"polizy": "1"}, "/polizy", "policy"),
        ({"options": {"vanishing-gradiend": {}}}, "/options/vanishing-gradiend", "vanishing-gradient"),
        ({"options": {"GC101": {"steeep": -3}}}, "/options/GC101/steeep", "steep"),
        (
            {"options": {"GC101": {"steep": 3}}},
            "/options/GC101/steep",
            "from -20 to -0.5; the default is -2.5",
        ),
        (
            {"options": {"gradient-spikes": {"leaps": 2.5}}},
            "/options/gradient-spikes/leaps",
            "from 1 to 1000; the default is 2",
        ),
    ],
)
def test_what_does_not_exist_is_refused_with_a_hint(
    client: FlaskClient, judged: str, options: dict[str, Any], pointer: str, hint: str
) -> None:
    response = ask(client, judged, **options)
    assert response.status_code == 422
    (problem,) = response.json["problems"]
    assert problem["pointer"] == pointer
    assert hint in problem["hint"]


@pytest.mark.parametrize(
    ("options", "pointer", "words"),
    [
        ({"GC302": {"steep": 1}}, "/options/GC302", "no options"),
        ({"GC101": {}, "vanishing-gradient": {}}, "/options/vanishing-gradient", "set already"),
        ({"GC101": {"steep": "x"}}, "/options/GC101/steep", "a number"),
        ({"GC101": {"steep": True}}, "/options/GC101/steep", "a number"),
        ({"GC101": 3}, "/options/GC101", "a mapping"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    client: FlaskClient, judged: str, options: dict[str, Any], pointer: str, words: str
) -> None:
    response = ask(client, judged, options=options)
    assert response.status_code == 422
    (problem,) = response.json["problems"]
    assert problem["pointer"] == pointer
    assert words in problem["message"]


@pytest.mark.parametrize("name", ["GC101", "vanishing-gradient"])
def test_options_are_those_of_their_rule_and_all_others_keep_their_own(name: str) -> None:
    changed = book(JudgeOptions(options={name: {"steep": -7.5}}))
    different = [
        (rule.code, rule.options)
        for rule, known in zip(changed, registry.rules(), strict=True)
        if rule.options != known.options
    ]
    assert different == [("GC101", vanishing_gradient.Options(steep=-7.5))]


def test_evidence_is_judged_by_the_options_that_are_asked_for(client: FlaskClient, judged: str) -> None:
    response = ask(client, judged, options={"GC101": {"steep": -7.5}, "GC504": {"learning": 0.0}})
    assert response.status_code == 200
    assert response.json["rules_version"] == registry.VERSION


def test_before_a_run_has_succeeded_there_is_nothing_to_judge(client: FlaskClient, posted: str) -> None:
    response = ask(client, posted)
    assert (response.status_code, response.json["code"]) == (409, "conflict")
    assert ask(client, "dg_unknown").status_code == 404


def test_a_submission_may_pin_its_rule_book_and_an_unknown_one_is_refused(
    client: FlaskClient, submission: str
) -> None:
    def post(policy: str) -> Any:
        body = submission + f"policy: '{policy}'\n"
        return client.post("/v1/diagnoses", data=body, content_type="application/yaml")

    assert post(registry.VERSION).status_code == 202
    refused = post("1999.1")
    assert refused.status_code == 422
    (problem,) = refused.json["problems"]
    assert (problem["pointer"], problem["line"]) == ("/policy", submission.count("\n") + 1)
    assert registry.VERSION in problem["hint"]
