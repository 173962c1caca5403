"""Sightings merged over seeds, and what becomes of them: findings and the symptoms they explain."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.diagnosis.registry import Rule, Sighting, Stage
from service.diagnosis.signals import Signals
from service.diagnosis.structure import Structure
from service.schemas.diagnosis import Finding, Severity, Span, Symptom
from service.schemas.plan import Layer

Rank = tuple[bool, int, bool]
ASIDE = "GC9"
"""How the codes begin of rules that speak of the file or the data, and not of the training."""


@dataclass(frozen=True)
class Sighted:
    """One rule's sightings in the runs of one network."""

    rule: Rule
    views: tuple[Signals, ...]
    shown: dict[int, Sighting]
    """By seed."""

    @property
    def majority(self) -> bool:
        """Whether more than half of the seeds show it clearly."""
        return sum(sighting.clear for sighting in self.shown.values()) * 2 > len(self.views)

    @property
    def latent(self) -> bool:
        """Whether most of the seeds that show it get by all the same."""
        return sum(self._gets_by(view) for view in self.views if view.run.seed in self.shown) * 2 > len(
            self.shown
        )

    def _gets_by(self, view: Signals) -> bool:
        own = self.shown[view.run.seed].latent
        return view.learned if own is None else own

    @property
    def severity(self) -> Severity:
        """The rule's own where the majority shows it clearly; latent is a note, a minority warns at most."""
        if self.latent:
            return "note"
        own = self.plainest.severity or self.rule.severity
        return own if self.majority or own == "note" else "warning"

    @property
    def rank(self) -> Rank:
        """What hurts before what is latent, errors before notes, what suffices before what contributes."""
        graded = {"error": 0, "warning": 1, "note": 2}[self.severity]
        return (self.latent, graded, self.plainest.contributory)

    @property
    def stage(self) -> Stage:
        """Where in the chain of causes it stands: what most seeds show only later is a consequence."""
        return "consequence" if self.emerged else self.rule.stage

    @property
    def emerged(self) -> bool:
        """Whether it could have been there from the start, and in most seeds came up later."""
        late = sum(not sighting.from_start for sighting in self.shown.values())
        return self.rule.stage != "consequence" and late * 2 > len(self.shown)

    def accounts_for(self, other: "Sighted") -> bool:
        """Whether this is a cause of `other`: it may be, and was itself seen in most of the seeds that show it.

        What says only that something is wrong has any cause that hurts, and what came up in the course of a training
        any error that was there before.
        """
        common = len(set(self.shown) & set(other.shown))
        narrowed = self.plainest.explains
        named = other.rule.name in (self.rule.explains if narrowed is None else narrowed)
        # What is said of the file or the data, and not of the training, accounts for nothing that goes wrong in it.
        hurts = other.rule.residual and self.severity != "note" and not self.rule.code.startswith(ASIDE)
        precedes = other.emerged and not self.emerged and self.severity == "error"
        return (named or hurts or precedes) and common * 2 > len(other.shown)

    @property
    def plainest(self) -> Sighting:
        """The sighting to tell: the first clear one by seed."""
        ranked = sorted(self.shown.items(), key=lambda pair: (not pair[1].clear, pair[0]))
        return ranked[0][1]


def merge(rule: Rule, views: Sequence[Signals]) -> Sighted | None:
    """Ask one rule about every seed; None where no seed shows it."""
    sightings = ((view.run.seed, rule.see(view)) for view in views)
    shown = {seed: sighting for seed, sighting in sightings if sighting is not None}
    return Sighted(rule, tuple(views), shown) if shown else None


def as_finding(sighted: Sighted, *, symptoms: tuple[Symptom, ...]) -> Finding:
    """The sighting as a cause."""
    told = sighted.plainest
    seeds, shown = len(sighted.views), len(sighted.shown)
    doubt = "" if shown == seeds else f" ({shown} of {seeds} seeds)"
    return Finding(
        rule=sighted.rule.name,
        code=sighted.rule.code,
        severity=sighted.severity,
        message=told.message + doubt,
        cause=told.cause,
        layers=span(told.layers, sighted.views[0].layers),
        starts_at=told.layers[0].name if told.layers else None,
        evidence=told.evidence,
        seeds_shown=shown,
        seeds=seeds,
        confidence=confidence(sighted),
        latent=sighted.latent,
        fingerprint=fingerprint(sighted.rule.code, sighted.views[0].network, told.layers),
        explains=symptoms,
    )


def foreseen(rule: Rule, structure: Structure, told: Sighting) -> Finding:
    """A sighting in the structure alone, which no seed has shown yet."""
    return Finding(
        rule=rule.name,
        code=rule.code,
        severity=told.severity or rule.severity,
        message=told.message,
        cause=told.cause,
        layers=span(told.layers, structure.layers),
        starts_at=told.layers[0].name if told.layers else None,
        evidence=told.evidence,
        seeds_shown=0,
        seeds=0,
        confidence=0.5 if told.contributory and rule.severity != "note" else 1.0,
        fingerprint=fingerprint(rule.code, structure.network, told.layers),
    )


def as_symptom(sighted: Sighted) -> Symptom:
    """The sighting as something that a cause explains."""
    told = sighted.plainest
    return Symptom(
        rule=sighted.rule.name,
        code=sighted.rule.code,
        message=told.message,
        layers=span(told.layers, sighted.views[0].layers),
        evidence=told.evidence,
        seeds_shown=len(sighted.shown),
        seeds=len(sighted.views),
    )


def confidence(sighted: Sighted) -> float:
    """Laplace's rule of succession, (k + 1) / (n + 2), over the seeds that show it clearly."""
    clear = sum(sighting.clear for sighting in sighted.shown.values())
    return round((clear + 1) / (len(sighted.views) + 2), 3)


def fingerprint(code: str, network: str, layers: Sequence[Layer]) -> str:
    """16 hex digits of rule, network and the first layer's path without numbers: it survives a new depth."""
    path = re.sub(r"\d+", "#", layers[0].name) if layers else ""
    return hashlib.sha256(f"{code}\n{network}\n{path}".encode()).hexdigest()[:16]


def span(layers: Sequence[Layer], network: Sequence[Layer]) -> Span | None:
    """Layers as one reading, "h.0.linear to h.17.linear, 18 of 21", among those of the same families."""
    if not layers:
        return None
    families = {layer.family for layer in layers}
    of = sum(layer.family in families for layer in network)
    first, last = layers[0].name, layers[-1].name
    reading = first if first == last else f"{first} to {last}"
    return Span(
        first=first,
        last=last,
        count=len(layers),
        of=of,
        names=tuple(layer.name for layer in layers),
        text=f"{reading}, {len(layers)} of {of}",
    )
