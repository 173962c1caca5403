"""The command in a process of its own, against a service of a few lines on a free port."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.service.client.diagnoses import diagnosis, finding

SPEC = "training:\n  loss: MSELoss\n  optimizer: SGD\n"


class Answers(BaseHTTPRequestHandler):
    """A verdict for every submission."""

    verdict: str | None = "healthy"
    posted: dict[str, Any]

    def do_GET(self) -> None:
        rows = {"items": [], "next_cursor": None}
        self._answer(200, json.dumps(rows) if "statistics" in self.path else self._ended())

    def do_HEAD(self) -> None:
        self._answer(404, "")

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        digest = self.path.rpartition("/")[2]
        known = {"digest": digest, "bytes": 3, "examples": 1, "x_shape": [1], "x_dtype": "int"}
        self._answer(201, json.dumps(known))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if b"refused" in body:
            problem = {
                "pointer": "/training/loss",
                "message": "no such loss",
                "hint": "did you mean MSELoss?",
            }
            self._answer(422, json.dumps({"title": "not valid", "problems": [problem]}))
        else:
            type(self).posted = json.loads(body)
            self._answer(202, self._ended())

    def log_message(self, *_arguments: object) -> None:
        """Silent."""

    def _ended(self) -> str:
        findings = (finding(),) if self.verdict == "unstable" else ()
        status = "failed" if self.verdict is None else "succeeded"
        return diagnosis(verdict=self.verdict, status=status, findings=findings).model_dump_json()

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    Answers.verdict = "healthy"


def check(*arguments: str | Path, text: str | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "service.cli", "check", *map(str, arguments)]
    environment = os.environ | {"GITHUB_REPOSITORY": "team/net", "GITHUB_SHA": "3f9a2c1"}
    return subprocess.run(command, capture_output=True, text=True, input=text, env=environment, timeout=60)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "network.yaml"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize(
    ("verdict", "fail_on", "code"),
    [
        ("healthy", "warning", 0),
        ("warning", "error", 0),
        ("warning", "warning", 1),
        ("unstable", "error", 1),
        ("inconclusive", "error", 0),
        ("inconclusive", "warning", 1),
        (None, "error", 3),
    ],
)
def test_the_exit_code_is_the_verdict(
    url: str, spec: Path, verdict: str | None, fail_on: str, code: int
) -> None:
    Answers.verdict = verdict
    ended = check(spec, "--url", url, "--fail-on", fail_on)
    assert ended.returncode == code, ended.stderr
    assert (verdict or "not checked").upper() in (ended.stdout + ended.stderr).upper()


def test_files_are_sent_along_and_ci_says_where_they_come_from(url: str, spec: Path, tmp_path: Path) -> None:
    for name in ("model.onnx", "data.npz"):
        (tmp_path / name).write_bytes(b"abc")
    ended = check(spec, "--url", url, "--model", tmp_path / "model.onnx", "--data", tmp_path / "data.npz")
    assert ended.returncode == 0, ended.stderr
    assert Answers.posted["network"]["onnx"] == Answers.posted["data"]["digest"]
    assert (Answers.posted["project"], Answers.posted["commit"]) == ("team/net", "3f9a2c1")


def test_the_diagnosis_can_be_had_as_json_on_standard_output_alone(url: str, spec: Path) -> None:
    ended = check(spec, "--url", url, "--json")
    assert json.loads(ended.stdout)["verdict"] == "healthy"
    assert "diagnosis dg_1" in ended.stderr


def test_a_specification_may_come_through_a_pipe(url: str) -> None:
    assert check("-", "--url", url, text=SPEC).returncode == 0


def test_a_refusal_names_the_line(url: str, spec: Path) -> None:
    spec.write_text("training:\n  loss: refused\n")
    ended = check(spec, "--url", url)
    assert ended.returncode == 2
    assert "line 2, /training/loss: no such loss" in ended.stderr
    assert "hint: did you mean MSELoss?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_cannot_be_read_is_a_matter_of_usage(url: str, spec: Path, tmp_path: Path) -> None:
    assert check(tmp_path / "none.yaml", "--url", url).returncode == 2
    assert check("--url", url).returncode == 2
    spec.write_text("training: {loss: [}")
    ended = check(spec, "--url", url)
    assert ended.returncode == 2
    assert "line 1" in ended.stderr


def test_a_service_that_is_out_is_never_green(spec: Path) -> None:
    ended = check(spec, "--url", "http://127.0.0.1:9", "--json")
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert "not checked: the service at http://127.0.0.1:9 does not answer" in ended.stderr


def test_it_needs_none_of_what_the_service_needs(spec: Path) -> None:
    code = (
        "import sys; from service.cli import main\n"
        "try: main(['check', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'flask', 'sqlalchemy', 'celery', 'pydantic_settings', 'torch', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.stderr == "[]\n"
    assert "exit codes: 0 healthy, 1 unstable" in ended.stdout
