"""From a body to an accepted submission: read, checked, expanded and costed; or every problem at once.

A network that was uploaded as a file is checked in two halves: `read` says all that needs no look into the file, and
`fitted` the rest, in the worker that has read it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from service.errors import InvalidSubmission, Problem
from service.schemas.body.reading import MEDIA_TYPES, read_body
from service.schemas.body.tree import Body
from service.schemas.budget import planned_steps, run_steps, step_cost
from service.schemas.edits import edit_problems
from service.schemas.expansion import expand, limit_problems, network_pointers, submission_networks
from service.schemas.fit import (
    Datasets,
    NetworkFiles,
    batch_problems,
    data_of,
    fit_problems,
    network_problems,
    option_problems,
    size_problems,
    upload_problems,
)
from service.schemas.limits import Limits
from service.schemas.network import NetworkSpec
from service.schemas.onnx import OnnxSpec
from service.schemas.patching import variant_problems
from service.schemas.planned import Plan
from service.schemas.plausibility import probing_problems, training_problems
from service.schemas.policy import policy_problems
from service.schemas.problems import problems_of
from service.schemas.refusal import refusal
from service.schemas.submission import Submission
from service.schemas.training import Probing, Training
from service.schemas.trials import name_problems

__all__ = ["MEDIA_TYPES", "Accepted", "Pending", "accept", "fitted", "read"]


@dataclass(frozen=True)
class Accepted:
    """A submission that can be run, and what running it takes."""

    submission: Submission
    plan: Plan
    planned_steps: int
    """Of the team's plan."""
    run_steps: int
    """Of one run."""
    examples: int
    cost: float
    """Multiply-adds of all runs together, an estimate."""


@dataclass(frozen=True)
class Pending:
    """A submission whose network lies in a file: sound as far as can be said without reading it."""

    submission: Submission


def _nowhere(_digest: str) -> None:
    """Where networks were never uploaded."""


def read(
    body: bytes,
    media_type: str,
    limits: Limits,
    dataset: Datasets,
    network: NetworkFiles = _nowhere,
    *,
    remedies: Collection[str] = (),
) -> Accepted | Pending:
    """The accepted submission; raises MalformedBody, or InvalidSubmission with every problem, its line too.

    `remedies` are the names that may be tried; any, where none are handed in.
    """
    return understood(read_body(body, media_type, limits), limits, dataset, network, remedies=remedies)


def understood(
    found: Body,
    limits: Limits,
    dataset: Datasets,
    network: NetworkFiles = _nowhere,
    *,
    remedies: Collection[str] = (),
) -> Accepted | Pending:
    """The same for a body that is a tree already."""
    try:
        submission = Submission.model_validate(found.tree)
    except ValidationError as error:
        problems = [
            *problems_of(error, found.tree, model=Submission),
            *_sound_parts(error, found.tree, limits),
        ]
        raise refusal(problems, found) from error
    written = found.tree.get("training")
    known = remedies or submission.trials.names
    trials = [*name_problems(submission.trials, known), *variant_problems(submission, limits)]
    try:
        if isinstance(submission.network, OnnxSpec):
            uploads = [*trials, *upload_problems(submission, dataset, network)]
            return _pending(submission, submission.network, limits, written, uploads)
        return _accept(submission, limits, dataset, written, trials)
    except InvalidSubmission as error:
        raise refusal(error.problems, found) from error


def accept(submission: Submission, limits: Limits, dataset: Datasets) -> Accepted:
    """The same for a submission that is parsed already, and whose network is written out."""
    written = submission.training.model_dump(exclude_defaults=True)
    try:
        return _accept(submission, limits, dataset, written)
    except InvalidSubmission as error:
        raise refusal(error.problems) from error


def fitted(
    submission: Submission, plan: Plan, limits: Limits, dataset: Datasets, *, batch: int | None = None
) -> Accepted:
    """The same for a submission whose network was read from its file, as `plan` says.

    `batch` is the only batch size that the file works with, where there is one.
    """
    written = submission.training.model_dump(exclude_defaults=True)
    problems = [*_general(submission, limits, written), *_of_file(plan, limits)]
    try:
        if problems:
            raise InvalidSubmission("", problems=problems)
        found = _costed(submission, plan, limits, dataset)
        if batch is not None and found.examples < batch:
            message = f"the file works with batches of {batch} alone, and there are {found.examples} examples"
            hint = "export it with a dynamic batch, or give more examples"
            raise InvalidSubmission("", problems=[Problem("/data", message, hint)])
    except InvalidSubmission as error:
        raise refusal(error.problems) from error
    return found


def _of_file(plan: Plan, limits: Limits) -> Iterator[Problem]:
    if len(plan.layers) > limits.layers:
        message = f"{len(plan.layers):,} layers are over the limit of {limits.layers:,} (limit `layers`)"
        yield Problem("/network/onnx", message, "submit a part of it, e.g. with fewer blocks")
    yield from limit_problems(plan, limits, "/network/onnx")


def _general(submission: Submission, limits: Limits, written: object) -> Iterator[Problem]:
    """What can be said before the network is known."""
    yield from _training(submission.training, limits, written)
    yield from probing_problems(submission.probing, limits)
    yield from option_problems(submission.data, limits)
    yield from policy_problems(submission.policy)
    yield from network_problems(submission)


def _pending(
    submission: Submission, network: OnnxSpec, limits: Limits, written: object, others: Iterable[Problem]
) -> Pending:
    problems = [
        *others,
        *_general(submission, limits, written),
        *edit_problems(network.edits, "/network/edits"),
    ]
    if problems:
        raise InvalidSubmission("", problems=problems)
    return Pending(submission)


def _accept(
    submission: Submission,
    limits: Limits,
    dataset: Datasets,
    written: object,
    others: Iterable[Problem] = (),
) -> Accepted:
    problems = [*others, *_general(submission, limits, written)]
    networks = submission_networks(submission)
    if not networks:
        raise InvalidSubmission("", problems=problems)
    try:
        plan = expand(networks, limits, network_pointers(submission))
    except InvalidSubmission as error:
        raise InvalidSubmission("", problems=[*problems, *error.problems]) from error
    if problems:
        raise InvalidSubmission("", problems=problems)
    return _costed(submission, plan, limits, dataset)


def _costed(submission: Submission, plan: Plan, limits: Limits, dataset: Datasets) -> Accepted:
    """The last checks, which need the plan and the data's shape."""
    shape = data_of(submission, plan, dataset)
    problems = [*fit_problems(submission, plan, shape), *size_problems(submission, shape, limits)]
    examples = shape.examples if shape else 1
    planned = planned_steps(submission, examples)
    steps = run_steps(submission, plan, planned)
    cost = steps * step_cost(submission.training, plan)
    problems += [
        *batch_problems(submission, plan, examples, limits),
        *_costs(submission, planned, steps, cost, limits),
    ]
    if problems:
        raise InvalidSubmission("", problems=problems)
    return Accepted(submission, plan, planned, steps, examples, cost * submission.probing.seeds)


def _costs(
    submission: Submission, planned: int, steps: int, cost: float, limits: Limits
) -> Iterator[Problem]:
    by = "epochs" if submission.training.steps is None else "steps"
    if planned > limits.planned_steps:
        yield Problem(
            f"/training/{by}",
            f"a plan of {planned:,} steps; at most {limits.planned_steps:,} (limit `planned_steps`)",
        )
    elif submission.training.schedule.warmup_steps > planned:
        yield Problem(
            "/training/schedule/warmup_steps",
            f"a warm-up of {submission.training.schedule.warmup_steps} steps in a plan of {planned}",
            "warm up for fewer steps, or plan for more",
        )
    if cost > limits.multiply_adds:
        yield Problem(
            "/training/batch_size" if submission.probing.steps == "auto" else "/probing/steps",
            f"{steps} steps take about {cost:.1e} multiply-adds; "
            f"at most {limits.multiply_adds:.1e} (limit `multiply_adds`)",
            "take a smaller network, a smaller batch or fewer steps",
        )


def _training(training: Training, limits: Limits, written: object) -> Iterator[Problem]:
    return training_problems(training, limits, written if isinstance(written, Mapping) else {})


def _sound_parts(error: ValidationError, tree: Mapping[str, object], limits: Limits) -> list[Problem]:
    """Problems of those parts that pydantic took, so that they are not first heard of on the second attempt."""
    unsound = {details["loc"][0] for details in error.errors(include_url=False) if details["loc"]}
    problems: list[Problem] = []
    if "training" in tree and "training" not in unsound:
        training = Training.model_validate(tree["training"])
        problems += _training(training, limits, tree["training"])
    if "probing" in tree and "probing" not in unsound:
        problems += probing_problems(Probing.model_validate(tree["probing"]), limits)
    if not unsound & {"network", "networks"}:
        problems += _of_networks(tree, limits)
    return problems


def _of_networks(tree: Mapping[str, object], limits: Limits) -> tuple[Problem, ...]:
    several = tree.get("networks")
    written = several if isinstance(several, Mapping) else {"main": tree.get("network")}
    networks = {
        str(name): NetworkSpec.model_validate(network)
        for name, network in written.items()
        if network and not (isinstance(network, Mapping) and "onnx" in network)
    }
    if not networks:
        return ()
    try:
        expand(networks, limits, {name: f"/networks/{name}" if several else "/network" for name in networks})
    except InvalidSubmission as error:
        return error.problems
    return ()
