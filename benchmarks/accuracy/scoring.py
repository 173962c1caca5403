"""Precision, recall and their Wilson intervals, ours and other tools', counted the same way."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.accuracy.comparators.tool import Tool
from benchmarks.accuracy.families import Family, families_of
from benchmarks.accuracy.judging import Judged, true_families
from benchmarks.accuracy.labels import Labelled

Z = 1.959964
"""Of a 95 % interval."""
FAMILIES: tuple[Family, ...] = ("vanishing", "exploding")


@dataclass(frozen=True)
class Share:
    """k of n."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        """The share, where there is one."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval (1927), which is sound for shares near 0 and 1 and for few cases."""
        if not self.n:
            return None
        p, spread = self.k / self.n, Z * Z / self.n
        middle, half = p + spread / 2, Z * math.sqrt(p * (1 - p) / self.n + spread / self.n / 4)
        return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def share(hits: Iterable[bool]) -> Share:
    """How many are true."""
    kept = list(hits)
    return Share(sum(kept), len(kept))


@dataclass(frozen=True)
class Score:
    """Of what was said, how much was right; of what there was, how much was said."""

    precision: Share
    recall: Share


@dataclass(frozen=True)
class Totals:
    """What a tool is worth over a part of the corpus."""

    name: str
    families: dict[Family, Score]
    healthy_flagged: Share
    sick_found: Share


def rule_score(rule: str, results: Sequence[Judged]) -> Score:
    """One rule's: right where the network is sick and the rule is true of it; missed where it should have been seen.

    Sick networks of unknown cause are left out, as are borderline ones.
    """
    known = [result for result in results if result.case.label == "healthy" or result.case.confirmed]
    said = [result for result in known if rule in result.causes]
    ought = [result for result in known if result.case.confirmed == rule]
    return Score(
        share(bool(r.case.confirmed) and rule in r.case.configuration.true_rules for r in said),
        share(rule in r.seen for r in ought),
    )


def cause_accuracy(results: Sequence[Judged], *, exact: bool = False) -> Share:
    """Sick networks of known cause whose leading finding names it; a network that was missed counts as wrong."""
    known = [result for result in results if result.case.confirmed]
    return share(
        r.leading == r.case.confirmed if exact else r.leading in r.case.configuration.root_rules
        for r in known
    )


def own_totals(results: Sequence[Judged]) -> Totals:
    """Ours; a healthy network is flagged by a warning too."""
    said = {id(result.case): result for result in results}
    return _totals(
        "Gradient Clinic", [result.case for result in results],
        flagged=lambda case: said[id(case)].flagged, families=lambda case: said[id(case)].families,
    )  # fmt: skip


def tool_totals(tool: Tool, cases: Sequence[Labelled]) -> Totals:
    """Another tool's, on the same traces; any alarm in most seeds is a flag."""
    alarms = {id(case): tool.alarms(case.trace.evidence) for case in cases}
    return _totals(
        tool.name, cases,
        flagged=lambda case: bool(alarms[id(case)]),
        families=lambda case: frozenset(kind for kind in alarms[id(case)].values() if kind),
    )  # fmt: skip


def _totals(
    name: str,
    cases: Sequence[Labelled],
    *,
    flagged: Callable[[Labelled], bool],
    families: Callable[[Labelled], frozenset[Family]],
) -> Totals:
    return Totals(
        name,
        {family: _family_score(family, cases, families) for family in FAMILIES},
        share(flagged(case) for case in cases if case.label == "healthy"),
        share(flagged(case) for case in cases if case.label == "sick"),
    )


def _family_score(
    family: Family, cases: Sequence[Labelled], families: Callable[[Labelled], frozenset[Family]]
) -> Score:
    """Naming a family is right where the root or what follows from it belongs there.

    Recall asks of roots in the family that a family of the root be named (saturation belongs to both).
    """
    known = [case for case in cases if case.label == "healthy" or case.confirmed]
    said = [case for case in known if family in families(case)]
    roots = [case for case in known if case.confirmed and family in true_families(case.configuration)]
    return Score(
        share(bool(c.confirmed) and family in families_of(c.configuration.true_rules) for c in said),
        share(bool(families(c) & true_families(c.configuration)) for c in roots),
    )
