"""Candidates made ready to run: checked as any submission is, costed, and each effect once."""

import json
from collections.abc import Iterable, Iterator, Sequence

from service.errors import InvalidSubmission
from service.schemas.data import DatasetInfo
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.patching import apply_variant, tree_of
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission

EFFECTIVE = ("network", "networks", "training", "data")
"""Parts of a submission that change what a training does."""
CONTROL = "control"


def control_of(submission: Submission, limits: Limits, dataset: DatasetInfo | None) -> Candidate:
    """The unchanged submission as a variant of its own: it says what the baseline costs."""
    unchanged = Candidate(
        name=CONTROL,
        remedy=CONTROL,
        rule="",
        sentence="Nothing is changed.",
        submission=submission,
        kind="control",
    )
    return _costed(unchanged, limits, dataset)


def variants_of(submission: Submission, limits: Limits) -> Iterator[Candidate]:
    """The client's own changes."""
    for variant in submission.trials.variants:
        try:
            changed, why = apply_variant(submission, variant, limits), None
        except InvalidSubmission as error:
            changed, why = submission, _why(error)
        yield Candidate(
            name=variant.name,
            remedy=variant.name,
            rule="",
            sentence="A change of your own.",
            submission=changed,
            kind="variant",
            refused=why,
        )


def admitted(
    wanted: Iterable[Candidate], known: Sequence[Candidate], limits: Limits, dataset: DatasetInfo | None
) -> tuple[Candidate, ...]:
    """Those with a name and an effect of their own, with what running them takes or why they cannot be run.

    A trial takes as many steps as the control, whatever `auto` would make of its changed cost; `known` begins with the
    control.
    """
    steps = known[0].run_steps
    names = {candidate.name for candidate in known}
    effects = {effect(candidate.submission) for candidate in known if not candidate.refused}
    found = []
    for candidate in wanted:
        mark = effect(candidate.submission)
        if candidate.name in names or (mark in effects and candidate.kind != "variant"):
            continue
        ready = _costed(candidate, limits, dataset) if candidate.refused is None else candidate
        if ready.kind != "range-test":
            ready = ready.model_copy(update={"run_steps": min(steps, ready.planned_steps)})
        found.append(ready)
        names.add(candidate.name)
        effects.add(mark)
    return tuple(found)


def effect(submission: Submission) -> str:
    """What a submission does, whatever it is called."""
    tree = tree_of(submission)
    return json.dumps({part: tree.get(part) for part in EFFECTIVE}, sort_keys=True)


def _costed(candidate: Candidate, limits: Limits, dataset: DatasetInfo | None) -> Candidate:
    try:
        accepted = accept(candidate.submission, limits, lambda _digest: dataset)
    except InvalidSubmission as error:
        return candidate.model_copy(update={"refused": _why(error)})
    runs = accepted.run_steps * accepted.submission.probing.seeds
    return candidate.model_copy(
        update={
            "layers": accepted.plan.layers,
            "planned_steps": accepted.planned_steps,
            "run_steps": accepted.run_steps,
            "step_cost": accepted.cost / runs,
        }
    )


def _why(error: InvalidSubmission) -> str:
    """The first problem in words; a patched network is judged as strictly as a posted one."""
    first = error.problems[0].message if error.problems else error.detail
    return f"it does not fit this submission: {first}"
