"""The rule book as it is served."""

from service.schemas.base import Output
from service.schemas.diagnosis import Severity


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
    summary: str
    documentation: str


class RuleBook(Output):
    """All rules, in order of their code."""

    version: str
    """Changes whenever a judgement of the same evidence may change."""
    items: tuple[RuleDescription, ...]
