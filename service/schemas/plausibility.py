"""What is wrong with a training plan in itself: arguments that contradict each other or their type."""

from collections.abc import Iterator, Mapping

from service.errors import Problem
from service.schemas.arguments import (
    LOSS_ARGUMENTS,
    OPTIMIZER_ARGUMENTS,
    PROBABILITY_LOSSES,
    SCHEDULE_ARGUMENTS,
)
from service.schemas.limits import Limits
from service.schemas.training import Loss, Optimizer, Probing, Schedule, Training


def training_problems(training: Training, limits: Limits, written: Mapping[str, object]) -> Iterator[Problem]:
    """Everything that torch would refuse or quietly ignore; `written` is the plan as the client wrote it."""
    yield from _foreign("loss", training.loss.type, LOSS_ARGUMENTS[training.loss.type], written)
    yield from _foreign(
        "optimizer", training.optimizer.type, OPTIMIZER_ARGUMENTS[training.optimizer.type], written
    )
    yield from _foreign(
        "schedule", training.schedule.type, SCHEDULE_ARGUMENTS[training.schedule.type], written
    )
    yield from _loss(training.loss)
    yield from _optimizer(training.optimizer)
    yield from _schedule(training.schedule)
    yield from _length(training, limits)
    yield from _precision(training)


def probing_problems(probing: Probing, limits: Limits) -> Iterator[Problem]:
    """Bounds of what one diagnosis may run."""
    if probing.seeds > limits.seeds:
        yield Problem("/probing/seeds", f"{probing.seeds} seeds; at most {limits.seeds} (limit `seeds`)")
    if probing.steps != "auto" and probing.steps > limits.steps:
        yield Problem("/probing/steps", f"{probing.steps} steps; at most {limits.steps} (limit `steps`)")


def _foreign(part: str, kind: str, known: frozenset[str], written: Mapping[str, object]) -> Iterator[Problem]:
    """Arguments of another type; null says nothing, so it is never foreign."""
    given = written.get(part)
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if name not in known and value is not None:
            own = ", ".join(sorted(known - {"type"}))
            yield Problem(f"/training/{part}/{name}", f"{kind} takes no `{name}`", f"it takes {own}")


def _loss(loss: Loss) -> Iterator[Problem]:
    if loss.type == "BCEWithLogitsLoss" and loss.from_logits is False:
        yield Problem(
            "/training/loss/from_logits", "BCEWithLogitsLoss is of logits", "BCELoss is of probabilities"
        )
    if loss.from_logits and loss.type in PROBABILITY_LOSSES:
        fused = {"BCELoss": "BCEWithLogitsLoss", "NLLLoss": "CrossEntropyLoss"}.get(loss.type)
        hint = f"{fused} is of logits" if fused else "end the network in LogSoftmax"
        yield Problem("/training/loss/from_logits", f"{loss.type} is not of logits", hint)


def _optimizer(optimizer: Optimizer) -> Iterator[Problem]:
    if optimizer.nesterov and (not optimizer.momentum or optimizer.dampening):
        yield Problem(
            "/training/optimizer/nesterov",
            "nesterov needs a momentum above 0 and no dampening",
            "e.g. momentum: 0.9",
        )
    if optimizer.step_sizes and optimizer.step_sizes[0] > optimizer.step_sizes[1]:
        yield Problem("/training/optimizer/step_sizes", "the smallest step size is above the largest")


def _schedule(schedule: Schedule) -> Iterator[Problem]:
    if schedule.type == "multistep" and not schedule.milestones:
        yield Problem("/training/schedule", "multistep needs `milestones`", "e.g. milestones: [1000, 2000]")
    if schedule.type == "exponential" and "gamma" not in schedule.model_fields_set:
        yield Problem(
            "/training/schedule", "exponential needs `gamma`, its factor for each step", "e.g. gamma: 0.999"
        )


def _length(training: Training, limits: Limits) -> Iterator[Problem]:
    if training.epochs is not None and training.steps is not None:
        yield Problem(
            "/training/steps", "`epochs` and `steps` are both given", "keep the one that you plan by"
        )
    if training.batch_size > limits.batch_size:
        yield Problem(
            "/training/batch_size",
            f"{training.batch_size} examples in a batch; at most {limits.batch_size} (limit `batch_size`)",
        )


def _precision(training: Training) -> Iterator[Problem]:
    if training.loss_scale is None:
        return
    if training.precision != "fp16":
        yield Problem(
            "/training/loss_scale",
            f"loss scaling is for fp16; the precision is {training.precision}",
            "leave it out",
        )
    elif training.precision_mode == "pure":
        yield Problem(
            "/training/loss_scale", "loss scaling works under autocast only", "precision_mode: autocast"
        )
