"""AutoTrainer's repairs (Zhang et al., ICSE 2021) in its own order, as candidates of our race.

The lists are those of the repository's default method `balance`; which list is used depends on AutoTrainer's own
detection. Where it draws at random (initialisers, momentum, optimisers), the first choices of its lists stand in.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.accuracy.comparators.autotrainer import TOOL
from service.diagnosis.trials.source import Source
from service.schemas.diagnosis import Judgement
from service.schemas.evidence import Evidence
from service.schemas.patching import tree_of
from service.schemas.remedy import Candidate
from service.schemas.submission import Submission

Tree = Any
Change = Callable[[Tree], None]

ACTIVATIONS = frozenset(
    {"ReLU", "LeakyReLU", "PReLU", "ELU", "SELU", "GELU", "SiLU", "Softplus", "Sigmoid", "Tanh", "Softsign", "Sine",
     "ReLU6", "Mish", "CELU", "Hardswish", "Hardsigmoid", "Hardtanh", "LogSigmoid", "RReLU", "Threshold"}
)  # fmt: skip
SCHEMES: Mapping[str, Tree] = {
    "he_uniform": {"scheme": "kaiming_uniform"},
    "lecun_uniform": {"scheme": "kaiming_uniform", "nonlinearity": "linear"},
    "glorot_normal": {"scheme": "xavier_normal"},
}
WEIGHTED = {"Linear": "BatchNorm1d", "Conv1d": "BatchNorm1d", "Conv2d": "BatchNorm2d", "LSTM": None}


def answering(evidence: Evidence, _judgement: Judgement) -> Sequence[Candidate]:
    """What AutoTrainer would try, in its order; nothing where it raises no alarm."""
    alarm = next(
        (
            name
            for name in ("explode", "relu", "vanish", "unstable", "not_converge")
            if name in TOOL.alarms(evidence)
        ),
        None,
    )
    if alarm is None:
        return ()
    return [_candidate(evidence.submission, alarm, name, change) for name, change in REPAIRS[alarm]]


SOURCE = Source(answering, lambda *_: (), lambda *_: ())


def _candidate(submission: Submission, alarm: str, name: str, change: Change) -> Candidate:
    tree = tree_of(submission)
    refused = None
    changed = submission
    try:
        change(tree)
        changed = Submission.model_validate(tree)
    except Exception as error:  # noqa: BLE001 - whatever it is, this repair does not fit
        refused = f"it does not fit this submission: {error}"
    return Candidate(name=name, remedy=name, rule=alarm, sentence=name, submission=changed, refused=refused)


def _networks(tree: Tree) -> Iterator[Tree]:
    yield from (tree["networks"].values() if "networks" in tree else (tree["network"],))


def _swap(to: str, initializer: str | None, *, bias: str = "zeros") -> Change:
    """Every activation but those of the last layer; initialisers of all layers but the last."""

    def change(tree: Tree) -> None:
        for network in _networks(tree):
            layers = network["layers"]
            last = _last_weighted(layers)
            network["layers"] = [*(_swapped(layer, to) for layer in layers[:last]), *layers[last:]]
            if initializer is not None:
                _initialize(network, initializer, bias)

    return change


def _swapped(layer: Tree, to: str) -> Tree:
    if isinstance(layer, str):
        return to if layer in ACTIVATIONS else layer
    if isinstance(layer, Mapping):
        if layer.get("type") in ACTIVATIONS:
            return {**{key: layer[key] for key in ("name",) if key in layer}, "type": to}
        return {
            key: [_swapped(one, to) for one in value]
            if isinstance(value, list) and key in {"body", "residual"}
            else value
            for key, value in layer.items()
        }
    return layer


def _initialize(network: Tree, weight: str, bias: str) -> None:
    network["init"] = [
        {"match": "*", "layer": kind, "weight": SCHEMES[weight], "bias": {"scheme": bias}}
        for kind in ("Linear", "Conv2d")
        if f'"{kind}"' in json.dumps(network["layers"])
    ]


def _last_weighted(layers: Sequence[Tree]) -> int:
    places = [place for place, layer in enumerate(layers) if _type(layer) in {"Linear", "Conv2d", "Conv1d"}]
    return places[-1] if places else len(layers)


def _type(layer: Tree) -> str | None:
    return layer if isinstance(layer, str) else layer.get("type")


def _batch_norm(tree: Tree) -> None:
    for network in _networks(tree):
        last = _last_weighted(network["layers"])
        network["layers"] = [*_normed(network["layers"][:last]), *network["layers"][last:]]


def _normed(layers: Sequence[Tree]) -> list[Tree]:
    found: list[Tree] = []
    for layer in layers:
        inside = {
            key: _normed(value) if isinstance(value, list) and key in {"body", "residual"} else value
            for key, value in (layer.items() if isinstance(layer, Mapping) else ())
        }
        found.append(inside or layer)
        norm = WEIGHTED.get(_type(layer) or "")
        if norm is not None:
            found.append(norm)
    return found


def _training(**changes: Any) -> Change:
    def change(tree: Tree) -> None:
        tree["training"] |= changes

    return change


def _rate(factor: float) -> Change:
    def change(tree: Tree) -> None:
        optimizer = tree["training"]["optimizer"]
        optimizer["lr"] = factor * optimizer.get("lr", 1e-3)

    return change


def _batch(factor: int) -> Change:
    def change(tree: Tree) -> None:
        tree["training"]["batch_size"] = factor * tree["training"].get("batch_size", 32)

    return change


def _noise(tree: Tree) -> None:
    tree["data"]["noise"] = 0.1


INITIALIZERS = ("he_uniform", "lecun_uniform", "glorot_normal")
SELU = ("selu", _swap("SELU", "lecun_uniform", bias="zeros"))
RELU = ("relu", _swap("ReLU", "he_uniform"))
BATCH_NORM = ("batch-norm", _batch_norm)
REPAIRS: dict[str, Sequence[tuple[str, Change]]] = {
    "vanish": (SELU, RELU, BATCH_NORM),
    "explode": (
        SELU,
        RELU,
        ("clip-value-10", _training(clip={"value": 10.0})),
        ("tanh", _swap("Tanh", "he_uniform")),
        BATCH_NORM,
    ),
    "relu": (
        SELU,
        BATCH_NORM,
        *((f"initial-{scheme}", _swap("ReLU", scheme)) for scheme in INITIALIZERS),
        ("leaky-relu", _swap("LeakyReLU", None)),
        ("elu", _swap("ELU", None)),
    ),
    "unstable": (
        ("adam", _training(optimizer={"type": "Adam", "lr": 1e-3})),
        *((f"rate-{factor:g}", _rate(factor)) for factor in (0.1, 0.01, 0.001)),
        *((f"batch-{factor}", _batch(factor)) for factor in (2, 4, 8)),
        *((f"momentum-{m}", _training(optimizer={"type": "SGD", "lr": 0.01, "momentum": m})) for m in (0.9, 0.5, 0.1)),
        ("gaussian-noise", _noise),
    ),
    "not_converge": (
        ("adam", _training(optimizer={"type": "Adam", "lr": 1e-3})),
        ("rmsprop", _training(optimizer={"type": "RMSprop", "lr": 1e-3})),
        ("nadam", _training(optimizer={"type": "NAdam", "lr": 1e-3})),
        *((f"rate-{factor:g}", _rate(factor)) for factor in (10, 100, 1000)),
    ),
}  # fmt: skip
