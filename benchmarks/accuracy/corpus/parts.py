"""Building blocks of the corpus: tasks, networks and trainings as plain parts of a submission."""

import math
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy.configuration import Submission

Spec = dict[str, Any]
Layers = list[Any]

STEPS = 150
"""The fixed budget of training steps at which outcomes are compared, where a task says nothing else."""
SEEDS = 3


@dataclass(frozen=True)
class Task:
    """Data with the input and output that a network needs for it, and its usual loss."""

    name: str
    data: Spec
    inputs: tuple[int, ...]
    outputs: int
    loss: str = "CrossEntropyLoss"
    vocab: int | None = None
    batch: int = 32
    steps: int = STEPS

    @property
    def input(self) -> Spec:
        """The network's `input`."""
        tokens = {"dtype": "int", "vocab": self.vocab} if self.vocab else {}
        return {"shape": list(self.inputs), **tokens}


def _builtin(name: str, **more: Any) -> Spec:
    return {"source": "builtin", "name": name, **more}


DIGITS = Task("digits", _builtin("digits", preprocess="minmax"), (64,), 10)
IMAGES = Task("images", _builtin("digits", preprocess="minmax"), (1, 8, 8), 10)
MOONS = Task("moons", _builtin("moons"), (2,), 2)
CIRCLES = Task("circles", _builtin("circles"), (2,), 2)
SPIRALS = Task("spirals", _builtin("spirals"), (2,), 2, steps=300)
BLOBS = Task("blobs", _builtin("blobs", classes=5), (2,), 5)
WINE = Task("wine", _builtin("wine", preprocess="standardize"), (13,), 3)
IRIS = Task("iris", _builtin("iris", preprocess="standardize"), (4,), 3)
CANCER = Task("cancer", _builtin("breast_cancer", preprocess="standardize"), (30,), 2)
DIABETES = Task("diabetes", _builtin("diabetes", preprocess="standardize"), (10,), 1, "MSELoss")
REGRESSION = Task("regression", {"source": "synthetic", "task": "regression"}, (8,), 1, "MSELoss")
SYNTHETIC = Task("synthetic", {"source": "synthetic", "task": "classification"}, (16,), 4)
XOR = Task("xor", _builtin("xor"), (2,), 1, "BCEWithLogitsLoss", batch=4, steps=300)
AND = Task("and", _builtin("and"), (2,), 1, "BCEWithLogitsLoss", batch=4, steps=300)
RING = Task("ring", _builtin("ring"), (2,), 0, "Wasserstein", steps=200)


def first_token(length: int, steps: int = 200, classes: int = 4) -> Task:
    """Answer with the first token of a sequence: the longer it is, the longer the memory that is needed."""
    data = _builtin("first_token", length=length, classes=classes)
    return Task(f"token{length}", data, (length,), classes, vocab=classes, steps=steps)


def characters(length: int) -> Task:
    """Predict the next character at every step: a few characters of memory do."""
    return Task(f"characters{length}", _builtin("characters", length=length), (length,), 32, vocab=32)


def adding(length: int) -> Task:
    """Sum of the two marked numbers."""
    return Task(f"adding{length}", _builtin("adding", length=length), (length, 2), 1, "MSELoss", steps=250)


def copying(length: int) -> Task:
    """Repeat the first half in the second."""
    return Task(f"copy{length}", _builtin("copy", length=length, classes=4), (length,), 4, vocab=4, steps=200)


def submission(
    task: Task, layers: Layers, training: Spec, *, init: Layers | None = None, **more: Any
) -> Submission:
    """The whole submission; `more` are `data` or fields of the network such as `defaults`."""
    data = more.pop("data", task.data)
    network = {"input": task.input, "layers": layers, **({"init": init} if init else {}), **more}
    return {
        "project": "corpus",
        "network": network,
        "training": training,
        "data": data,
        "probing": {"seeds": SEEDS, "steps": training["steps"]},
    }


def plan(task: Task, optimizer: str = "Adam", lr: float = 3e-3, **more: Any) -> Spec:
    """A training of the task's budget; `loss` and fields of the optimiser or the training in `more`."""
    of_optimizer = {k: more.pop(k) for k in ("momentum", "eps", "betas", "weight_decay") if k in more}
    known = {"loss": {"type": task.loss}, "batch_size": task.batch, "steps": task.steps}
    return {**known, "optimizer": {"type": optimizer, "lr": lr, **of_optimizer}, **more}


def linear(units: int, **more: Any) -> Spec:
    """A Linear layer."""
    return {"type": "Linear", "out_features": units, **more}


def head(task: Task, **more: Any) -> Spec:
    """The output layer."""
    return linear(task.outputs, name="head", **more)


def mlp(
    task: Task, depth: int, activation: Any, *, width: int = 32, norm: str | None = None, bias: bool = True
) -> Layers:
    """`depth` hidden layers named h.*, then the head."""
    flags = {} if bias else {"bias": False}
    body = [linear(width, **flags), *([norm] if norm else []), *([activation] if activation else [])]
    return [{"repeat": depth, "name": "h", "body": body}, head(task, **flags)]


def residual_mlp(
    task: Task, depth: int, activation: Any = "ReLU", *, width: int = 32, norm: str = "LayerNorm"
) -> Layers:
    """As deep and as wide as the plain one, every layer with a shortcut around it and a norm before it."""
    block = {"residual": {"body": [norm, linear(width), activation]}}
    return [linear(width, name="stem"), {"repeat": depth - 1, "name": "h", "body": [block]}, norm, head(task)]


def rule(weight: Any = None, *, match: str = "h*", layer: Any = "Linear", **more: Any) -> Spec:
    """An init rule for the hidden layers."""
    return {"match": match, "layer": layer, **({"weight": weight} if weight is not None else {}), **more}


def normal(std: float) -> Spec:
    """The scheme N(0, std²)."""
    return {"scheme": "normal", "std": std}


HE: Spec = {"scheme": "kaiming_normal", "nonlinearity": "relu"}
LECUN: Spec = {"scheme": "kaiming_normal", "nonlinearity": "linear"}
GLOROT: Spec = {"scheme": "xavier_uniform", "gain": 1.0}
TANH_GLOROT: Spec = {"scheme": "xavier_uniform", "gain": 5 / 3}


def orthogonal(gain: float = 1.0) -> Spec:
    """The scheme of random orthogonal matrices."""
    return {"scheme": "orthogonal", "gain": gain}


def cnn(
    task: Task, depth: int, *, channels: int = 8, activation: str = "ReLU", norm: str | None = None
) -> Layers:
    """`depth` plain 3 x 3 convolutions, pooled after the first third."""
    conv = {"type": "Conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1}
    body = [conv, *([norm] if norm else []), activation]
    early = max(1, depth // 3)
    blocks = [{"repeat": early, "name": "h", "body": body}, {"type": "MaxPool2d", "kernel_size": 2}]
    if depth > early:
        blocks.append({"repeat": depth - early, "name": "hh", "body": body})
    return [*blocks, {"type": "AdaptiveAvgPool2d", "output_size": 2}, "Flatten", head(task)]


def resnet(task: Task, blocks: int, *, channels: int = 8, norm: str = "BatchNorm2d") -> Layers:
    """Residual blocks of two convolutions each; the last norm of a block is named `last`."""
    conv = {"type": "Conv2d", "out_channels": channels, "kernel_size": 3, "padding": 1, "bias": False}
    body = [conv, norm, "ReLU", conv, {"type": norm, "name": "last"}]
    stem = [{**conv, "name": "stem"}, norm, "ReLU", {"type": "MaxPool2d", "kernel_size": 2}]
    pooled = [{"type": "AdaptiveAvgPool2d", "output_size": 2}, "Flatten", head(task)]
    return [
        *stem,
        {"repeat": blocks, "name": "block", "body": [{"residual": {"body": body}}, "ReLU"]},
        *pooled,
    ]


def recurrent(task: Task, kind: str, *, hidden: int = 32, output: str = "last", **more: Any) -> Layers:
    """Tokens embedded (or numbers as they are), one recurrent layer named `rnn`, the head."""
    entry = [{"type": "Embedding", "embedding_dim": 16}] if task.vocab else []
    return [
        *entry,
        {"type": kind, "hidden_size": hidden, "output": output, "name": "rnn", **more},
        head(task),
    ]


def long_lstm(task: Task, *, hidden: int = 32, output: str = "last") -> Layers:
    """An LSTM whose forget gate starts open for about as long as the sequence is."""
    return recurrent(task, "LSTM", hidden=hidden, output=output, forget_bias=math.log(task.inputs[0]))


def transformer(task: Task, depth: int, *, norm_first: bool, size: int = 16, **more: Any) -> Layers:
    """Embedding, positions, `depth` encoder layers, mean over time, head."""
    layer = {
        "type": "TransformerEncoderLayer",
        "nhead": 2,
        "dim_feedforward": 2 * size,
        "dropout": 0.0,
        "norm_first": norm_first,
        **more,
    }
    entry: Layers = [{"type": "Embedding", "embedding_dim": size}, "PositionalEmbedding"]
    last = ["LayerNorm"] if norm_first else []
    return [
        *entry,
        {"repeat": depth, "name": "layer", "body": [layer]},
        *last,
        {"op": "mean", "dim": 1},
        head(task),
    ]
