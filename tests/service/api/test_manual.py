"""The manual is complete, loads nothing, and runs nothing."""

import base64
import hashlib
import re

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def page(client: FlaskClient) -> str:
    response = client.get("/docs")
    assert response.content_type == "text/html; charset=utf-8"
    return response.text


def test_it_loads_nothing_and_runs_nothing(page: str) -> None:
    assert not re.search(r"<(script|link|img|iframe|object|embed)\b|\bon\w+=|@import|url\(|javascript:", page)
    assert not re.search(r'\b(src|style)="', page)


def test_its_policy_allows_its_own_style_sheet_and_nothing_else(client: FlaskClient, page: str) -> None:
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = client.get("/docs").headers["Content-Security-Policy"]
    assert (
        policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_every_operation_and_schema_has_its_place(client: FlaskClient, page: str) -> None:
    described = client.get("/openapi.json").json
    for path, methods in described["paths"].items():
        assert path in page
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    for name in described["components"]["schemas"]:
        assert f'id="schema-{name}"' in page


def test_every_link_inside_the_page_leads_somewhere(page: str) -> None:
    places = re.findall(r'id="([^"]+)"', page)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(places)


def test_code_in_descriptions_is_marked_and_nothing_else_is_interpreted(page: str) -> None:
    assert "`" not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)
    assert "<code>Idempotency-Key</code>" in page


def test_it_is_readable_in_the_dark_and_on_a_phone(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page


def test_the_parts_of_a_form_are_told(page: str) -> None:
    form = page[page.index("<code>multipart/form-data</code>") :]
    assert re.search(r"<code>spec</code> <span[^>]*>required</span>: The submission", form)
    assert re.search(r"<code>model</code>: The network as ONNX", form)
