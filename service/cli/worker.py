"""`gradclinic worker`: a worker alone."""

import argparse
import os

from service.cli.processes import python


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Become the worker: the service itself never imports what touches a tensor."""
    command = python("-m", "workers")
    os.execv(command[0], command)  # noqa: S606
