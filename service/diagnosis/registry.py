"""The rule book: every module under `rules/` is found by walking the package, duplicates are refused."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc, getmodule
from typing import Literal, TypeVar

from service.diagnosis.options import RuleOptions
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.diagnosis import Measurement, Severity
from service.schemas.plan import Layer
from service.schemas.policy import VERSIONS

VERSION = VERSIONS[-1]
"""Changes whenever a judgement of the same evidence may change."""

Stage = Literal[
    "data", "precision", "output", "initialization", "architecture", "learning-rate", "consequence"
]


@dataclass(frozen=True)
class Sighting:
    """What one rule saw in one run of one network."""

    message: str
    """One sentence, the same for every seed that shows it."""
    cause: str
    """Why, in one sentence."""
    evidence: tuple[Measurement, ...]
    layers: tuple[Layer, ...] = ()
    """Layers that are ill, in order of depth; the first is where it starts."""
    clear: bool = True
    """False where the deciding value is borderline: it can then warn, never fail a build."""
    from_start: bool = True
    """False where the first probe was clean: then it is a consequence of the training, not of how it began."""
    latent: bool | None = None
    """Whether the network gets by all the same; follows from its skill where it is left out."""
    severity: Severity | None = None
    """Where it is not the rule's own."""
    contributory: bool = False
    """It hinders and need not be the reason: any other cause that is seen is told before it."""
    explains: frozenset[str] | None = None
    """Where it accounts for less than the rule may."""


Detect = Callable[..., Sighting | None]
"""Takes the signals of one network in one run, and the rule's options where it has any."""
D = TypeVar("D", bound=Detect)
Inspect = Callable[[Structure], Sighting | None]


@dataclass(frozen=True)
class Rule:
    """One illness: how it is named, what it reads, and the function that sees it."""

    code: str
    name: str
    severity: Severity
    stage: Stage
    explains: frozenset[str]
    """Names of the rules whose sightings this illness, being earlier in the chain of causes, accounts for."""
    documentation: str
    detect: Detect
    inspect: Inspect | None = None
    """Judges the structure alone, before anything has run; `detect` still says what became of it."""
    residual: bool = False
    """Says only that something is wrong: any cause that hurts accounts for it."""
    options: RuleOptions | None = None
    """Thresholds to judge by; None where nothing can be set."""

    def see(self, signals: Signals) -> Sighting | None:
        """What the rule sees in one run, by its own options."""
        return self.detect(signals) if self.options is None else self.detect(signals, self.options)

    @property
    def summary(self) -> str:
        """First line of the documentation."""
        return self.documentation.partition("\n")[0]


_RULES: dict[str, Rule] = {}


def rule(
    code: str,
    name: str,
    *,
    severity: Severity,
    stage: Stage,
    explains: tuple[str, ...] = (),
    inspect: Inspect | None = None,
    residual: bool = False,
    options: RuleOptions | None = None,
) -> Callable[[D], D]:
    """Register a detecting function under a code and a name that are never reused.

    The module's docstring is the rule's page in the rule book, `options` are its thresholds at their defaults.
    """

    def register(detect: D) -> D:
        if code in _RULES or any(known.name == name for known in _RULES.values()):
            raise ValueError(f"rule {code} {name} is registered twice")
        module = getmodule(detect)
        documentation = cleandoc(module.__doc__ or "") if module else ""
        _RULES[code] = Rule(
            code,
            name,
            severity,
            stage,
            frozenset(explains),
            documentation,
            detect,
            inspect,
            residual,
            options,
        )
        return detect

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in order of their code."""
    package = importlib.import_module("service.diagnosis.rules")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return tuple(_RULES[code] for code in sorted(_RULES))
