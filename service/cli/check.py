"""`gradclinic check`: one submission against a running service, with an exit code that CI understands."""

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from service.client import Client, NotChecked, Report, ServiceError
from service.client.checking import HERE, PATIENCE
from service.client.errors import explain
from service.client.origins import origin
from service.client.specs import JSON, YAML
from service.client.waiting import diagnosed
from service.errors import ClinicError
from service.schemas.diagnosis import Verdict

HEALTHY, UNSTABLE, USAGE, NOT_CHECKED = 0, 1, 2, 3
STOPPED: Final = 130
FAILING: Final[dict[str, frozenset[Verdict]]] = {
    "error": frozenset({"unstable"}),
    "warning": frozenset({"unstable", "warning", "inconclusive"}),
}
EPILOG: Final = (
    "exit codes: 0 healthy, 1 unstable (see --fail-on), 2 the submission is wrong, 3 it was not checked"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "spec", type=Path, help="the submission, YAML or JSON (`-` reads it from standard input)"
    )
    parser.add_argument("--model", type=Path, help="an ONNX file, the submission's network")
    parser.add_argument("--data", type=Path, help="an .npz with x and y, the submission's data")
    parser.add_argument(
        "--url",
        default=os.environ.get("GRADCLINIC_URL") or HERE,
        help="the service (default: GRADCLINIC_URL, else %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print the diagnosis as JSON")
    parser.add_argument(
        "--fail-on",
        choices=sorted(FAILING),
        default="error",
        help="what gives exit code 1: `error` an unstable network, `warning` also one with warnings or no clear answer",
    )
    parser.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="wait no longer; it was not checked then"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Submit, wait, tell; whatever keeps it from a verdict gives a code of its own and never 0."""
    try:
        report = check(arguments)
    except OSError as error:
        return said(f"{error.filename}: {error.strerror}", USAGE)
    except ServiceError as error:
        return said(str(error), USAGE)
    except ClinicError as error:
        return said(explain(error.http_status, unread(error)), USAGE)
    except NotChecked as error:
        return said(str(error), NOT_CHECKED)
    except KeyboardInterrupt:
        return said("stopped", STOPPED)
    print(report.diagnosis.model_dump_json(indent=2) if arguments.json else f"\n{report}")
    return UNSTABLE if report.verdict in FAILING[arguments.fail_on] else HEALTHY


def check(arguments: argparse.Namespace) -> Report:
    """The report of the submission that the arguments name."""
    written = sys.stdin.buffer.read() if str(arguments.spec) == "-" else arguments.spec.read_bytes()
    media_type = JSON if arguments.spec.suffix == ".json" else YAML
    with Client(arguments.url, patience=PATIENCE) as client:
        return diagnosed(
            client,
            written,
            media_type=media_type,
            network=arguments.model,
            data=arguments.data,
            origin=origin(os.environ),
            timeout=arguments.timeout,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        )


def unread(error: ClinicError) -> dict[str, Any]:
    """What is wrong with a file that could not even be sent, as the service would have said it."""
    return {
        "title": error.title,
        "problems": [asdict(problem) for problem in error.problems],
        "detail": error.detail,
    }


def said(message: str, code: int) -> int:
    """Tell on standard error what went wrong, and answer the exit code."""
    print(f"gradclinic: {message}", file=sys.stderr)
    return code
