import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.client import Client, NotChecked, ServiceError
from tests.service.client.clinic import FakeClinic
from tests.service.client.diagnoses import diagnosis, remedy

DIAGNOSIS: dict[str, Any] = {
    "id": "dg_1", "project": "p", "status": "queued", "progress": 0.0, "created_at": "2026-01-01T00:00:00Z",
}  # fmt: skip


def client(*answers: httpx.Response, seen: list[httpx.Request] | None = None) -> Client:
    """A client whose requests are answered in turn."""
    waiting = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return waiting.pop(0)

    return Client("http://clinic", transport=httpx.MockTransport(answer))


def test_a_submission_is_posted_as_yaml_with_its_idempotency_key() -> None:
    seen: list[httpx.Request] = []
    with client(httpx.Response(202, json=DIAGNOSIS), seen=seen) as clinic:
        assert clinic.diagnose("project: p", idempotency_key="k").status == "queued"
    assert seen[0].headers["content-type"] == "application/yaml"
    assert seen[0].headers["idempotency-key"] == "k"


def test_watching_ends_with_any_terminal_state() -> None:
    states = [httpx.Response(200, json=DIAGNOSIS | {"status": status}) for status in ("running", "canceled")]
    with client(*states) as clinic:
        assert [seen.status for seen in clinic.watch("dg_1", every=0)] == ["running", "canceled"]


def test_a_problem_is_told_with_place_and_hint() -> None:
    problem = {
        "title": "The submission is not valid",
        "detail": "1 problem",
        "problems": [
            {"pointer": "/network", "line": 3, "message": "no such layer", "hint": "did you mean Linear?"}
        ],
    }
    with client(httpx.Response(422, json=problem)) as clinic, pytest.raises(ServiceError) as raised:
        clinic.diagnose("x")
    assert str(raised.value).splitlines() == [
        "422 The submission is not valid: 1 problem",
        "  line 3, /network: no such layer",
        "    hint: did you mean Linear?",
    ]


def test_an_answer_that_is_no_json_is_told_too() -> None:
    with (
        client(httpx.Response(502, text="<html>bad gateway</html>")) as clinic,
        pytest.raises(ServiceError) as raised,
    ):
        clinic.get("dg_1")
    assert raised.value.status == 502
    assert "bad gateway" in str(raised.value)


def test_all_pages_of_statistics_are_read() -> None:
    pages = [{"items": [{"step": 0}], "next_cursor": "c"}, {"items": [{"step": 1}], "next_cursor": None}]
    seen: list[httpx.Request] = []
    with client(*(httpx.Response(200, json=page) for page in pages), seen=seen) as clinic:
        assert [row["step"] for row in clinic.statistics("dg_1", metric="weight_rms")] == [0, 1]
    assert seen[1].url.params["cursor"] == "c"
    assert seen[1].url.params["metric"] == "weight_rms"


def test_a_service_that_does_not_answer_is_not_ready() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with Client("http://clinic", transport=httpx.MockTransport(refuse)) as clinic:
        assert not clinic.ready()


def test_fields_of_a_newer_service_are_left_out() -> None:
    with client(httpx.Response(200, content=json.dumps(DIAGNOSIS | {"mood": "sunny"}))) as clinic:
        assert clinic.get("dg_1").id == "dg_1"


def test_files_are_uploaded_once_and_named_in_the_submission(tmp_path: Path) -> None:
    fake, path = FakeClinic(diagnosis(status="queued")), tmp_path / "data.npz"
    path.write_bytes(b"data")
    with Client("http://clinic", transport=fake.transport) as clinic:
        for _ in range(2):
            clinic.diagnose("training: {epochs: 2}", network=b"network", data=path)
    network, data = (f"sha256:{hashlib.sha256(content).hexdigest()}" for content in (b"network", b"data"))
    assert fake.asked("PUT") == [f"/v1/networks/{network}", f"/v1/datasets/{data}"]
    assert fake.submission == {
        "training": {"epochs": 2},
        "network": {"onnx": network},
        "data": {"source": "dataset", "digest": data},
    }


def test_faults_of_a_submission_that_was_sent_with_files_keep_the_lines_that_were_written() -> None:
    problem = {"title": "not valid", "problems": [{"pointer": "/training/loss", "message": "no such loss"}]}
    answers = [httpx.Response(200), httpx.Response(200, json={"digest": "sha256:" + 64 * "0", "bytes": 7})]
    with (
        client(*answers, httpx.Response(422, json=problem)) as clinic,
        pytest.raises(ServiceError, match="line 2, /training/loss: no such loss"),
    ):
        clinic.diagnose("training:\n  loss: Croos", network=b"network")


def test_a_submission_says_where_it_comes_from_unless_it_did_so_itself() -> None:
    seen: list[httpx.Request] = []
    with client(httpx.Response(202, json=DIAGNOSIS), seen=seen) as clinic:
        clinic.diagnose("project: p", origin={"project": "ci", "commit": "abc"})
    assert json.loads(seen[0].content) == {"project": "p", "commit": "abc"}


def test_a_refused_upload_is_told() -> None:
    answers = [httpx.Response(404), httpx.Response(413, json={"title": "Too large", "detail": "at most 5"})]
    with client(*answers) as clinic, pytest.raises(ServiceError, match="413 Too large: at most 5"):
        clinic.upload_network(b"network")


def test_a_remedy_is_applied_and_its_network_fetched() -> None:
    seen: list[httpx.Request] = []
    answers = [httpx.Response(200, json={"project": "p"}), httpx.Response(200, content=b"onnx")]
    with client(*answers, seen=seen) as clinic:
        assert clinic.apply("dg_1", "use-relu") == {"project": "p"}
        assert clinic.repaired_network("dg_1", "use-relu") == b"onnx"
    assert [request.url.path for request in seen] == [
        "/v1/diagnoses/dg_1/remedies/use-relu/apply",
        "/v1/diagnoses/dg_1/remedies/use-relu/network.onnx",
    ]


def test_the_remedies_are_those_of_the_diagnosis() -> None:
    answer = httpx.Response(200, text=diagnosis(remedies=(remedy(),)).model_dump_json())
    with client(answer) as clinic:
        assert clinic.remedies("dg_1") == (remedy(),)


def test_a_service_that_does_not_answer_has_checked_nothing() -> None:
    fake = FakeClinic(outages=[httpx.ConnectError("refused")])
    with (
        Client("http://clinic", transport=fake.transport) as clinic,
        pytest.raises(NotChecked, match=r"http://clinic.* does not answer: refused"),
    ):
        clinic.get("dg_1")
