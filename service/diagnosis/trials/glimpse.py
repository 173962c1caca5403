"""One seed of a candidate, by which it is decided whether the others are paid for."""

from dataclasses import dataclass
from functools import cached_property

from service.diagnosis.trials.comparing import learned
from service.diagnosis.trials.scale import Scale
from service.schemas.run import Outcome

HINT = 0.5
"""What accuracy counts for in a short run, beside skill: classes are told apart before the loss says so."""
ASTRAY = 0.5
"""Skill below zero from which a run is worse than one that merely has not begun to learn."""


@dataclass(frozen=True)
class Glimpse:
    """The longest run of a candidate with the first seed, beside the baseline's."""

    seed: int
    steps: int
    """That the run was to take."""
    outcome: Outcome
    before: Outcome | None
    """The baseline's."""
    scale: Scale | None
    hint: Scale | None
    """Accuracy beside skill, where there is one."""

    @cached_property
    def score(self) -> float:
        """How promising it is: the level that it reached, or a part of what its accuracy gained.

        The larger of both; 0 where it went non-finite, or where there is no level.
        """
        if self.scale is None:
            return 0.0
        before, after = (
            0.0 if self.hint is None or each is None else self.hint.level(each)
            for each in (self.before, self.outcome)
        )
        return max(self.scale.level(self.outcome), HINT * (after - before))

    @cached_property
    def learned(self) -> bool:
        """Whether it got somewhere."""
        return self.scale is not None and learned(self.before, self.outcome, self.scale, self.hint)

    @property
    def astray(self) -> bool:
        """Whether it is far worse than guessing: what has lost its way seldom finds back."""
        return self.outcome.skill is not None and not self.outcome.skill > -ASTRAY

    @property
    def broke(self) -> bool:
        """Whether it went non-finite."""
        return self.outcome.stopped == "non-finite"

    @property
    def broke_before(self) -> bool:
        """Whether the baseline did."""
        return self.before is not None and self.before.stopped == "non-finite"
