"""Candidates made ready to run: checked as any submission is, costed, and each effect once."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from service.errors import InvalidSubmission
from service.schemas.budget import run_steps, step_cost
from service.schemas.data import DatasetInfo
from service.schemas.intake import Accepted, accept, fitted
from service.schemas.limits import Limits
from service.schemas.onnx import OnnxSpec
from service.schemas.patching import apply_variant, tree_of
from service.schemas.plan import Layer
from service.schemas.planned import Plan, PlannedLayer
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission
from service.schemas.training import Training

EFFECTIVE = ("network", "networks", "training", "data")
"""Parts of a submission that change what a training does."""
CONTROL = "control"


@dataclass(frozen=True)
class Base:
    """What every candidate starts from."""

    submission: Submission
    layers: tuple[Layer, ...]
    planned_steps: int
    dataset: DatasetInfo | None
    limits: Limits

    def control(self) -> Candidate:
        """The unchanged submission as a variant of its own: it says what the baseline costs."""
        unchanged = Candidate(
            name=CONTROL,
            remedy=CONTROL,
            rule="",
            sentence="Nothing is changed.",
            submission=self.submission,
            kind="control",
        )
        return self.costed(unchanged)

    def variants(self) -> Iterator[Candidate]:
        """The client's own changes."""
        for variant in self.submission.trials.variants:
            try:
                changed, why = apply_variant(self.submission, variant, self.limits), None
            except InvalidSubmission as error:
                changed, why = self.submission, _why(error)
            yield Candidate(
                name=variant.name,
                remedy=variant.name,
                rule="",
                sentence="A change of your own.",
                submission=changed,
                kind="variant",
                refused=why,
            )

    def admitted(self, wanted: Iterable[Candidate], known: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """Those with a name and an effect of their own, with what running them takes or why they cannot be run.

        A trial takes as many steps as the control, whatever `auto` would make of its changed cost; `known` begins
        with the control.
        """
        names = {candidate.name for candidate in known}
        effects = {effect(candidate.submission) for candidate in known if not candidate.refused}
        found = []
        for candidate in wanted:
            mark = effect(candidate.submission)
            if candidate.name in names or (mark in effects and candidate.kind != "variant"):
                continue
            ready = self.costed(candidate) if candidate.refused is None else candidate
            if ready.kind != "range-test":
                steps = min(known[0].run_steps, ready.planned_steps)
                ready = ready.model_copy(update={"run_steps": steps})
            found.append(ready)
            names.add(candidate.name)
            effects.add(mark)
        return tuple(found)

    def costed(self, candidate: Candidate) -> Candidate:
        """With its layers, its steps and what a step costs; refused where no submission may be like that."""
        if isinstance(candidate.submission.network, OnnxSpec):
            return candidate.model_copy(
                update=self._of_file(candidate.submission.network, candidate.submission)
            )
        try:
            accepted = self._accepted(candidate.submission)
        except InvalidSubmission as error:
            return candidate.model_copy(update={"refused": _why(error)})
        return candidate.model_copy(
            update={
                "layers": accepted.plan.layers,
                "planned_steps": accepted.planned_steps,
                "run_steps": accepted.run_steps,
                "step_cost": step_cost(accepted.submission.training, accepted.plan),
            }
        )

    @cached_property
    def _accepted_base(self) -> Accepted:
        return accept(self.submission, self.limits, self._dataset)

    def _accepted(self, changed: Submission) -> Accepted:
        """Checked as a posted one is; a network that stays as it is is not expanded again."""
        if changed == self.submission:
            return self._accepted_base
        if changed.network == self.submission.network and changed.networks == self.submission.networks:
            return fitted(changed, self._accepted_base.plan, self.limits, self._dataset)
        return accept(changed, self.limits, self._dataset)

    def _dataset(self, digest: str) -> DatasetInfo | None:
        """A trial runs on the data of its diagnosis alone: no worker is handed any other."""
        return self.dataset if self.dataset is not None and self.dataset.digest == digest else None

    def _of_file(self, network: OnnxSpec, changed: Submission) -> dict[str, object]:
        """Of a network from a file, which only a worker looks into: costed as if its graph were not edited.

        What does not fit there fails the run, and the row says so.
        """
        known = self.submission.network
        if not isinstance(known, OnnxSpec) or known.onnx != network.onnx:
            return {"refused": "a trial takes the file of its diagnosis, no other one"}
        layers = tuple(PlannedLayer(layer) for layer in self.layers)
        plan = Plan(networks={"main": layers}, outputs={"main": len(layers) - 1}, inputs={})
        planned = self._planned(changed.training)
        return {
            "layers": self.layers if known.edits == network.edits else (),
            "planned_steps": planned,
            "run_steps": run_steps(changed, plan, planned),
            "step_cost": step_cost(changed.training, plan),
        }

    def _planned(self, after: Training) -> int:
        """Steps of a changed plan, by those of the unchanged one: how many examples there are is not known here."""
        before = self.submission.training
        if after.steps is not None:
            return after.steps
        longer = (after.epochs or 1) * before.batch_size / ((before.epochs or 1) * after.batch_size)
        return ceil(self.planned_steps * longer)


def effect(submission: Submission) -> str:
    """What a submission does, whatever it is called."""
    tree = tree_of(submission)
    return json.dumps({part: tree.get(part) for part in EFFECTIVE}, sort_keys=True)


def _why(error: InvalidSubmission) -> str:
    """The first problem in words; a patched network is judged as strictly as a posted one."""
    first = error.problems[0].message if error.problems else error.detail
    return f"it does not fit this submission: {first}"
