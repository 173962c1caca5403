"""Faults from practice in outputs, losses, data and precision, and what is often taken for one and is none."""

import yaml

from tests.zoo import ADAM, DIGITS, SGD, Patient, _mlp, _Numbers


def _patient(name: str, text: str, verdict: str, cause: str | None = None, steps: int = 100) -> Patient:
    probing = {"project": "zoo", "probing": {"seeds": 2, "steps": steps}}
    return Patient(name, probing | yaml.load(text, Loader=_Numbers), verdict, cause)


def _ending(*last: str, units: int = 10, depth: int = 2) -> str:
    """A digits classifier with something after its last layer."""
    head = f"{{type: Linear, out_features: {units}, name: head}}"
    text = _mlp(depth, "ReLU", width=32).replace("{type: Linear, out_features: 10, name: head}", head)
    return text.replace(head, "\n    - ".join((head, *last)))


def _logic(
    data: str, hidden: str, *last: str, bias: str = "true", loss: str = "BCELoss", rate: float = 0.5
) -> str:
    """A small network for a table of two columns."""
    layers = [
        f"{{type: Linear, out_features: 4, bias: {bias}}}",
        hidden,
        f"{{type: Linear, out_features: 1, bias: {bias}}}",
        *last,
    ]
    return f"""
network:
  input: {{shape: [2]}}
  layers: [{", ".join(layers)}]
training: {{loss: {loss}, optimizer: {{type: SGD, lr: {rate}}}, batch_size: 4, steps: 1000}}
data: {{source: builtin, name: {data}}}
"""


def _loss(text: str, loss: str) -> str:
    return text.replace("CrossEntropyLoss", loss)


PIXELS = """
network:
  input: {shape: [1, 8, 8]}
  layers:
    - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
    - ReLU
    - Flatten
    - {type: Linear, out_features: 32}
    - ReLU
    - {type: Linear, out_features: 10}
training: {loss: CrossEntropyLoss, optimizer: {type: SGD, lr: 0.1}, batch_size: 64, epochs: 30}
data: {source: synthetic, task: classification, scale: 73.0, shift: 127.0}
"""
MASKED = """
network:
  input: {shape: [12], dtype: int, vocab: 8}
  layers:
    - {type: Embedding, embedding_dim: 16}
    - {type: SelfAttention, num_heads: 2, mask: all, name: blind}
    - {op: mean, dim: 1}
    - {type: Linear, out_features: 8}
data: {source: builtin, name: first_token, length: 12, classes: 8}
"""
REGRESSION = """
network:
  input: {shape: [10]}
  layers: [{type: Linear, out_features: 32}, ReLU, {type: Linear, out_features: 1}]
training: {loss: MSELoss, optimizer: {type: Adam, lr: 1e-3}, batch_size: 64, epochs: 30}
data: {source: builtin, name: diabetes}
"""
SQUARES = """
network:
  input: {shape: [64]}
  layers:
    - {type: Linear, out_features: 32, name: root}
    - {op: mul, from: [root, root], name: square}
    - LayerNorm
    - {type: Linear, out_features: 10}
  init: [{match: root, bias: {scheme: constant, val: 300.0}}]
"""

SICK = [
    _patient("double softmax", _ending("Softmax") + SGD + DIGITS, "unstable", "output-loss-mismatch"),
    _patient("softmax over one unit", _logic("xor", "Tanh", "Softmax"), "unstable", "output-loss-mismatch"),
    _patient(
        "cross entropy on one unit",
        _logic("and", "Tanh", loss="CrossEntropyLoss"),
        "unstable",
        "output-loss-mismatch",
    ),
    _patient(
        "sigmoid before logits",
        _logic("xor", "Tanh", "Sigmoid", loss="BCEWithLogitsLoss"),
        "unstable",
        "output-loss-mismatch",
    ),
    _patient(
        "mean error for classes that fails",
        _loss(_ending("Softmax") + SGD + DIGITS, "MSELoss"),
        "unstable",
        "output-loss-mismatch",
    ),
    _patient(
        "no logarithm before NLLLoss",
        _loss(_ending() + SGD + DIGITS, "NLLLoss"),
        "unstable",
        "output-loss-mismatch",
    ),
    _patient("raw numbers for BCELoss", _logic("moons", "ReLU"), "unstable", "output-loss-mismatch"),
    _patient(
        "sigmoid on XOR, on its plateau",
        _logic("xor", "Sigmoid", "Sigmoid"),
        "inconclusive",
        "not-learning",
        300,
    ),
    _patient(
        "sigmoid on AND at a low rate",
        _logic("and", "Sigmoid", "Sigmoid", rate=0.01),
        "inconclusive",
        "not-learning",
        300,
    ),
    _patient(
        "no biases on zero inputs",
        _logic("and", "ReLU", "Sigmoid", bias="false"),
        "unstable",
        "missing-bias",
        300,
    ),
    _patient(
        "no biases for one circle in another",
        _logic("circles", "ReLU", "Sigmoid", bias="false"),
        "unstable",
        "missing-bias",
        300,
    ),
    _patient("pixels of 0 to 255", PIXELS, "unstable", "input-scale"),
    _patient("fully masked attention row", MASKED + ADAM, "unstable", "non-finite-origin"),
    _patient(
        "squares that fp16 cannot hold",
        SQUARES + ADAM.replace("epochs", "precision: fp16, epochs") + DIGITS,
        "unstable",
        "overflow",
    ),
    _patient("disease scores of 25 to 346", REGRESSION, "unstable", "target-scale"),
    _patient(
        "a sum with the rate of a mean",
        _mlp(3, "ReLU") + SGD.replace("CrossEntropyLoss}", "CrossEntropyLoss, reduction: sum}") + DIGITS,
        "unstable",
        "loss-reduction-scale",
    ),
    _patient(
        "clipping far below the gradient",
        _mlp(2, "ReLU") + SGD.replace("epochs: 30", "clip: {norm: 1e-6}, epochs: 30") + DIGITS,
        "unstable",
        "clipping-masks-gradients",
    ),
    _patient(
        "dropout of everything, where a share to keep was meant",
        _mlp(3, "ReLU", norm="{type: Dropout, p: 1.0}") + ADAM + DIGITS,
        "unstable",
        "dead-units",
    ),
    _patient(
        "a threshold that nothing reaches",
        _mlp(3, "{type: Threshold, threshold: 20, value: 0}") + ADAM + DIGITS,
        "unstable",
        "no-gradient",
    ),
    _patient(
        "a fixed loss scale that skips every step",
        _mlp(3, "ReLU") + ADAM.replace("epochs", "precision: fp16, loss_scale: 3e7, epochs") + DIGITS,
        "unstable",
        "overflow",
    ),
    _patient(
        "a loss scale that makes gradients smaller still",
        _mlp(3, "ReLU") + ADAM.replace("epochs", "precision: fp16, loss_scale: 1e-7, epochs") + DIGITS,
        "unstable",
        "underflow",
    ),
    _patient(
        "a rate that is halved at every step instead of every epoch",
        _mlp(3, "ReLU")
        + ADAM.replace("epochs", "schedule: {type: exponential, gamma: 0.5}, epochs")
        + DIGITS,
        "unstable",
        "learning-rate-too-low",
    ),
]

HEALTHY = [
    _patient("the same squares in fp32", SQUARES + ADAM + DIGITS, "healthy"),
    _patient("double softmax with which it learns", _ending("Softmax") + ADAM.replace("1e-3", "1e-2") + DIGITS, "healthy"),
    _patient("mean error for classes that works", _loss(_ending() + ADAM + DIGITS, "MSELoss"), "healthy"),
    _patient("scaled steps that were skipped", _mlp(3, "ReLU") + ADAM.replace("epochs", "precision: fp16, loss_scale: dynamic, epochs") + DIGITS, "healthy"),
    _patient("rate 3 with which it learns", _logic("xor", "Tanh", "Sigmoid", rate=3.0), "healthy", None, 300),
    _patient("large raw gradients that clipping handles", _mlp(2, "ReLU") + SGD.replace("CrossEntropyLoss}", "CrossEntropyLoss, reduction: sum}").replace("epochs: 30", "clip: {norm: 1.0}, epochs: 30") + DIGITS, "healthy"),
    _patient("no biases where none are needed", _logic("xor", "Tanh", "Sigmoid", bias="false"), "healthy", None, 300),
    _patient("disease scores, slowly under a high rate", REGRESSION.replace("1e-3", "1.0"), "healthy", None, 200),
]  # fmt: skip

PATIENTS = [*SICK, *HEALTHY]
