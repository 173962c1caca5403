"""Convolutions: plain ones at depth, badly begun ones, and residual ones."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration, Submission
from benchmarks.accuracy.corpus.faults import (
    DEEP,
    LARGE_WEIGHTS,
    SHATTERED,
    SHRINKING,
    SMALL_WEIGHTS,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import HE, IMAGES, Layers, cnn, normal, plan, resnet, rule, submission

RATES = {"Adam": 3e-3, "SGD": 0.1}
CONV = ("Conv2d",)


def configurations() -> Iterator[Configuration]:
    """VGG-like stacks, then those that learn."""
    yield from _stack("ReLU", "SGD", SHRINKING, (6, 10, 14))
    yield from _stack("ReLU", "Adam", SHRINKING, (8, 14))
    yield from _stack("Sigmoid", "SGD", DEEP, (3, 6))
    yield from _stack("Tanh", "SGD", SHRINKING, (8, 14))
    yield from _stack("ReLU", "SGD", SMALL_WEIGHTS, (6,), name="small", init=_begun(normal(0.01)))
    yield from _stack("ReLU", "Adam", SMALL_WEIGHTS, (8,), name="small", init=_begun(normal(0.01)))
    yield from _stack("ReLU", "SGD", LARGE_WEIGHTS, (6,), name="large", init=_begun(normal(0.6)))
    yield from _stack("ReLU", "Adam", LARGE_WEIGHTS, (10,), name="large", init=_begun(normal(1.0)))
    yield from _stack("ReLU", "SGD", SHATTERED, (14, 20), name="he", init=_begun(HE))
    yield from _right()


def textbook(depth: int, optimizer: str = "Adam") -> Submission:
    """The same stack with batch norm and He's weights."""
    layers = cnn(IMAGES, depth, norm="BatchNorm2d")
    return submission(IMAGES, layers, plan(IMAGES, optimizer, RATES[optimizer]), init=_begun(HE))


def _begun(scheme: object) -> Layers:
    return [rule(scheme, layer=list(CONV), bias="zeros")]


def _stack(
    activation: str,
    optimizer: str,
    fault: Fault,
    depths: tuple[int, ...],
    *,
    name: str = "plain",
    init: Layers | None = None,
) -> Iterator[Configuration]:
    program = f"images-{name}-{activation.lower()}-{optimizer.lower()}"
    for depth in depths:
        layers = cnn(IMAGES, depth, activation=activation)
        broken = submission(IMAGES, layers, plan(IMAGES, optimizer, RATES[optimizer]), init=init)
        cure = submission(
            IMAGES, resnet(IMAGES, max(1, depth // 2)), plan(IMAGES, optimizer, RATES[optimizer])
        )
        yield sick(f"{program}-{depth}", fault, broken, cure if depth > 10 else textbook(depth, optimizer))


def _right() -> Iterator[Configuration]:
    """Residual networks with and without zero-gamma, norms of other kinds, few layers without any."""
    gamma = [rule(match="*.last", layer="BatchNorm2d", weight="zeros")]
    for name, layers, optimizer, lr, init in (
        ("resnet", resnet(IMAGES, 3), "SGD", 0.1, None),
        ("resnet", resnet(IMAGES, 6), "Adam", 3e-3, None),
        ("zero-gamma", resnet(IMAGES, 4), "SGD", 0.1, gamma),
        ("zero-gamma", resnet(IMAGES, 6), "Adam", 1e-2, gamma),
        ("instance-norm", cnn(IMAGES, 4, norm="InstanceNorm2d"), "Adam", 1e-2, None),
        ("batch-norm", cnn(IMAGES, 8, norm="BatchNorm2d"), "Adam", 1e-2, None),
        ("batch-norm-tanh", cnn(IMAGES, 4, norm="BatchNorm2d", activation="Tanh"), "SGD", 0.1, None),
        ("shallow", cnn(IMAGES, 2), "Adam", 1e-2, None),
        ("gelu", cnn(IMAGES, 3, activation="GELU"), "Adam", 1e-2, None),
    ):
        program = f"images-{name}-{optimizer.lower()}"
        right = submission(IMAGES, layers, plan(IMAGES, optimizer, lr), init=init)
        yield healthy(f"{program}-{len(layers)}-{lr:g}", right, textbook(3))
