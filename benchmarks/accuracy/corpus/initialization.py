"""Weights that begin too small, too large, or all alike; units that are born dead."""

from collections.abc import Iterator

from benchmarks.accuracy.configuration import Configuration
from benchmarks.accuracy.corpus.faults import (
    BORN_DEAD,
    LARGE_WEIGHTS,
    SATURATING_WEIGHTS,
    SMALL_WEIGHTS,
    SYMMETRIC,
    Fault,
    healthy,
    sick,
)
from benchmarks.accuracy.corpus.parts import (
    BLOBS,
    CANCER,
    CIRCLES,
    DIGITS,
    GLOROT,
    HE,
    IMAGES,
    LECUN,
    MOONS,
    REGRESSION,
    SYNTHETIC,
    WINE,
    Spec,
    Task,
    cnn,
    linear,
    mlp,
    normal,
    orthogonal,
    plan,
    rule,
    submission,
)

RATES = {"Adam": 3e-3, "SGD": 0.1}
ZERO: Spec = {"scheme": "zeros"}


def constant(value: float) -> Spec:
    """All alike."""
    return {"scheme": "constant", "val": value}


def configurations() -> Iterator[Configuration]:
    """By size, from nothing to far too much."""
    yield from _weights(DIGITS, "Tanh", 6, "SGD", SMALL_WEIGHTS, {"0.01": normal(0.01), "0.03": normal(0.03)})
    yield from _weights(
        DIGITS, "ReLU", 5, "Adam", SMALL_WEIGHTS, {"1e-3": normal(1e-3), "0.01": normal(0.01)}
    )
    yield from _weights(WINE, "ReLU", 4, "SGD", SMALL_WEIGHTS, {"0.01": normal(0.01), "0.03": normal(0.03)})
    yield from _weights(REGRESSION, "GELU", 5, "SGD", SMALL_WEIGHTS, {"0.02": normal(0.02)})
    yield from _weights(SYNTHETIC, None, 6, "SGD", SMALL_WEIGHTS, {"0.02": normal(0.02)})
    yield from _weights(
        CANCER, "Tanh", 10, "Adam", SMALL_WEIGHTS, {"1e-3": normal(1e-3), "gain0.3": orthogonal(0.3)}
    )
    yield from _weights(DIGITS, "ReLU", 12, "Adam", LARGE_WEIGHTS, {"0.5": normal(0.5), "1": normal(1.0)})
    yield from _weights(DIGITS, "ReLU", 4, "SGD", LARGE_WEIGHTS, {"0.6": normal(0.6), "2": normal(2.0)})
    yield from _weights(BLOBS, "ReLU", 8, "SGD", LARGE_WEIGHTS, {"gain4": orthogonal(4.0), "1": normal(1.0)})
    yield from _weights(REGRESSION, "LeakyReLU", 6, "Adam", LARGE_WEIGHTS, {"1": normal(1.0)})
    yield from _weights(
        CIRCLES,
        "ELU",
        6,
        "SGD",
        LARGE_WEIGHTS,
        {"1": normal(1.0), "uniform": {"scheme": "uniform", "a": 0.0, "b": 0.5}},
    )
    yield from _weights(DIGITS, "Tanh", 5, "SGD", SATURATING_WEIGHTS, {"1": normal(1.0), "3": normal(3.0)})
    yield from _weights(
        SYNTHETIC, "Tanh", 8, "Adam", SATURATING_WEIGHTS, {"1": normal(1.0), "4": normal(4.0)}
    )
    yield from _weights(CANCER, "Sigmoid", 1, "SGD", SATURATING_WEIGHTS, {"10": normal(10.0)})
    yield from _weights(MOONS, "Tanh", 6, "SGD", SATURATING_WEIGHTS, {"3": normal(3.0)})
    yield from _siren()
    yield from _alike()
    yield from _born_dead()
    yield from _sound()


def _weights(
    task: Task, activation: str | None, depth: int, optimizer: str, fault: Fault, schemes: dict[str, Spec]
) -> Iterator[Configuration]:
    """One network under several schemes; the cure is the scheme that its activation is made for."""
    textbook = HE if activation in {"ReLU", "LeakyReLU", "GELU", "ELU"} else GLOROT
    program = f"{task.name}-{(activation or 'linear').lower()}-weights-{optimizer.lower()}"
    layers, training = mlp(task, depth, activation), plan(task, optimizer, RATES[optimizer])
    cure = submission(task, layers, training, init=[rule(textbook, bias="zeros")])
    for label, scheme in schemes.items():
        broken = submission(task, layers, training, init=[rule(scheme, bias="zeros")])
        yield sick(f"{program}-{depth}-{label}", fault, broken, cure)


def _siren() -> Iterator[Configuration]:
    """Sine layers under torch's default weights, against the bounds of the paper (arXiv:2006.09661)."""
    for task, depth in ((REGRESSION, 3), (SYNTHETIC, 4)):
        width, sine = 32, {"type": "Sine", "w0": 10.0}
        first, inner = 1 / task.inputs[0] / 3, (6 / width) ** 0.5 / 10
        layers = [linear(width, name="first"), sine, *mlp(task, depth, sine)]
        cure = [
            rule({"scheme": "uniform", "a": -first, "b": first}, match="first"),
            rule({"scheme": "uniform", "a": -inner, "b": inner}),
        ]
        program = f"{task.name}-siren-adam"
        broken = submission(task, layers, plan(task, lr=1e-3))
        yield sick(
            f"{program}-{depth}",
            SATURATING_WEIGHTS,
            broken,
            submission(task, layers, plan(task, lr=1e-3), init=cure),
        )


def _alike() -> Iterator[Configuration]:
    """Zero or constant weights in every hidden layer (and in the head where it says so)."""
    for task, activation, depth, optimizer, label, weight, everywhere in (
        (DIGITS, "ReLU", 3, "Adam", "zeros", ZERO, True),
        (DIGITS, "Tanh", 3, "SGD", "zeros", ZERO, True),
        (WINE, "Tanh", 2, "SGD", "constant", constant(0.1), True),
        (CIRCLES, "ReLU", 2, "Adam", "constant", constant(0.2), True),
        (MOONS, "Sigmoid", 2, "Adam", "ones", constant(1.0), True),
        (REGRESSION, "Tanh", 2, "Adam", "constant", constant(0.1), True),
        (BLOBS, "ReLU", 2, "SGD", "ones", constant(1.0), True),
    ):
        match = "*" if everywhere else "h.*"
        program = f"{task.name}-{activation.lower()}-alike-{optimizer.lower()}"
        layers, training = mlp(task, depth, activation), plan(task, optimizer, RATES[optimizer])
        broken = submission(task, layers, training, init=[rule(weight, match=match, bias="zeros")])
        cure = submission(task, layers, training, init=[rule(GLOROT, match=match, bias="zeros")])
        yield sick(f"{program}-{label}", SYMMETRIC, broken, cure)


def _born_dead() -> Iterator[Configuration]:
    """Biases so low that rectifiers never open, in all layers or nearly so."""
    for task, depth, optimizer, bias in (
        (DIGITS, 3, "Adam", -4.0),
        (DIGITS, 2, "SGD", -3.0),
        (WINE, 3, "SGD", -8.0),
        (CIRCLES, 2, "Adam", -3.0),
        (REGRESSION, 3, "SGD", -6.0),
    ):
        program = f"{task.name}-relu-dead-{optimizer.lower()}"
        layers, training = mlp(task, depth, "ReLU"), plan(task, optimizer, RATES[optimizer])
        low = submission(task, layers, training, init=[rule(HE, bias=constant(bias))])
        cure = submission(task, layers, training, init=[rule(HE, bias="zeros")])
        yield sick(f"{program}-{depth}", BORN_DEAD, low, cure)


def _sound() -> Iterator[Configuration]:
    """Unusual but sound: zero heads, orthogonal weights, small last layers, a little too large or too small."""
    for name, task, activation, depth, init in (
        ("zero-head", DIGITS, "ReLU", 3, [rule(HE), rule(ZERO, match="head", bias="zeros")]),
        ("zero-head", SYNTHETIC, "Tanh", 3, [rule(GLOROT), rule(ZERO, match="head", bias="zeros")]),
        ("small-head", REGRESSION, "ReLU", 3, [rule(HE), rule(normal(1e-3), match="head")]),
        ("orthogonal", CANCER, "Tanh", 8, [rule(orthogonal(1.0), bias="zeros")]),
        ("orthogonal", DIGITS, "ReLU", 6, [rule(orthogonal(2**0.5), bias="zeros")]),
        ("large-he", BLOBS, "ReLU", 3, [rule(normal(0.35), bias="zeros")]),
        ("lecun-tanh", WINE, "Tanh", 4, [rule(LECUN, bias="zeros")]),
        ("positive-bias", MOONS, "ReLU", 3, [rule(HE, bias=constant(0.1))]),
    ):
        program = f"{task.name}-{name}-adam"
        layers = mlp(task, depth, activation)
        textbook = submission(
            task, mlp(task, depth, activation), plan(task), init=[rule(GLOROT, bias="zeros")]
        )
        yield healthy(f"{program}-{depth}", submission(task, layers, plan(task), init=init), textbook)
    layers = cnn(IMAGES, 4)
    weights = [rule(HE, layer="Conv2d", bias="zeros")]
    fine = submission(IMAGES, layers, plan(IMAGES), init=weights)
    textbook = submission(IMAGES, cnn(IMAGES, 3, norm="BatchNorm2d"), plan(IMAGES))
    yield healthy("images-he-cnn-adam-4", fine, textbook)
