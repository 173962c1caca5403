"""Sick and healthy submissions with the finding that each must get; small enough to be diagnosed on every run."""

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Patient:
    """One submission and what is to be said of it."""

    name: str
    submission: dict[str, Any]
    verdict: str
    cause: str | None = None
    """Name of the rule of the first finding."""


def _patient(name: str, text: str, verdict: str, cause: str | None = None) -> Patient:
    return Patient(name, read(text), verdict, cause)


def read(text: str) -> dict[str, Any]:
    """A submission from its YAML, quick to diagnose unless it says otherwise."""
    return {"project": "zoo", "probing": {"seeds": 2, "steps": 100}} | yaml.load(text, Loader=_Numbers)


class _Numbers(yaml.SafeLoader):
    """YAML as the service reads it where the zoo needs it: `1e-3` is a number."""


_Numbers.yaml_implicit_resolvers = {
    key: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool" or key in "tTfF"]
    for key, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Numbers.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    __import__("re").compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)

DIGITS = "data: {source: builtin, name: digits, preprocess: minmax}\n"
IMAGES = DIGITS
ADAM = "training: {loss: {type: CrossEntropyLoss}, optimizer: {type: Adam, lr: 1e-3}, batch_size: 64, epochs: 30}\n"
SGD = "training: {loss: {type: CrossEntropyLoss}, optimizer: {type: SGD, lr: 0.1}, batch_size: 64, epochs: 30}\n"


def _mlp(depth: int, activation: str, *, width: int = 64, init: str = "", norm: str = "") -> str:
    """A digits classifier of `depth` hidden layers."""
    body = ", ".join(part for part in (f"{{type: Linear, out_features: {width}}}", norm, activation) if part)
    return f"""
network:
  input: {{shape: [64]}}
  layers:
    - {{repeat: {depth}, name: h, body: [{body}]}}
    - {{type: Linear, out_features: 10, name: head}}
  init: [{init}]
"""


def _normal(std: float) -> str:
    return f"{{match: 'h*', layer: Linear, weight: {{scheme: normal, std: {std}}}}}"


SICK = [
    _patient(
        "deep sigmoid under Adam", _mlp(20, "Sigmoid") + ADAM + DIGITS, "unstable", "vanishing-gradient"
    ),
    _patient("deep sigmoid under SGD", _mlp(10, "Sigmoid") + SGD + DIGITS, "unstable", "vanishing-gradient"),
    _patient(
        "deep tanh with small weights",
        _mlp(12, "Tanh", init=_normal(0.01)) + SGD + DIGITS,
        "unstable",
        "poor-initialization",
    ),
    _patient(
        "thirty ReLU layers with torch's weights",
        _mlp(30, "ReLU") + SGD + DIGITS,
        "unstable",
        "poor-initialization",
    ),
    _patient(
        "thirty ReLU layers with large weights",
        _mlp(30, "ReLU", init=_normal(0.3)) + ADAM + DIGITS,
        "unstable",
        "poor-initialization",
    ),
    _patient(
        "tanh with huge weights",
        _mlp(6, "Tanh", init=_normal(3.0)) + SGD + DIGITS,
        "unstable",
        "poor-initialization",
    ),
    _patient(
        "ReLU born dead",
        _mlp(
            3,
            "ReLU",
            init="{match: 'h*', layer: Linear, weight: {scheme: normal, std: 0.05}, bias: {scheme: constant, val: -4.0}}",
        )
        + ADAM
        + DIGITS,
        "unstable",
        "dead-units",
    ),
    _patient(
        "features in thousands",
        _mlp(3, "Tanh", width=32).replace("[64]", "[13]").replace("features: 10", "features: 3")
        + "training: {loss: {type: CrossEntropyLoss}, optimizer: {type: SGD, lr: 0.1}, batch_size: 32, epochs: 50}\n"
        + "data: {source: builtin, name: wine}\n",
        "unstable",
        "input-scale",
    ),
    _patient(
        "inputs of a thousandth",
        _mlp(3, "Tanh") + SGD + "data: {source: synthetic, task: classification, scale: 1e-4}\n",
        "unstable",
        "input-scale",
    ),
    _patient(
        "SGD at rate 10",
        _mlp(3, "ReLU") + SGD.replace("0.1", "10.0") + DIGITS,
        "unstable",
        "learning-rate-too-high",
    ),
    _patient(
        "Adam at rate 1",
        _mlp(4, "Tanh") + ADAM.replace("1e-3", "1.0") + DIGITS,
        "unstable",
        "learning-rate-too-high",
    ),
    _patient(
        "SGD at rate 1e-7",
        _mlp(3, "ReLU") + SGD.replace("0.1", "1e-7") + DIGITS,
        "unstable",
        "learning-rate-too-low",
    ),
    _patient(
        "Adam at rate 1e-9",
        _mlp(3, "GELU") + ADAM.replace("1e-3", "1e-9") + DIGITS,
        "unstable",
        "learning-rate-too-low",
    ),
    _patient(
        "deep batch norm without shortcuts",
        _mlp(40, "ReLU", norm="BatchNorm1d") + SGD + DIGITS,
        "unstable",
        "exploding-gradient",
    ),
    _patient(
        "linear layers with small weights",
        _mlp(10, "", init=_normal(0.02)) + SGD + DIGITS,
        "unstable",
        "poor-initialization",
    ),
    _patient(
        "attention with every key masked",
        """
network:
  input: {shape: [12], dtype: int, vocab: 8}
  layers:
    - {type: Embedding, embedding_dim: 16}
    - {type: SelfAttention, num_heads: 2, mask: all, name: blind}
    - {op: mean, dim: 1}
    - {type: Linear, out_features: 8}
"""
        + ADAM
        + "data: {source: builtin, name: first_token, length: 12, classes: 8}\n",
        "unstable",
        "non-finite-origin",
    ),
]

HEALTHY = [
    _patient("ReLU MLP", _mlp(3, "ReLU") + ADAM + DIGITS, "healthy"),
    _patient("tanh MLP under SGD", _mlp(2, "Tanh") + SGD + DIGITS, "healthy"),
    _patient(
        "deep ReLU with He weights and layer norm",
        _mlp(
            8,
            "ReLU",
            norm="LayerNorm",
            init="{match: 'h*', layer: Linear, weight: {scheme: kaiming_normal, nonlinearity: relu}}",
        )
        + ADAM
        + DIGITS,
        "healthy",
    ),
    _patient(
        "SELU with LeCun weights",
        _mlp(
            8,
            "SELU",
            init="{match: 'h*', layer: Linear, weight: {scheme: kaiming_normal, nonlinearity: linear}, bias: zeros}",
        )
        + ADAM
        + DIGITS,
        "healthy",
    ),
    _patient(
        "convolutions with batch norm",
        """
network:
  input: {shape: [1, 8, 8]}
  layers:
    - repeat: 3
      name: block
      body: [{type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}, BatchNorm2d, ReLU]
    - {type: MaxPool2d, kernel_size: 2}
    - Flatten
    - {type: Linear, out_features: 10}
"""
        + ADAM
        + IMAGES,
        "healthy",
    ),
    _patient(
        "small ResNet",
        """
network:
  input: {shape: [1, 8, 8]}
  layers:
    - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1, name: stem}
    - repeat: 4
      name: block
      body:
        - residual:
            body:
              - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
              - BatchNorm2d
              - ReLU
              - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
              - {type: BatchNorm2d, name: last}
        - ReLU
    - {type: AdaptiveAvgPool2d, output_size: 1}
    - Flatten
    - {type: Linear, out_features: 10}
  init: [{match: "*.last", layer: BatchNorm2d, weight: zeros}]
"""
        + ADAM.replace("1e-3", "1e-2")
        + IMAGES,
        "healthy",
    ),
    _patient(
        "pre-norm transformer",
        """
network:
  input: {shape: [6], dtype: int, vocab: 8}
  layers:
    - {type: Embedding, embedding_dim: 32}
    - PositionalEmbedding
    - {repeat: 4, name: layer, body: [{type: TransformerEncoderLayer, nhead: 4, dim_feedforward: 64, dropout: 0.0, norm_first: true}]}
    - LayerNorm
    - {op: mean, dim: 1}
    - {type: Linear, out_features: 8}
"""
        + ADAM.replace("1e-3", "3e-3")
        + "data: {source: builtin, name: first_token, length: 6, classes: 8}\n",
        "healthy",
    ),
    _patient(
        "LSTM",
        """
network:
  input: {shape: [8], dtype: int, vocab: 4}
  layers:
    - {type: Embedding, embedding_dim: 16}
    - {type: LSTM, hidden_size: 32, output: last}
    - {type: Linear, out_features: 4}
"""
        + ADAM.replace("1e-3", "1e-2")
        + "data: {source: builtin, name: first_token, length: 8, classes: 4}\n",
        "healthy",
    ),
    _patient(
        "GRU on characters",
        """
network:
  input: {shape: [32], dtype: int, vocab: 32}
  layers:
    - {type: Embedding, embedding_dim: 32}
    - {type: GRU, hidden_size: 64, output: sequence}
    - {type: Linear, out_features: 32}
"""
        + ADAM.replace("1e-3", "1e-2")
        + "data: {source: builtin, name: characters, length: 32}\n",
        "healthy",
    ),
    _patient(
        "moons with binary loss",
        """
network:
  input: {shape: [2]}
  layers: [{type: Linear, out_features: 32}, ReLU, {type: Linear, out_features: 32}, ReLU, {type: Linear, out_features: 1}]
training: {loss: {type: BCEWithLogitsLoss}, optimizer: {type: Adam, lr: 1e-2}, batch_size: 64, epochs: 30}
data: {source: builtin, name: moons}
""",
        "healthy",
    ),
    _patient(
        "wine, standardised",
        """
network:
  input: {shape: [13]}
  layers: [{type: Linear, out_features: 32}, Tanh, {type: Linear, out_features: 3}]
training: {loss: {type: CrossEntropyLoss}, optimizer: {type: SGD, lr: 0.1, momentum: 0.9}, batch_size: 32, epochs: 50}
data: {source: builtin, name: wine, preprocess: standardize}
""",
        "healthy",
    ),
    _patient(
        "regression with GELU and AdamW after a warm-up",
        """
network:
  input: {shape: [16]}
  layers: [{type: Linear, out_features: 64}, GELU, {type: Linear, out_features: 64}, GELU, {type: Linear, out_features: 1}]
training: {loss: {type: MSELoss}, optimizer: {type: AdamW, lr: 3e-3}, batch_size: 64, epochs: 30, schedule: {type: cosine, warmup_steps: 20}}
data: {source: synthetic, task: regression}
""",
        "healthy",
    ),
    _patient(
        "zero-initialised output layer",
        _mlp(3, "ReLU", init="{match: head, weight: zeros, bias: zeros}") + ADAM + DIGITS,
        "healthy",
    ),
    _patient(
        "XOR with tanh at rate 1",
        """
network:
  input: {shape: [2]}
  layers: [{type: Linear, out_features: 8}, Tanh, {type: Linear, out_features: 1}, Sigmoid]
training: {loss: {type: BCELoss}, optimizer: {type: SGD, lr: 1.0}, batch_size: 4, steps: 1000}
data: {source: builtin, name: xor}
""",
        "healthy",
    ),
    _patient(
        "bf16 under autocast",
        _mlp(3, "ReLU") + ADAM.replace("epochs", "precision: bf16, epochs") + DIGITS,
        "healthy",
    ),
    _patient(
        "large loss that clipping handles",
        _mlp(3, "ReLU")
        + "training: {loss: {type: CrossEntropyLoss, reduction: sum}, optimizer: {type: SGD, lr: 0.1}, clip: {norm: 1.0}, batch_size: 64, epochs: 30}\n"
        + DIGITS,
        "healthy",
    ),
    _patient(
        "critic and generator with a gradient penalty",
        """
networks:
  generator:
    input: {shape: [8]}
    layers: [{type: Linear, out_features: 64}, ReLU, {type: Linear, out_features: 64}, ReLU, {type: Linear, out_features: 2}]
  critic:
    input: {shape: [2]}
    layers: [{type: Linear, out_features: 64}, LeakyReLU, {type: Linear, out_features: 64}, LeakyReLU, {type: Linear, out_features: 1}]
training:
  loss: {type: Wasserstein, gradient_penalty: 10.0}
  optimizer: {type: Adam, lr: 1e-3, betas: [0.0, 0.9]}
  batch_size: 64
  steps: 400
data: {source: builtin, name: ring}
""",
        "healthy",
    ),
]

PATIENTS = [*SICK, *HEALTHY]
