"""The application in a process of its own: what it loads, and how it is served."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from service.app import from_environment, server_arguments
from service.settings import Settings
from tests.databases import sqlite_database


def run_python(code: str, folder: Path) -> str:
    environment = os.environ | {"GRADCLINIC_DATA_DIR": str(folder)}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_api_never_loads_what_belongs_to_the_workers(tmp_path: Path) -> None:
    code = """
import sys
from service.app import from_environment
client = from_environment().test_client()
for path in ("/docs", "/openapi.json", "/v1/rules", "/v1/capabilities", "/healthz"):
    assert client.get(path).status_code == 200, path
print(sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "onnx", "numpy", "sklearn", "workers"}))
"""
    assert run_python(code, tmp_path).strip() == "[]"


def test_importing_it_reads_no_settings_and_touches_nothing(tmp_path: Path) -> None:
    run_python("import os; os.environ['GRADCLINIC_PORT'] = 'nonsense'; import service.app", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADCLINIC_DATA_DIR", str(tmp_path))
    app = from_environment()
    monkeypatch.setenv("GRADCLINIC_LIMITS__STEPS", "3")
    assert app.test_client().get("/v1/capabilities").json["limits"]["steps"] == 10_000


def test_the_server_is_told_what_the_settings_say() -> None:
    arguments = server_arguments(Settings(host="0.0.0.0", port=80, http_workers=3, http_threads=100))
    assert arguments[:2] == ["--bind", "0.0.0.0:80"]
    for option, value in (("--workers", "3"), ("--threads", "100"), ("--graceful-timeout", "10")):
        assert arguments[arguments.index(option) + 1] == value


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.slow
def test_it_is_served_and_stops_with_streams_open(tmp_path: Path) -> None:
    port = free_port()
    environment = os.environ | {"GRADCLINIC_DATA_DIR": str(tmp_path), "GRADCLINIC_PORT": str(port)}
    with sqlite_database(tmp_path):
        pass
    server = subprocess.Popen(
        [sys.executable, "-m", "service.app"], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{port}"
        assert _answer(f"{url}/healthz") == b'{"status":"alive"}'
        diagnosis = _post(f"{url}/v1/diagnoses", SUBMISSION)
        with urllib.request.urlopen(f"{url}{diagnosis}/events", timeout=30) as stream:
            assert stream.readline() == b"retry: 2000\n"
            server.terminate()
            assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()


SUBMISSION = b"""
network: {input: {shape: [2]}, layers: [{type: Linear, out_features: 2}]}
training: {loss: {type: CrossEntropyLoss}, optimizer: {type: SGD, lr: 0.1}}
data: {source: builtin, name: xor}
"""


def _answer(url: str) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return bytes(response.read())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _post(url: str, body: bytes) -> str:
    request = urllib.request.Request(url, body, {"Content-Type": "application/yaml"})
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status == 202
        return str(response.headers["Location"])
