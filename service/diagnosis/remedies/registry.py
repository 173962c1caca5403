"""The catalogue: every module under `cures/` is found by walking the package, duplicates are refused."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc, getmodule

from service.diagnosis.remedies.case import Case, Proposal

HEADINGS = ("What it changes", "When it helps", "When it does not", "Source")
Propose = Callable[[Case], Iterable[Proposal]]


@dataclass(frozen=True)
class Known:
    """One cure: how it is named, which findings it answers, and the function that proposes it."""

    name: str
    answers: Mapping[str, int]
    """Rank under each rule that it answers: 10 is what cured it most often, 90 what is advised and fails."""
    documentation: str
    propose: Propose
    regulariser: bool = False
    """Tried in the profile `full` only."""
    pairs: tuple[str, ...] = ()
    """Cures that it is tried together with, where single ones may fail."""

    @property
    def summary(self) -> str:
        """First line of the documentation."""
        return self.documentation.partition("\n")[0]

    @property
    def sections(self) -> dict[str, str]:
        """Text under each fixed heading of the documentation, on one line."""
        pattern = rf"^({'|'.join(HEADINGS)}):(.*?)(?=^(?:{'|'.join(HEADINGS)}):|\Z)"
        found = re.finditer(pattern, self.documentation, re.MULTILINE | re.DOTALL)
        return {match[1]: " ".join(match[2].split()) for match in found}


_KNOWN: dict[str, Known] = {}


def remedy(
    name: str, *, answers: Mapping[str, int], regulariser: bool = False, pairs: tuple[str, ...] = ()
) -> Callable[[Propose], Propose]:
    """Register a proposing function under an imperative name; the module's docstring is its page."""

    def register(propose: Propose) -> Propose:
        if name in _KNOWN:
            raise ValueError(f"remedy {name} is registered twice")
        module = getmodule(propose)
        documentation = cleandoc(module.__doc__ or "") if module else ""
        _KNOWN[name] = Known(name, dict(answers), documentation, propose, regulariser, pairs)
        return propose

    return register


@cache
def catalogue() -> tuple[Known, ...]:
    """All cures in order of their names."""
    package = importlib.import_module("service.diagnosis.remedies.cures")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return tuple(_KNOWN[name] for name in sorted(_KNOWN))
