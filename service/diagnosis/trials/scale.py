"""By what a control and a trial are compared: how far each came from guessing (0) to perfect (1)."""

import math
from dataclasses import dataclass
from typing import Literal

from service.diagnosis.structure import Structure, structures
from service.schemas.data import DatasetInfo
from service.schemas.plan import Layer
from service.schemas.run import Outcome
from service.schemas.submission import Submission

ENTROPIES = frozenset({"CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss"})
"""Losses whose trivial value is the entropy of the classes."""


@dataclass(frozen=True)
class Side:
    """Control or trial: what was submitted, what it came to, and how its runs ended."""

    submission: Submission
    layers: tuple[Layer, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class Scale:
    """`skill` is 1 - loss / loss of the best constant prediction; `accuracy` the same of what is not guessed.

    `samples` is that of a generator's samples: 1 - energy distance from the data / that of the data's mean from it.
    """

    name: Literal["skill", "accuracy", "samples"]
    chance: float = 0.0
    """The most that guessing reaches, where accuracies are compared."""

    @property
    def words(self) -> str:
        """What is compared, as a reader knows it."""
        return {"skill": "skill", "accuracy": "accuracy above guessing", "samples": "sample skill"}[self.name]

    def level(self, outcome: Outcome) -> float:
        """In [0, 1]; a network that is worse than guessing, or non-finite, is at 0: how far below says nothing."""
        raw = {"skill": outcome.skill, "accuracy": outcome.accuracy, "samples": outcome.sample_skill}[
            self.name
        ]
        if raw is None or not math.isfinite(raw) or outcome.stopped == "non-finite":
            return 0.0
        return min(1.0, max(0.0, (raw - self.chance) / (1 - self.chance)))


def scale_of(control: Side, trial: Side, dataset: DatasetInfo | None = None) -> Scale | None:
    """Skill, each against its own trivial loss; accuracy where the loss means something else now.

    A generator is compared by its samples; None where the objective has no level at all.
    """
    every = (*control.outcomes, *trial.outcomes)
    if any(outcome.sample_skill is not None for outcome in every):
        return Scale("samples")
    before, after = (_judged(side, dataset) for side in (control, trial))
    skilled = all(_skilled(outcome) for outcome in every)
    same = before is None or after is None or _reading(before) == _reading(after)
    if not (same and skilled):
        return _accuracy(control, trial, dataset) or (Scale("skill") if skilled else None)
    return Scale("skill")


def hint_of(control: Side, trial: Side, dataset: DatasetInfo | None = None) -> Scale | None:
    """Accuracy beside the skill, where it is known what guessing reaches: one class may be most of the examples."""
    return _accuracy(control, trial, dataset) if _entropy(control, trial) is not None else None


def _accuracy(control: Side, trial: Side, dataset: DatasetInfo | None = None) -> Scale | None:
    """Accuracy, where both sides have one."""
    if not all(_rated(side) for side in (control, trial)):
        return None
    judged = (_judged(side, dataset) for side in (control, trial))
    classes = next((one.answer.classes for one in judged if one and one.answer), None)
    return Scale("accuracy", chance(classes or 2, entropy=_entropy(control, trial)))


def chance(classes: int, *, entropy: float | None = None) -> float:
    """The most that always naming one class can reach: exact for two classes or equal shares.

    Fano's inequality: the entropy of the classes is at most h(p) + (1 - p) log(classes - 1), where p is the share of
    the most frequent one. Without the entropy, shares count as equal.
    """
    low, high = 1 / classes, 1.0
    if entropy is None or classes < 2 or entropy >= math.log(classes):
        return low
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _fano(middle, classes) >= entropy else (low, middle)
    return min(low, 1 - 1e-6)


def _fano(p: float, classes: int) -> float:
    coin = sum(-q * math.log(q) for q in (p, 1 - p) if q > 0)
    return coin + (1 - p) * math.log(max(1, classes - 1))


def _entropy(*sides: Side) -> float | None:
    """The larger of both, since an output of one unit leaves its loss nothing to be uncertain of."""
    known = (
        outcome.trivial_loss
        for side in sides
        if side.submission.training.loss.type in ENTROPIES
        and not side.submission.training.loss.label_smoothing
        for outcome in side.outcomes
    )
    return max((value for value in known if value is not None and math.isfinite(value)), default=None)


def _judged(side: Side, dataset: DatasetInfo | None) -> Structure | None:
    """The network whose output the loss sees."""
    found = structures(side.submission, side.layers, dataset)
    return next((structure for structure in found if structure.judged), None)


def _reading(structure: Structure) -> tuple[object, ...]:
    """What the loss makes of the output: where it differs, losses are not compared."""
    loss = structure.submission.training.loss
    scores = tuple(layer.type for layer in structure.tail)
    return loss.type, loss.from_logits, loss.label_smoothing, loss.delta, loss.beta, loss.margin, scores


def _skilled(outcome: Outcome) -> bool:
    """A skill above 1 is that of a loss without a bottom and says nothing."""
    if not _finite(outcome):
        return True
    return outcome.skill is not None and not outcome.skill > 1


def _finite(outcome: Outcome) -> bool:
    return outcome.stopped != "non-finite"


def _rated(side: Side) -> bool:
    """Whether accuracies were measured in every run that got to its end."""
    ended = [outcome for outcome in side.outcomes if _finite(outcome)]
    return all(outcome.accuracy is not None for outcome in ended)
