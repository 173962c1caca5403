"""The rule book as it is served."""

from service.schemas.base import Output
from service.schemas.diagnosis import Severity


class Rate(Output):
    """A share of counted cases with Wilson's 95 % interval."""

    value: float
    low: float
    high: float
    k: int
    n: int


class RuleAccuracy(Output):
    """How often a rule was right on networks labelled by outcome."""

    part: str
    """Part of the corpus: `held-out`, which no rule was tuned on, or `tune`."""
    rules_version: str
    """Rule book that was measured."""
    precision: Rate | None = None
    """Of the networks that it found ill, how many were; null where it found none."""
    recall: Rate | None = None
    """Of the networks with this illness, how many it found; null where there was none."""


class OptionDescription(Output):
    """One threshold of a rule that can be set when stored evidence is judged again."""

    name: str
    """E.g. `steep`."""
    default: float
    low: float
    """The least that it may be."""
    high: float
    """The most that it may be."""
    whole: bool = False
    """It is a whole number."""
    meaning: str


class RuleDescription(Output):
    """One illness that the service can name."""

    code: str
    """Stable, e.g. `GC101`; never used again for anything else."""
    name: str
    """E.g. `vanishing-gradient`."""
    severity: Severity
    stage: str
    """Where its cause lies, in the order in which causes go before one another."""
    explains: tuple[str, ...]
    """Names of the rules whose symptoms this illness accounts for."""
    structural: bool
    """It also judges the structure alone, before anything runs."""
    options: tuple[OptionDescription, ...] = ()
    """What can be set of it, as `options: {rule: {option: value}}` where evidence is judged again."""
    summary: str
    documentation: str
    accuracy: RuleAccuracy | None = None
    """Null where it was not measured."""


class RuleBook(Output):
    """All rules, in order of their code."""

    version: str
    """Changes whenever a judgement of the same evidence may change."""
    items: tuple[RuleDescription, ...]
