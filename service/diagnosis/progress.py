"""What became of one run: how far the loss got, by itself and against the best constant prediction."""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from service.diagnosis.mismatches import mismatch
from service.diagnosis.structure import Structure
from service.schemas.data import DatasetInfo
from service.schemas.evidence import RunEvidence
from service.schemas.onnx import ImportReport
from service.schemas.plan import Layer
from service.schemas.statistics import NetworkStatistics
from service.schemas.submission import Submission

LEARNING = 0.3
"""Skill from which a network gets somewhere: what no evidence speaks against is then no matter of doubt."""
LEARNED = 0.45
"""Skill from which it has learned: evidence beside it is latent."""
GAINED = 0.6
"""Gain in accuracy from which it counts as learning, whatever its loss makes of that."""
FRANK = frozenset({"CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss"})
"""Losses whose skill says of itself whether classes are told apart, as long as output and loss go together."""
ADAPTIVE = frozenset(
    {"Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Adagrad", "Adadelta", "Adafactor"}
)
"""Optimisers that divide each gradient by a running estimate of its size."""


@dataclass(frozen=True)
class Progress:
    """One network of one run, seen from the outside."""

    submission: Submission
    planned_steps: int
    network: str
    layers: tuple[Layer, ...]
    """Of this network alone, in order of depth."""
    run: RunEvidence
    dataset: DatasetInfo | None = None
    """What is known of an uploaded data set."""
    imported: ImportReport | None = None
    """What an uploaded network's file turned out to hold."""

    @cached_property
    def structure(self) -> Structure:
        """What was known before anything ran."""
        return Structure(self.submission, self.network, self.layers, self.dataset, self.imported)

    @property
    def adaptive(self) -> bool:
        """Whether the optimiser scales each gradient by its own size."""
        return self.submission.training.optimizer.type in ADAPTIVE

    @property
    def clamp(self) -> float | None:
        """What a critic's weights are clamped to after every step; None where nothing clamps this network's."""
        return self.submission.training.loss.weight_clip if self.network == "critic" else None

    @property
    def skill(self) -> float | None:
        """Of the run's last tenth; None for objectives without a trivial predictor."""
        return self.run.outcome.skill

    @property
    def learned(self) -> bool:
        """Whether the network got somewhere: then evidence of an illness is latent.

        A skill above 1 is that of a loss without a bottom and says nothing. An accuracy counts where the loss itself
        is squeezed or of another kind, unless that is worse than the best constant's; of a game the samples count.
        """
        if self.run.outcome.sample_skill is not None:
            return self.run.outcome.sample_skill >= LEARNED
        skilled = self.skill is not None and LEARNED <= self.skill <= 1
        lost = self.skill is not None and self.skill <= 0
        return skilled or (self._veiled and self.gain is not None and self.gain >= GAINED and not lost)

    @cached_property
    def _veiled(self) -> bool:
        """Whether classes may be told apart although the loss has far to go."""
        loss = self.submission.training.loss
        return loss.type not in FRANK or loss.label_smoothing > 0 or mismatch(self.structure) is not None

    @property
    def cut_short(self) -> bool:
        """Whether the run ended before its budget: that it has learned nothing yet is then no evidence in itself."""
        return self.run.outcome.stopped == "settled"

    @property
    def gain(self) -> float | None:
        """Accuracy as a share of the way from guessing to perfect; None where classes are not known."""
        answer, accuracy = self.structure.answer, self.run.outcome.accuracy
        classes = answer.classes if answer is not None and answer.kind == "class" else None
        return None if accuracy is None or not classes else (accuracy - 1 / classes) / (1 - 1 / classes)

    @cached_property
    def losses(self) -> tuple[NetworkStatistics, ...]:
        """Steps whose loss was kept."""
        return tuple(row for row in self.run.network if row.loss is not None)

    @cached_property
    def projected_skill(self) -> float | None:
        """Skill by the end of the plan, were the loss to go on falling as over the run's second half.

        None for runs that are too short to have a slope, went non-finite, or have no trivial predictor.
        """
        losses = [row.loss for row in self.losses if row.loss is not None]
        trivial, quarter = self.run.outcome.trivial_loss, len(losses) // 4
        if trivial is None or trivial <= 0 or quarter < 4 or not all(map(math.isfinite, losses)):
            return None
        before, now = fmean(losses[-2 * quarter : -quarter]), fmean(losses[-quarter:])
        falling = max(0.0, (before - now) / quarter)
        return 1 - (now - falling * max(0, self.planned_steps - len(losses))) / trivial

    @property
    def start(self) -> float:
        """max(first loss, trivial loss): what a network that has learned nothing may be expected to show."""
        outcome = self.run.outcome
        known = [v for v in (outcome.first_loss, outcome.trivial_loss) if v is not None and math.isfinite(v)]
        return max(known, default=math.nan)

    @cached_property
    def loss_peak(self) -> float:
        """Largest finite loss after the first step over `start`; 0 for objectives without a trivial predictor."""
        if self.run.outcome.trivial_loss is None:
            return 0.0
        finite = [
            row.loss
            for row in self.losses
            if row.step > 0 and row.loss is not None and math.isfinite(row.loss)
        ]
        return max(finite, default=0.0) / self.start if self.start > 0 else 0.0
