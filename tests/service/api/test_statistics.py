"""Statistics as JSON pages and as CSV."""

import csv
import io
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.service.api.test_networks import CONTENT, DIGEST, put


@pytest.fixture
def measured(posted: str, worker: Any) -> str:
    """A diagnosis with both runs measured at 5 layers and 3 steps."""
    for number in range(2):
        worker.measure(worker.claim(posted, number), steps=(0, 1, 2))
    return posted


def test_rows_come_by_run_depth_and_step_with_all_that_was_measured(
    client: FlaskClient, measured: str
) -> None:
    page = client.get(f"/v1/diagnoses/{measured}/statistics").json
    assert len(page["items"]) == 2 * 5 * 3
    assert page["next_cursor"] is None
    order = [(row["seed"], row["depth"], row["step"]) for row in page["items"]]
    assert order == sorted(order)
    first = page["items"][0]
    assert (first["layer"], first["network"], first["variant"]) == ("h.0.linear", "main", "baseline")
    assert first["output_gradient_rms"] == 1
    assert first["weight_rms"] is None


def test_only_the_metrics_that_are_asked_for_are_shown(client: FlaskClient, measured: str) -> None:
    query = "metric=weight_rms&metric=output_gradient_rms&metric=weight_rms&seed=1&layer=head&first_step=1&last_step=1"
    items = client.get(f"/v1/diagnoses/{measured}/statistics?{query}").json["items"]
    assert items == [
        {
            "variant": "baseline",
            "seed": 1,
            "round": 0,
            "network": "main",
            "layer": "head",
            "depth": 4,
            "step": 1,
            "weight_rms": None,
            "output_gradient_rms": pytest.approx(1e-4),
        }
    ]


def test_rounds_can_be_told_apart(client: FlaskClient, measured: str) -> None:
    path = f"/v1/diagnoses/{measured}/statistics/network"
    assert len(client.get(f"{path}?round=0").json["items"]) == 6
    assert client.get(f"{path}?round=1").json["items"] == []


def test_a_variant_that_was_never_run_is_refused_with_those_that_were(
    client: FlaskClient, measured: str
) -> None:
    for end in ("statistics", "statistics/network", "statistics/time"):
        near = client.get(f"/v1/diagnoses/{measured}/{end}?variant=baselin")
        assert (near.status_code, near.json["code"]) == (400, "malformed-parameter")
        assert "Did you mean baseline?" in near.json["detail"]
        other = client.get(f"/v1/diagnoses/{measured}/{end}?variant=zzz")
        assert "There are baseline." in other.json["detail"]


def test_the_baseline_of_a_file_that_is_not_read_yet_has_no_rows(client: FlaskClient) -> None:
    put(client, CONTENT)
    spec = {"network": {"onnx": DIGEST}, "training": {"loss": "MSELoss", "optimizer": "SGD", "steps": 5}}
    pending = client.post("/v1/diagnoses", json=spec).json["id"]
    assert client.get(f"/v1/diagnoses/{pending}/statistics").json["items"] == []


def test_nan_and_infinity_are_written_by_name(client: FlaskClient, measured: str) -> None:
    response = client.get(f"/v1/diagnoses/{measured}/statistics?metric=weight_rms&seed=0&last_step=0")
    rows = json.loads(response.text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))["items"]
    assert [row["weight_rms"] for row in rows] == [None, "NaN", "Infinity", None, None]


def test_pages_are_followed_by_cursor_and_by_link(client: FlaskClient, measured: str) -> None:
    path, rows = f"/v1/diagnoses/{measured}/statistics?limit=7&metric=weight_rms", []
    while path:
        response = client.get(path)
        rows += response.json["items"]
        link = response.headers.get("Link", "")
        path = link and re.fullmatch(r'<(.*)>; rel="next"', link)[1]
    assert len(rows) == 30
    assert len({(row["seed"], row["depth"], row["step"]) for row in rows}) == 30


def test_the_whole_network_is_a_resource_of_its_own(client: FlaskClient, measured: str) -> None:
    items = client.get(f"/v1/diagnoses/{measured}/statistics/network?metric=loss&seed=1").json["items"]
    assert [(row["step"], row["loss"]) for row in items] == [(0, 2.5), (1, 1.5), (2, 0.5)]
    assert "accuracy" not in items[0]


def test_the_gradient_over_time_is_a_resource_of_its_own(client: FlaskClient, measured: str) -> None:
    items = client.get(f"/v1/diagnoses/{measured}/statistics/time?seed=0").json["items"]
    assert [(row["layer"], row["times"], row["gradient_rms"]) for row in items] == [
        ("h.0.linear", [0, 5], ["NaN", 0.25])
    ]


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("query", "accept"), [("&format=csv", "*/*"), ("", "text/csv"), ("", "text/csv, application/json;q=0.5")]
)
def test_csv_holds_all_rows_however_long_a_page_is(
    client: FlaskClient, measured: str, query: str, accept: str
) -> None:
    path = f"/v1/diagnoses/{measured}/statistics?metric=weight_rms&limit=4{query}"
    response = client.get(path, headers={"Accept": accept})
    assert response.content_type == "text/csv; charset=utf-8"
    rows = read_csv(response.text)
    assert len(rows) == 30
    assert list(rows[0]) == ["variant", "seed", "round", "network", "layer", "depth", "step", "weight_rms"]
    assert [row["weight_rms"] for row in rows[::3][:4]] == ["", "NaN", "Infinity", ""]


def test_csv_has_one_row_for_each_time_of_a_profile(client: FlaskClient, measured: str) -> None:
    rows = read_csv(client.get(f"/v1/diagnoses/{measured}/statistics/time?format=csv&seed=1").text)
    assert [(row["time"], row["gradient_rms"]) for row in rows] == [("0", "NaN"), ("5", "0.25")]


def test_csv_of_the_network_and_of_nothing(client: FlaskClient, measured: str) -> None:
    path = f"/v1/diagnoses/{measured}/statistics/network?format=csv&metric=loss"
    assert len(read_csv(client.get(path).text)) == 6
    empty = client.get(f"{path}&seed=99")
    assert (empty.status_code, empty.text) == (200, "")


def test_json_is_served_unless_csv_is_asked_for(client: FlaskClient, measured: str) -> None:
    for accept in ("*/*", "application/json", "text/html", ""):
        response = client.get(f"/v1/diagnoses/{measured}/statistics", headers={"Accept": accept})
        assert response.content_type == "application/json"
    overruled = client.get(f"/v1/diagnoses/{measured}/statistics?format=json", headers={"Accept": "text/csv"})
    assert overruled.content_type == "application/json"


@pytest.mark.parametrize(
    "query",
    [
        "metric=gradient", "metric=%00", "seed=-1", "seed=99999999999999999999", "first_step=1.5", "limit=5001",
        "format=xml", "cursor=e30", "nonsense=1",
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_a_400(client: FlaskClient, measured: str, query: str) -> None:
    response = client.get(f"/v1/diagnoses/{measured}/statistics?{query}")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("rest", ["", "/network", "/time"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_statistics_of_an_unknown_diagnosis_are_not_found(client: FlaskClient, rest: str, form: str) -> None:
    assert client.get(f"/v1/diagnoses/dg_unknown/statistics{rest}?format={form}").status_code == 404
