"""Which rule book a diagnosis is judged by, and how a client asks to be judged again."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field

from service.errors import Problem
from service.schemas.base import Input
from service.schemas.problems import joined

VERSIONS = ("2026.12",)
"""Rule books that this release can judge by, the newest last; a version changes whenever a judgement may."""
RETIRED = ("2026.11",)
"""Rule books of earlier releases: what they said is kept with the diagnoses that name them, and is not said again."""

Policy = Annotated[str, Field(min_length=1, max_length=40)]
RuleName = Annotated[str, Field(min_length=1, max_length=60)]
OptionValue = Annotated[float, Field(strict=True)]
OptionValues = Annotated[dict[RuleName, OptionValue], Field(max_length=20)]
"""Values by the option's name."""


class JudgeOptions(Input):
    """How stored evidence is judged again."""

    policy: Policy | None = None
    """Version of the rule book; the newest where it is left out."""
    without: Annotated[tuple[RuleName, ...], Field(max_length=100)] = ()
    """Rules to leave out, by code or name, e.g. to see what is found once a known finding is set aside."""
    options: Annotated[dict[RuleName, OptionValues], Field(default_factory=dict, max_length=100)]
    """Thresholds of rules, by code or name; `GET /v1/rules` lists them with their defaults and bounds."""


def policy_problems(policy: str | None) -> Iterator[Problem]:
    """A rule book that this release does not have."""
    if policy in RETIRED:
        yield Problem(
            "/policy",
            f"the rule book {policy!r} is retired: this release judges by another",
            f"known: {', '.join(VERSIONS)}; diagnoses that were judged by {policy} keep their verdicts",
        )
    elif policy is not None and policy not in VERSIONS:
        yield Problem("/policy", f"there is no rule book {policy!r}", f"known: {', '.join(VERSIONS)}")


def rule_problems(
    pointer: str, named: Iterable[tuple[str | int, str]], known: tuple[str, ...]
) -> Iterator[Problem]:
    """Names of rules that do not exist, each with its place below `pointer`."""
    for place, name in named:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "GET /v1/rules lists them"
            yield Problem(joined(pointer, place), f"there is no rule {name!r}", hint)
