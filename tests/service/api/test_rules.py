"""The rule book over HTTP."""

from flask.testing import FlaskClient

from service.diagnosis import registry
from service.diagnosis.accuracy import accuracy


def test_every_rule_is_served_with_what_it_means(client: FlaskClient) -> None:
    book = client.get("/v1/rules").json
    assert book["version"] == registry.VERSION
    assert [rule["code"] for rule in book["items"]] == [rule.code for rule in registry.rules()]
    assert all(
        rule["summary"] and rule["documentation"].startswith(rule["summary"]) for rule in book["items"]
    )
    names = {rule["name"] for rule in book["items"]}
    assert "vanishing-gradient" in names


def test_the_figures_are_those_of_the_page(client: FlaskClient) -> None:
    measured = accuracy()
    for rule in client.get("/v1/rules").json["items"]:
        known = measured.get(rule["code"])
        assert rule["accuracy"] == (None if known is None else known.model_dump(mode="json"))
        assert rule["structural"] == (rule["code"] in {"GC402", "GC405", "GC406", "GC503", "GC902"})


def test_what_can_be_set_of_a_rule_is_listed_with_its_bounds(client: FlaskClient) -> None:
    rules = {rule["code"]: rule for rule in client.get("/v1/rules").json["items"]}
    steep, *_ = rules["GC101"]["options"]
    assert {key: steep[key] for key in ("name", "default", "low", "high", "whole")} == {
        "name": "steep", "default": -2.5, "low": -20.0, "high": -0.5, "whole": False,
    }  # fmt: skip
    assert steep["meaning"].startswith("D under SGD")
    assert rules["GC302"]["options"] == []
