"""The refusal of a submission: every problem once, with its line, in the order of the lines."""

from collections.abc import Iterable
from dataclasses import replace

from service.errors import InvalidSubmission, Problem
from service.schemas.body.tree import Body
from service.schemas.problems import MOST_PROBLEMS


def refusal(problems: Iterable[Problem], body: Body | None = None) -> InvalidSubmission:
    """The error to raise; its detail is the first problem with its place."""
    unique = list(dict.fromkeys(problems))[:MOST_PROBLEMS]
    if body is not None and body.place is not None:
        unique = sorted(
            (replace(problem, line=body.line(problem.pointer)) for problem in unique),
            key=lambda p: p.line or 0,
        )
    first = unique[0]
    place = f"line {first.line}: " if first.line else f"{first.pointer}: " if first.pointer else ""
    others = len(unique) - 1
    more = f" (and {others} more problem{'s' * (others > 1)})" if others else ""
    return InvalidSubmission(f"{place}{first.message}{more}", problems=unique)
