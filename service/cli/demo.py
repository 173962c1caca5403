"""`gradclinic demo`: an embedded deployment, one sick network, its diagnosis as text, and everything stopped again."""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.cli.processes import end_with_parent, python
from service.client import Client, NotChecked, ServiceError
from service.client.profile import METRIC, last_probe
from service.client.progress import watched
from service.client.text import render
from service.schemas.diagnosis import Diagnosis

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "deep_sigmoid.yaml"
START_SECONDS = 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.add_argument(
        "submission", nargs="?", type=Path, default=EXAMPLE, help="a YAML file (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Diagnose one file from start to stop; 1 where the diagnosis could not be made."""
    path: Path = arguments.submission
    if not path.is_file():
        print(f"gradclinic: there is no file {path}", file=sys.stderr)
        return 2
    try:
        with (
            tempfile.TemporaryDirectory(prefix="gradclinic-demo-") as directory,
            deployment(Path(directory)) as url,
            Client(url) as client,
        ):
            print(f"posting {path.name} to {url}/v1/diagnoses", flush=True)
            return 0 if diagnose(client, path.read_bytes()).status == "succeeded" else 1
    except (ServiceError, NotChecked) as error:
        print(f"gradclinic: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("gradclinic: stopped", file=sys.stderr)
        return 130


def diagnose(client: Client, submission: bytes) -> Diagnosis:
    """Post a submission, show how it gets on, and print what came of it."""
    diagnosis = watched(client.watch(client.diagnose(submission).id, every=0.3), print_now)
    rows = client.statistics(diagnosis.id, metric=METRIC, first_step=last_probe(diagnosis))
    print("\n" + render(diagnosis, rows))
    return diagnosis


def print_now(line: str) -> None:
    """Print a line as soon as it is there."""
    print(line, flush=True)


@contextmanager
def deployment(data_dir: Path) -> Iterator[str]:
    """An embedded deployment on a free port of loopback, for as long as the block lasts; yields its address."""
    port = free_port()
    log_path = data_dir / "serve.log"
    environment = os.environ | {
        "GRADCLINIC_DATA_DIR": str(data_dir / "data"),
        "GRADCLINIC_HOST": "127.0.0.1",
        "GRADCLINIC_PORT": str(port),
    }
    for inherited in ("GRADCLINIC_DATABASE_URL", "GRADCLINIC_BROKER_URL"):
        environment.pop(inherited, None)
    with log_path.open("wb") as log:
        server = subprocess.Popen(
            python("-m", "service.cli", "serve"),
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent(),  # noqa: PLW1509 - this process has one thread
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(server, url, log_path)
        yield url
    finally:
        server.terminate()
        server.wait()


def wait_until_ready(server: "subprocess.Popen[bytes]", url: str, log_path: Path) -> None:
    """Return when the deployment answers; end the program with its log where it does not come up."""
    deadline = time.monotonic() + START_SECONDS
    with Client(url, timeout=2.0) as client:
        while not client.ready():
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(
                    f"gradclinic: the deployment does not start:\n{log_path.read_text(errors='replace')}"
                )
            time.sleep(0.1)


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
