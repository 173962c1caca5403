"""The document is valid, complete, and says what the views declare."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from service.api.openapi import document
from service.schemas.diagnosis import Diagnosis


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").json


def test_the_document_is_valid_openapi(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_it_can_be_read_from_other_origins(client: FlaskClient) -> None:
    assert client.get("/openapi.json").headers["Access-Control-Allow-Origin"] == "*"


def test_every_resource_is_in_it(app: Flask, described: dict[str, Any]) -> None:
    mounted = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1") or rule.rule in {"/healthz", "/readyz", "/openapi.json"}
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == mounted


def test_operations_have_unique_names_and_a_summary(described: dict[str, Any]) -> None:
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(0 < len(operation["summary"]) < 60 for operation in operations)
    tags = [tag["name"] for tag in described["tags"]]
    assert tags[0] == "diagnoses"
    assert {operation["tags"][0] for operation in operations} == set(tags)


def test_every_operation_can_answer_with_a_problem(described: dict[str, Any]) -> None:
    for methods in described["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status == "default" or status >= "400":
                    assert list(response["content"]) == ["application/problem+json"]


def test_two_applications_have_the_same_document(app: Flask) -> None:
    with app.test_request_context():
        assert json.dumps(document(app)) == json.dumps(document(app))


def test_measured_numbers_may_be_strings_and_submitted_ones_may_not(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert {"enum": ["NaN", "Infinity", "-Infinity"]} in [
        inner
        for option in schemas["MeasuredLayer"]["properties"]["weight_rms"]["anyOf"]
        for inner in option.get("anyOf", [option])
    ]
    assert "NaN" not in json.dumps(schemas["Optimizer"])


def test_fields_of_a_schema_are_those_of_its_model(described: dict[str, Any]) -> None:
    assert set(described["components"]["schemas"]["Diagnosis"]["properties"]) == set(Diagnosis.model_fields)


def test_pages_are_named_after_what_they_hold(described: dict[str, Any]) -> None:
    assert {"PageOfDiagnosisSummary", "PageOfMeasuredLayer"} <= set(described["components"]["schemas"])


def test_a_parameter_is_never_null_and_has_no_schema_of_its_own(described: dict[str, Any]) -> None:
    parameters = described["paths"]["/v1/diagnoses"]["get"]["parameters"]
    assert {parameter["name"] for parameter in parameters} >= {
        "project",
        "verdict",
        "created_after",
        "cursor",
    }
    assert "null" not in json.dumps(parameters)
    assert "DiagnosesQuery" not in described["components"]["schemas"]
