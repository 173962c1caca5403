"""A trial against the unchanged control, seed by seed: whether it is better by more than chance, and has learned.

`helps` is claimed of outcomes alone: the level (see `scale`) that the trial reaches and the control does not, in the
majority of seeds, by a margin that the seeds' spread supports. No detector of ours has a say in that; the trial's own
judgement can only take a claim back.

The confidence is that of one change by itself. A race looks at several, at the likeliest once or twice more, and picks
them by a seed that also counts, so of changes that do nothing more than one in twenty would pass. How often what is
said to help does not help on other seeds is measured (benchmarks/remedies), not derived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from service.diagnosis.progress import LEARNING
from service.diagnosis.trials.scale import Scale, Side, hint_of, scale_of
from service.diagnosis.trials.student import confidence_above
from service.schemas.data import DatasetInfo
from service.schemas.remedy import SeedResult
from service.schemas.run import Outcome

LEARNED = {"skill": LEARNING, "accuracy": 0.5, "samples": 0.5}
"""Level from which a network has got somewhere, far from the best constant prediction."""
MARGIN = 0.05
"""A level that is higher by less is no other level."""
NEARLY = 0.8
"""A control that reaches this share of the trial's level is not ill: the trial only lowers its loss."""
CONFIDENCE = 0.95
SECOND_LOOK = 0.975
"""Confidence that is asked for where seeds were added because the first ones left it open."""
RESOLUTION = 0.02
"""Standard deviation that differences of levels are believed to have at least."""


@dataclass(frozen=True)
class Comparison:
    """Control and trial over the same seeds."""

    scale: Scale | None
    control: Mapping[int, Outcome]
    trial: Mapping[int, Outcome]
    hint: Scale | None = None
    """Accuracy beside skill, where there is one: classes can be told apart before the loss says so."""
    added: int = 0
    """Seeds beyond those of the diagnosis."""

    @cached_property
    def levels(self) -> dict[int, tuple[float, float]]:
        """Control's and trial's level by seed; empty without a scale."""
        if self.scale is None:
            return {}
        return {
            seed: (self.scale.level(self.control[seed]), self.scale.level(self.trial[seed]))
            for seed in self.seeds
        }

    @property
    def seeds(self) -> list[int]:
        """Seeds that both sides were run with."""
        return sorted(self.control.keys() & self.trial.keys())

    @property
    def better(self) -> frozenset[int]:
        """Seeds in which the trial reaches a level that the control does not."""
        return frozenset(
            seed
            for seed, (control, trial) in self.levels.items()
            if trial > control + MARGIN and control < NEARLY * trial
        )

    @property
    def cured(self) -> frozenset[int]:
        """Of those, the seeds in which it has learned."""
        if self.scale is None:
            return frozenset()
        return frozenset(
            seed
            for seed in self.better
            if learned(self.control[seed], self.trial[seed], self.scale, self.hint)
        )

    @property
    def finite(self) -> int:
        """Seeds in which the trial stayed finite."""
        return sum(outcome.stopped != "non-finite" for outcome in self.trial.values())

    @property
    def middle(self) -> tuple[float, float]:
        """Median levels of control and trial."""
        if not self.levels:
            return 0.0, 0.0
        controls, trials = zip(*self.levels.values(), strict=True)
        return median(controls), median(trials)

    @cached_property
    def confidence(self) -> float | None:
        """One minus the p-value of the one-sided paired t-test that the level rises by more than the margin."""
        differences = [trial - control for control, trial in self.levels.values()]
        return confidence_above(differences, MARGIN, RESOLUTION)

    @property
    def supported(self) -> bool:
        """Whether the spread of the seeds supports the margin; one seed has none, so it supports nothing."""
        return self.confidence is not None and self.confidence >= self.wanted

    @property
    def wanted(self) -> float:
        """Confidence from which a claim is made."""
        return SECOND_LOOK if self.added else CONFIDENCE

    @property
    def mostly(self) -> bool:
        """Whether the majority of seeds is cured."""
        return 2 * len(self.cured) > len(self.seeds)

    @property
    def proven(self) -> bool:
        """Whether it helps as far as outcomes tell."""
        return self.mostly and self.supported

    @property
    def test(self) -> str:
        """What was tested, in words."""
        if self.scale is None:
            return "none: this objective has no level that could be compared"
        meanings = {
            "skill": "1 - loss / loss of the best constant prediction",
            "accuracy": f"guessing: {self.scale.chance:.2f}",
            "samples": "1 - energy distance of samples from the data / that of the data's mean from it",
        }
        what = f"{self.scale.words} ({meanings[self.scale.name]})"
        if len(self.seeds) < 2:
            return f"none: one seed has no spread; compared by {what}"
        added = f" (seeds added: {self.added})" if self.added else ""
        return (
            f"paired t-test over {len(self.seeds)} seeds, one-sided: {what} rises by more than {MARGIN}; "
            f"claimed from a confidence of {self.wanted}{added}"
        )

    def rows(self) -> tuple[SeedResult, ...]:
        """Every seed as it is told."""
        return tuple(
            _row(seed, self.control.get(seed), self.trial[seed], seed in self.better)
            for seed in sorted(self.trial)
        )


def compare(
    control: Side, trial: Side, seeds: Sequence[int], dataset: DatasetInfo | None = None, *, added: int = 0
) -> Comparison:
    """Outcomes of both sides, in the order of `seeds`, of which so many were added to those of the diagnosis."""
    return Comparison(
        scale_of(control, trial, dataset),
        dict(zip(seeds, control.outcomes, strict=True)),
        dict(zip(seeds, trial.outcomes, strict=True)),
        hint_of(control, trial, dataset),
        added,
    )


def learned(control: Outcome | None, trial: Outcome, scale: Scale, hint: Scale | None) -> bool:
    """Whether a training got somewhere: by its level, or by accuracy where the control's is not nearly as high."""
    if scale.level(trial) >= LEARNED[scale.name]:
        return True
    if hint is None:
        return False
    before, after = (0.0 if each is None else hint.level(each) for each in (control, trial))
    return after >= LEARNED[hint.name] and before < NEARLY * after


def _row(seed: int, control: Outcome | None, trial: Outcome, better: bool) -> SeedResult:
    return SeedResult(
        seed=seed,
        control_loss=control and control.last_loss,
        trial_loss=trial.last_loss,
        control_skill=control and control.skill,
        trial_skill=trial.skill,
        control_accuracy=control and control.accuracy,
        trial_accuracy=trial.accuracy,
        control_sample_skill=control and control.sample_skill,
        trial_sample_skill=trial.sample_skill,
        better=better,
    )
