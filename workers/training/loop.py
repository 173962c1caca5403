"""The training loop: one step after another, from the first batch to the last or to the first NaN."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn

from service.schemas.order import RunOrder
from service.schemas.run import Outcome
from workers.errors import CannotBuild
from workers.training.adversarial import play
from workers.training.batches import batches, sizes
from workers.training.clipping import clip
from workers.training.course import Course, Settled, outcome
from workers.training.data import Examples
from workers.training.objective import Objective
from workers.training.observer import Observer
from workers.training.optimizer import Rate, add_l1, build, trainable
from workers.training.precision import Precision, Stepper
from workers.training.replay import Spotlight, Start
from workers.training.trivial import trivial_loss


def train(
    order: RunOrder,
    networks: Mapping[str, nn.Module],
    examples: Examples,
    observer: Observer,
    device: torch.device,
    settled: Settled | None = None,
) -> Outcome:
    """Train as the order says and tell the observer of it; the networks are moved to the device in place.

    The same order on the same device gives the same numbers to the bit. A loss that is not finite ends the
    training; where its step was not probed, the way there is gone again with that step and the one before it probed.
    `settled` is asked at probed steps whether to end there.
    """
    began = time.perf_counter()
    loop = play if order.submission.training.loss.type == "Wasserstein" else learn
    start = Start(networks)
    with _seeded(order, device):
        course = loop(order, networks, examples, observer, device, settled)
    suspects = course.suspects()
    if suspects:
        start.restore()
        again = order.model_copy(update={"steps": max(suspects) + 1})
        with _seeded(again, device):
            loop(again, networks, examples, Spotlight(observer, suspects), device)
    seconds = time.perf_counter() - began
    return outcome(course, order, networks, observer.finish(), device, seconds)


def learn(
    order: RunOrder,
    networks: Mapping[str, nn.Module],
    examples: Examples,
    observer: Observer,
    device: torch.device,
    settled: Settled | None = None,
) -> Course:
    """Train the one network on its examples."""
    training = order.submission.training
    precision = Precision(training, device)
    ((name, module),) = networks.items()
    network = precision.prepare(module).train()
    parameters = trainable(network)
    optimizer = build(training.optimizer, parameters)
    rate = Rate(optimizer, training.schedule, order.planned_steps)
    stepper = Stepper(training, optimizer, device)
    objective = Objective(training.loss, examples.target, keep=precision.pure)
    examples = examples.moved(precision.values)
    size, fewest = sizes(network, training.batch_size)
    drawn = batches(examples, size, order.seed, fewest=fewest)
    trivial = trivial_loss(training.loss, examples.target, examples.output, examples.y)
    course = Course(order.steps, device, trivial, settled)
    observer.attach({name: optimizer})

    for step in range(order.steps):
        x, y = next(drawn)
        learning_rate = rate.set(step)
        probed = observer.begin(step)
        with precision.forward():
            output = network(x)
        loss = objective(output, y)
        if probed:
            observer.after_forward(inputs=x, loss=loss)
        optimizer.zero_grad()
        stepper.backward(loss)
        stepper.unscale()
        add_l1(parameters, training.l1)
        if probed:
            observer.after_backward()
        clipped = clip(parameters, training.clip, ask=probed)
        stepper.step()
        told = objective.mean(loss, y)
        accuracy = objective.accuracy(output, y) if probed or course.is_late(step) else None
        observer.after_update(
            step,
            loss=told,
            learning_rate=learning_rate,
            accuracy=accuracy,
            trivial_loss=trivial,
            clipped=clipped,
            skipped=stepper.skipped,
        )
        if not course.note(step, told, accuracy, probed=probed):
            break
    course.settle()
    return course


@contextmanager
def _seeded(order: RunOrder, device: torch.device) -> Iterator[None]:
    """The global generators at the run's seed (dropout, noise), and afterwards as they were.

    What torch has not written for this device and precision is the submission's to avoid, so it is said as such.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(order.seed)
        try:
            yield
        except NotImplementedError as error:
            precision = order.submission.training.precision
            reason = str(error).splitlines()[0]
            raise CannotBuild(f"torch cannot train this in {precision} on {device.type}: {reason}") from error
