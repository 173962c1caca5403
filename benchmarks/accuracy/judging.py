"""The corpus before the rule book: labelled, judged, and what each judgement says, in words that can be counted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.families import Family, families_of
from benchmarks.accuracy.labels import Labelled, labelled
from benchmarks.accuracy.traces import CACHE, kept
from service.diagnosis.engine import judge
from service.schemas.diagnosis import Finding, Judgement

UNEXPLAINED = "not-learning"
"""The rule that says that the cause is not in the gradients."""


@dataclass(frozen=True)
class Judged:
    """A labelled configuration and what the engine says of it."""

    case: Labelled
    judgement: Judgement

    @cached_property
    def acute(self) -> tuple[Finding, ...]:
        """Findings that count: nothing latent, and of notes only what an inconclusive verdict is founded on."""
        open_question = self.judgement.verdict == "inconclusive"
        return tuple(
            finding
            for finding in self.judgement.findings
            if not finding.latent
            and (finding.severity != "note" or (open_question and finding.rule == UNEXPLAINED))
        )

    @property
    def flagged(self) -> bool:
        """Whether a person is told that something is wrong."""
        return self.judgement.verdict in {"unstable", "warning"}

    @property
    def cleared(self) -> bool:
        """Whether it is called healthy."""
        return self.judgement.verdict == "healthy"

    @property
    def failed(self) -> bool:
        """Whether a build would fail."""
        return self.judgement.verdict == "unstable"

    @property
    def leading(self) -> str | None:
        """Rule of the root cause."""
        return self.acute[0].rule if self.acute else None

    @property
    def causes(self) -> frozenset[str]:
        """Rules of all acute findings."""
        return frozenset(finding.rule for finding in self.acute)

    @property
    def seen(self) -> frozenset[str]:
        """Causes and the symptoms that they explain."""
        return self.causes | {symptom.rule for finding in self.acute for symptom in finding.explains}

    @property
    def families(self) -> frozenset[Family]:
        """Families that the findings and their symptoms speak of."""
        return families_of(self.seen)


def cases(configurations: Iterable[Configuration], cache: Path = CACHE) -> Iterator[Labelled]:
    """Those of the configurations whose traces are on disk, labelled."""
    for configuration in configurations:
        trace, fix = kept(configuration.submission, cache), kept(configuration.fix, cache)
        if trace is not None and fix is not None:
            yield labelled(configuration, trace, fix)


def judged(labelled_cases: Iterable[Labelled]) -> list[Judged]:
    """Every case before the engine."""
    return [Judged(case, judge(case.trace.evidence)) for case in labelled_cases]


def true_families(configuration: Configuration) -> frozenset[Family]:
    """Families of the root: of the mechanism, or of other names of the same root where it has none."""
    return families_of(frozenset({configuration.mechanism or ""})) or families_of(configuration.root_rules)
