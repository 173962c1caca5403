"""`gradclinic api`: the API alone."""

import argparse
import os

from service.cli.processes import python


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Become the API's server."""
    command = python("-m", "service.app")
    os.execv(command[0], command)  # noqa: S606
