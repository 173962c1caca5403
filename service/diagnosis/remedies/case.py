"""One finding of one diagnosis, and what a cure makes of it: changed submissions, offered with words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from pydantic import ValidationError

from service.diagnosis.remedies.bodies import Impossible
from service.diagnosis.remedies.table import Table
from service.errors import InvalidSubmission
from service.schemas.diagnosis import Finding, Judgement
from service.schemas.evidence import Evidence
from service.schemas.plan import Layer
from service.schemas.remedy import Kind
from service.schemas.submission import Submission

Step = Callable[[Table], Table]


@dataclass(frozen=True)
class Proposal:
    """One way in which a cure could be applied."""

    suffix: str
    """Tells the ways of one cure apart; empty where there is one."""
    sentence: str
    submission: Submission
    torch: str
    keras: str
    later: int = 0
    """How much later than the cure's own rank it is to be tried."""
    kind: Kind = "cure"


@dataclass(frozen=True)
class Case:
    """What a cure may look at."""

    evidence: Evidence
    judgement: Judgement
    finding: Finding
    full: bool = False

    @property
    def submission(self) -> Submission:
        """As it was posted, or as the first half of a pair left it."""
        return self.evidence.submission

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The networks that the finding is about: those with its layers, all where it names none."""
        names = dict.fromkeys(layer.network for layer in self.evidence.layers)
        tables = tuple(self._table(name) for name in names)
        about = set(self.finding.layers.names) if self.finding.layers else set()
        ill = tuple(table for table in tables if about <= {layer.name for layer in table.layers})
        return ill or tables

    @property
    def table(self) -> Table:
        """The first of them; of two adversaries the one that the loss is computed of, where both are ill."""
        return next((table for table in self.tables if table.structure.judged), self.tables[0])

    @property
    def ill(self) -> frozenset[str]:
        """Rules that the finding names, its symptoms among them."""
        return frozenset((self.finding.rule, *(symptom.rule for symptom in self.finding.explains)))

    @cached_property
    def culprits(self) -> tuple[Layer, ...]:
        """Layers that the finding speaks of."""
        about = set(self.finding.layers.names) if self.finding.layers else set()
        return tuple(layer for layer in self.table.layers if layer.name in about)

    @property
    def planned_steps(self) -> int:
        """Of the team's plan."""
        return self.evidence.planned_steps

    @cached_property
    def gradient_norm(self) -> float | None:
        """Median of the gradient's finite norms over all probes of all seeds."""
        norms = [
            row.gradient_norm
            for run in self.evidence.runs
            for row in run.network
            if row.gradient_norm is not None and 0 < row.gradient_norm < float("inf")
        ]
        return median(norms) if norms else None

    @cached_property
    def step_size(self) -> float | None:
        """‖Δw‖/‖w‖ of the layer that moved furthest: the largest over the first probes, the median over seeds."""
        largest = []
        for run in self.evidence.runs:
            early = sorted({row.step for row in run.layers})[:4]
            moved = [row.update_ratio for row in run.layers if row.step in early]
            finite = [x for x in moved if x is not None and 0 < x < float("inf")]
            largest += [max(finite)] if finite else []
        return median(largest) if largest else None

    def offer(
        self,
        suffix: str,
        sentence: str,
        *steps: Step,
        torch: str,
        keras: str,
        later: int = 0,
        kind: Kind = "cure",
    ) -> Iterator[Proposal]:
        """The proposal that these changes of every ill network make, or none where they cannot be made."""
        submission = self.after(*steps)
        if submission is not None and submission != self.submission:
            yield Proposal(suffix, sentence, submission, torch, keras, later, kind)

    def after(self, *steps: Step) -> Submission | None:
        """The submission after these changes of each ill network that takes them; None where none does."""
        table, done = self.tables[0], 0
        for name in (each.network for each in self.tables):
            try:
                here = replace(table, network=name)
                for step in steps:
                    here = step(here)
            except (Impossible, InvalidSubmission, ValidationError):
                continue
            table, done = here, done + 1
        return table.submission if done else None

    def on(self, submission: Submission) -> "Case":
        """The same case with a changed submission, its layers in their new places."""
        same = (
            submission.network == self.submission.network and submission.networks == self.submission.networks
        )
        known = self.evidence.layers if same or self.tables[0].from_file else None
        changed = {
            "submission": submission,
            "layers": replace(self.tables[0], submission=submission, known=known).everything,
        }
        return replace(self, evidence=self.evidence.model_copy(update=changed))

    def _table(self, name: str) -> Table:
        evidence = self.evidence
        return Table(self.submission, evidence.layers, name, evidence.dataset, evidence.imported)
