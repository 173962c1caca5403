"""`gradclinic api`: the API alone."""

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this verb's arguments."""
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Become the API's server."""
    from service.app import main

    main()
    return 0
