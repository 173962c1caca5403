"""Fuzzed from its own OpenAPI document: no 5xx, and every answer is one that the document describes."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/v1/capabilities"),
    ("GET", "/v1/datasets/{digest}"),
    ("PUT", "/v1/datasets/{digest}"),
    ("GET", "/v1/diagnoses"),
    ("POST", "/v1/diagnoses"),
    ("GET", "/v1/diagnoses/{diagnosis_id}"),
    ("DELETE", "/v1/diagnoses/{diagnosis_id}"),
    ("POST", "/v1/diagnoses/{diagnosis_id}/cancel"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/events"),
    ("POST", "/v1/diagnoses/{diagnosis_id}/judge"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/remedies"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/remedies/{name}"),
    ("POST", "/v1/diagnoses/{diagnosis_id}/remedies/{name}/apply"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/remedies/{name}/network.onnx"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/statistics"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/statistics/network"),
    ("GET", "/v1/diagnoses/{diagnosis_id}/statistics/time"),
    ("GET", "/v1/networks/{digest}"),
    ("PUT", "/v1/networks/{digest}"),
    ("GET", "/v1/remedies"),
    ("GET", "/v1/rules"),
    ("POST", "/v1/submissions/validate"),
]

WITHOUT_INPUT = {"/healthz", "/readyz", "/v1/capabilities", "/v1/remedies", "/v1/rules"}
CASES = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for method, path in OPERATIONS
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or path not in WITHOUT_INPUT
]


@pytest.fixture
def described(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.fixture
def finished(posted: str, worker: Any) -> str:
    worker.finish_all(posted)
    return posted


def test_every_operation_is_fuzzed(described: Any) -> None:
    found = [result.ok() for result in described.get_all_operations()]
    assert sorted((one.path, one.method.upper()) for one in found) == sorted((p, m) for m, p in OPERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_an_operation_answers_as_it_is_described(
    described: Any, finished: str, method: str, path: str, mode: GenerationMode
) -> None:
    operation = described[path][method]

    @settings(
        max_examples=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def check(case: Case, known: bool) -> None:
        if known and "diagnosis_id" in case.path_parameters:
            case.path_parameters["diagnosis_id"] = finished
        if case.headers and "wait" in case.headers.get("Prefer", ""):
            case.headers["Prefer"] = "wait=0"
        case.call_and_validate(checks=CHECKS)

    check()
