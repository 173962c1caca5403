"""The catalogue of remedies as it is served."""

from service.schemas.base import Output


class RemedyDescription(Output):
    """One remedy: what it changes, and when that is known to help."""

    name: str
    summary: str
    answers: tuple[str, ...]
    """Rules whose findings it may cure."""
    regulariser: bool = False
    """Tried in the profile `full` only."""
    sections: dict[str, str]
    """What it changes, when it helps, when it does not, and where that is known from."""


class Catalogue(Output):
    """Every remedy that may be tried."""

    items: tuple[RemedyDescription, ...]
