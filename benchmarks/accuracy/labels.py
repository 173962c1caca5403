"""What a configuration is, by its outcome alone: no detector, ours or another's, has a say in it."""

import math
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.accuracy.configuration import Configuration, Measure
from benchmarks.accuracy.traces import Trace

Label = Literal["sick", "healthy", "borderline", "unlabelled"]

SICK_BELOW = 0.5
"""Sick: its skill is less than half of what the fix reaches, or most seeds end in a number that is not finite."""
HEALTHY_FROM = 0.8
"""Healthy: it reaches four fifths of what the fix does, and every seed stays finite. Between them: borderline."""
FIX_LEAST = 0.3
"""A fix that reaches less skill than this is none: the configuration stays unlabelled."""

MAJORITY = {
    "digits": 0.102, "wine": 0.399, "iris": 1 / 3, "breast_cancer": 0.627, "moons": 0.5, "circles": 0.5, "blobs": 0.2,
    "spirals": 0.5, "synthetic": 0.27,
}  # fmt: skip
"""Accuracy of the most frequent class, the zero of skill where accuracies are compared."""


@dataclass(frozen=True)
class Labelled:
    """A configuration with its outcome."""

    configuration: Configuration
    trace: Trace
    label: Label
    skill: float
    """Median over seeds: 0 is the best constant prediction, 1 perfect; -inf where it went non-finite."""
    fix_skill: float

    @property
    def confirmed(self) -> str | None:
        """The mechanism, where it made the network sick and the fix healed it."""
        return self.configuration.mechanism if self.label == "sick" else None


def labelled(configuration: Configuration, trace: Trace, fix: Trace) -> Labelled:
    """Compare a configuration with its fix at the same budget of steps."""
    skills, fixed = skills_of(trace, configuration.compare), skills_of(fix, configuration.compare)
    skill, fix_skill = median(skills), median(fixed)
    return Labelled(configuration, trace, _label(skills, skill, fix_skill), skill, fix_skill)


def skills_of(trace: Trace, compare: Measure) -> list[float]:
    """Skill of each seed, from the last tenth of its training."""
    outcomes = [run.outcome for run in trace.evidence.runs]
    if compare == "samples":
        found = [outcome.sample_skill for outcome in outcomes]
    elif compare == "accuracy":
        zero = MAJORITY[getattr(trace.evidence.submission.data, "name", "synthetic")]
        found = [
            None if outcome.accuracy is None else (outcome.accuracy - zero) / (1 - zero)
            for outcome in outcomes
        ]
    else:
        found = [outcome.skill for outcome in outcomes]
    broken = [outcome.stopped == "non-finite" for outcome in outcomes]
    return [
        -math.inf if bad or skill is None or math.isnan(skill) else skill
        for bad, skill in zip(broken, found, strict=True)
    ]


def _label(skills: list[float], skill: float, fix_skill: float) -> Label:
    if fix_skill < FIX_LEAST:
        return "unlabelled"
    if skill < SICK_BELOW * fix_skill:
        return "sick"
    if skill >= HEALTHY_FROM * fix_skill and min(skills) > -math.inf:
        return "healthy"
    return "borderline"
