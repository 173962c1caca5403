"""Wasserstein training: a generator makes examples, a critic tells them from real ones (arXiv:1701.07875)."""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from service.schemas.order import RunOrder
from service.schemas.training import Training
from workers.training.batches import batches, fewest_examples
from workers.training.clipping import clip
from workers.training.course import Course, Settled
from workers.training.data import Examples
from workers.training.observer import Observer
from workers.training.optimizer import Rate, add_l1, build, trainable
from workers.training.precision import Precision, Stepper
from workers.training.samples import sample_skill


class Critic:
    """The critic with its optimiser: estimates the distance between real and made examples, and improves."""

    def __init__(self, training: Training, network: nn.Module, precision: Precision) -> None:
        self._training = training
        self._precision = precision
        self._parameters = trainable(network)
        self.network = network
        self.optimizer = build(training.optimizer, self._parameters)
        self._stepper = Stepper(training, self.optimizer, precision.device)

    def score(self, x: Tensor) -> Tensor:
        """Mean score of a batch."""
        with self._precision.forward():
            scores: Tensor = self.network(x).float()
        return scores.mean()

    def improve(self, real: Tensor, made: Tensor) -> Tensor:
        """One step of the critic; its estimate before the step, mean score of real minus mean score of made."""
        distance = self.score(real) - self.score(made)
        loss = -distance
        if self._training.loss.gradient_penalty is not None:
            loss = loss + self._training.loss.gradient_penalty * self._steepness(real, made)
        self.optimizer.zero_grad()
        self._stepper.backward(loss)
        self._stepper.unscale()
        add_l1(self._parameters, self._training.l1)
        clip(self._parameters, self._training.clip, ask=False)
        self._stepper.step()
        self._clamp()
        return distance.detach()

    def _steepness(self, real: Tensor, made: Tensor) -> Tensor:
        """Mean (‖∇‖ - 1)² at random places between real and made examples (arXiv:1704.00028), never in autocast."""
        share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, dtype=real.dtype)
        between = (share * real + (1 - share) * made).requires_grad_()
        (slope,) = torch.autograd.grad(self.network(between).sum(), between, create_graph=True)
        steepness: Tensor = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return steepness.float()

    def _clamp(self) -> None:
        bound = self._training.loss.weight_clip
        if bound is not None:
            with torch.no_grad():
                for parameter in self._parameters:
                    parameter.clamp_(-bound, bound)


class Generator:
    """The generator with its noise: one standard normal number for each number that it takes."""

    def __init__(
        self, network: nn.Module, shape: tuple[int, ...], like: Tensor, precision: Precision
    ) -> None:
        self.network = network
        self._shape = shape
        self._like = like
        self._precision = precision

    def noise(self, examples: int) -> Tensor:
        """A batch of inputs."""
        return torch.randn(examples, *self._shape, device=self._like.device).to(self._like.dtype)

    def make(self, noise: Tensor) -> Tensor:
        """Examples in the form of the real ones, with the way back to the weights."""
        with self._precision.forward():
            made: Tensor = self.network(noise)
        return made.reshape(len(noise), *self._like.shape[1:]).to(self._like.dtype)

    def skill(self, examples: Examples, batch: int, seed: int) -> float:
        """How good its samples are, in eval mode; every variant of a seed is measured with the same noise."""
        torch.manual_seed(seed)
        self.network.eval()
        return sample_skill(lambda n: self.make(self.noise(n)), examples.x, batch, examples.noise)


def play(
    order: RunOrder,
    networks: Mapping[str, nn.Module],
    examples: Examples,
    observer: Observer,
    device: torch.device,
    settled: Settled | None = None,
) -> Course:
    """Train `generator` and `critic`; a step is one of the generator, then `critic_steps` of the critic.

    The observer is shown the generator's pass, which goes through every layer of both networks once; the critic's
    own steps come between `after_backward` and `after_update`. The loss that is told is the critic's last estimate of
    the Wasserstein distance; no constant prediction can be compared with that, so the trivial loss is NaN. What can be
    compared are the generator's samples, which are drawn at the end, in eval mode.
    """
    training = order.submission.training
    precision = Precision(training, device)
    examples = examples.moved(precision.values)
    critic = Critic(training, precision.prepare(networks["critic"]).train(), precision)
    maker = precision.prepare(networks["generator"]).train()
    generator = Generator(maker, _input_shape(order), examples.x, precision)
    parameters = trainable(maker)
    optimizer = build(training.optimizer, parameters)
    rates = [Rate(each, training.schedule, order.planned_steps) for each in (optimizer, critic.optimizer)]
    stepper = Stepper(training, optimizer, device, passed=(critic.optimizer,))
    drawn = batches(examples, training.batch_size, order.seed, fewest=fewest_examples(critic.network))
    course = Course(order.steps, device, settled=settled)
    observer.attach({"generator": optimizer, "critic": critic.optimizer})

    for step in range(order.steps):
        learning_rate, _ = (rate.set(step) for rate in rates)
        noise = generator.noise(min(training.batch_size, len(examples)))
        probed = observer.begin(step)
        loss = -critic.score(generator.make(noise))
        if probed:
            observer.after_forward(inputs=noise, loss=loss)
        optimizer.zero_grad()
        critic.optimizer.zero_grad()
        stepper.backward(loss)
        stepper.unscale()
        add_l1(parameters, training.l1)
        if probed:
            observer.after_backward()
        clipped = clip(parameters, training.clip, ask=probed)
        stepper.step()
        distance = _improve(critic, generator, drawn, training.loss.critic_steps)
        observer.after_update(
            step,
            loss=distance,
            learning_rate=learning_rate,
            accuracy=None,
            trivial_loss=math.nan,
            clipped=clipped,
            skipped=stepper.skipped,
        )
        if not course.note(step, distance, None, probed=probed):
            break
    course.settle()
    if course.first_nonfinite is None:
        course.sample_skill = generator.skill(examples, training.batch_size, order.seed)
    return course


def _improve(
    critic: Critic, generator: Generator, drawn: Iterator[tuple[Tensor, Tensor]], steps: int
) -> Tensor:
    """The critic's turns; its last estimate."""
    for _ in range(steps):
        real, _targets = next(drawn)
        with torch.no_grad():
            made = generator.make(generator.noise(len(real)))
        distance = critic.improve(real, made)
    return distance


def _input_shape(order: RunOrder) -> tuple[int, ...]:
    return (order.submission.networks or {})["generator"].input.shape
