"""The gradclinic command: one module per verb."""

import argparse
import importlib
import sys
from collections.abc import Sequence

VERBS = {
    "serve": "run the embedded deployment: API, worker, sweep, broker and database",
    "check": "diagnose a network on a running service, as a step of CI",
    "demo": "diagnose a deep sigmoid network on the digits data set",
    "api": "run the API alone",
    "worker": "run a worker alone",
    "sweep": "run the sweep alone: re-sends, takes back and settles what was lost",
    "migrate": "bring the database to this version's schema",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; its module is imported only when it is the one, for a client has not installed what others need."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="gradclinic",
        description="Diagnoses of gradient stability. Settings are read from GRADCLINIC_* variables.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, description in VERBS.items():
        verb = verbs.add_parser(name, help=description, description=description)
        if name in given[:1]:
            importlib.import_module(f"service.cli.{name}").configure(verb)
    chosen = parser.parse_args(given)
    code: int = chosen.run(chosen)
    return code


if __name__ == "__main__":
    sys.exit(main())
