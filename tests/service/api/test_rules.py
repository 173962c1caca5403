"""The rule book over HTTP."""

from flask.testing import FlaskClient

from service.diagnosis import registry


def test_every_rule_is_served_with_what_it_means(client: FlaskClient) -> None:
    book = client.get("/v1/rules").json
    assert book["version"] == registry.VERSION
    assert [rule["code"] for rule in book["items"]] == [rule.code for rule in registry.rules()]
    assert all(
        rule["summary"] and rule["documentation"].startswith(rule["summary"]) for rule in book["items"]
    )
    names = {rule["name"] for rule in book["items"]}
    assert "vanishing-gradient" in names
