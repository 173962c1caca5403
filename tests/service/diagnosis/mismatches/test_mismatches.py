from typing import Any

import pytest

from service.diagnosis.mismatches import mismatch
from tests.service.diagnosis.structures import ending, of

XOR = {"source": "builtin", "name": "xor"}
DIABETES = {"source": "builtin", "name": "diabetes"}
REGRESSION = {"source": "synthetic", "task": "regression"}

BLOCKING: list[tuple[str, str, dict[str, Any]]] = [
    (
        "softmax over one unit",
        "over one unit",
        {"last": ["Softmax"], "units": 1, "loss": "BCELoss", "data": XOR},
    ),
    (
        "softmax over one unit, mean error",
        "over one unit",
        {"last": ["Softmax"], "units": 1, "loss": "MSELoss", "data": XOR},
    ),
    ("cross entropy on one unit", "over one unit", {"last": ["Sigmoid"], "units": 1, "data": XOR}),
    (
        "sigmoid before logits",
        "never below one half",
        {"last": ["Sigmoid"], "units": 1, "loss": "BCEWithLogitsLoss", "data": XOR},
    ),
    (
        "ReLU before a binary loss of logits",
        "never below zero",
        {"last": ["ReLU"], "units": 1, "loss": "BCEWithLogitsLoss", "data": XOR},
    ),
    ("no logarithm", "falls for ever", {"last": [], "loss": "NLLLoss"}),
    ("sigmoid before NLLLoss", "nothing makes the classes compete", {"last": ["Sigmoid"], "loss": "NLLLoss"}),
    ("no sigmoid", "sigmoid is missing", {"last": [], "units": 1, "loss": "BCELoss", "data": XOR}),
    (
        "tanh for a probability",
        "sigmoid is missing",
        {"last": ["Tanh"], "units": 1, "loss": "BCELoss", "data": XOR},
    ),
    (
        "ReLU for a probability",
        "logarithm of zero",
        {"last": ["ReLU"], "units": 1, "loss": "BCELoss", "data": XOR},
    ),
    (
        "ReLU for Keras' probabilities",
        "logarithm of zero",
        {"last": ["ReLU"], "loss": {"type": "CrossEntropyLoss", "from_logits": False}},
    ),
    (
        "no softmax for Keras' probabilities",
        "softmax is missing",
        {"last": [], "loss": {"type": "CrossEntropyLoss", "from_logits": False}},
    ),
    (
        "negative rate",
        "may be negative",
        {"last": [], "units": 1, "loss": {"type": "PoissonNLLLoss", "log_input": False}, "data": DIABETES},
    ),
    (
        "sigmoid for disease scores",
        "out of reach",
        {"last": ["Sigmoid"], "units": 1, "loss": "MSELoss", "data": DIABETES},
    ),
    (
        "ReLU for standardised targets",
        "out of reach",
        {"last": ["ReLU"], "units": 1, "loss": "MSELoss", "data": REGRESSION},
    ),
    ("sigmoid for class numbers", "out of reach", {"last": ["Sigmoid"], "units": 1, "loss": "MSELoss"}),
    ("logarithms for one-hot targets", "out of reach", {"last": ["LogSoftmax"], "loss": "MSELoss"}),
    (
        "binary loss of one unit for ten classes",
        "have no bottom",
        {"last": [], "units": 1, "loss": "BCEWithLogitsLoss"},
    ),
    (
        "cross entropy of real numbers",
        "for real numbers",
        {"last": [], "units": 1, "loss": "CrossEntropyLoss", "data": DIABETES},
    ),
]

SLOWING: list[tuple[str, str, dict[str, Any]]] = [
    ("double softmax", "applies a softmax itself", {"last": ["Softmax"]}),
    ("two softmax layers", "Softmax and then Softmax", {"last": ["Softmax", "Softmax"], "loss": "MSELoss"}),
    ("sigmoid before cross entropy", "Sigmoid before CrossEntropyLoss", {"last": ["Sigmoid"]}),
    ("tanh before cross entropy", "held to -1 to 1", {"last": ["Tanh"]}),
    ("ReLU before cross entropy", "held to 0 to above", {"last": ["ReLU"]}),
    ("softmax before NLLLoss", "the logarithm is missing", {"last": ["Softmax"], "loss": "NLLLoss"}),
    (
        "tanh for standardised targets",
        "out of reach",
        {"last": ["Tanh"], "units": 1, "loss": "MSELoss", "data": REGRESSION},
    ),
    ("mean error for classes", "MSELoss for classes", {"last": ["Softmax"], "loss": "MSELoss"}),
    ("absolute error for classes", "answering 0 everywhere", {"last": [], "loss": "L1Loss"}),
    ("class numbers", "between 2 and 4", {"last": [], "units": 1, "loss": "MSELoss"}),
    ("binary loss of ten units", "mostly learns to say no", {"last": [], "loss": "BCEWithLogitsLoss"}),
]

SOUND: list[tuple[str, dict[str, Any]]] = [
    ("logits", {"last": []}),
    ("LogSoftmax before cross entropy changes nothing", {"last": ["LogSoftmax"]}),
    ("LogSoftmax for NLLLoss", {"last": ["LogSoftmax"], "loss": "NLLLoss"}),
    ("Keras", {"last": ["Softmax"], "loss": {"type": "CrossEntropyLoss", "from_logits": False}}),
    ("sigmoid for BCELoss", {"last": ["Sigmoid"], "units": 1, "loss": "BCELoss", "data": XOR}),
    ("softmax for a binary loss of each class", {"last": ["Softmax"], "loss": "BCELoss"}),
    ("logits for one unit", {"last": [], "units": 1, "loss": "BCEWithLogitsLoss", "data": XOR}),
    ("more units than classes", {"last": [], "units": 16}),
    ("linear regression", {"last": [], "units": 1, "loss": "MSELoss", "data": DIABETES}),
    ("ReLU for positive targets", {"last": ["ReLU"], "units": 1, "loss": "MSELoss", "data": DIABETES}),
    ("a flattened softmax in between", {"last": ["LogSoftmax", "Dropout", "Flatten"], "loss": "NLLLoss"}),
]


def build(case: dict[str, Any]) -> Any:
    return ending(*case["last"], **{key: value for key, value in case.items() if key != "last"})


@pytest.mark.parametrize(
    ("words", "case"), [pair[1:] for pair in BLOCKING], ids=[pair[0] for pair in BLOCKING]
)
def test_what_keeps_a_network_from_learning_is_seen(words: str, case: dict[str, Any]) -> None:
    found = mismatch(build(case))
    assert found is not None
    assert words in found.message
    assert found.blocks


@pytest.mark.parametrize(("words", "case"), [pair[1:] for pair in SLOWING], ids=[pair[0] for pair in SLOWING])
def test_what_only_slows_a_network_is_seen_as_such(words: str, case: dict[str, Any]) -> None:
    found = mismatch(build(case))
    assert found is not None
    assert words in found.message
    assert not found.blocks


@pytest.mark.parametrize("case", [pair[1] for pair in SOUND], ids=[pair[0] for pair in SOUND])
def test_what_fits_is_passed_over(case: dict[str, Any]) -> None:
    assert mismatch(build(case)) is None


def test_a_critic_is_to_be_free_and_a_generator_may_be_bounded() -> None:
    def networks(**endings: list[Any]) -> dict[str, Any]:
        sizes = {"generator": (4, 2), "critic": (2, 1)}
        return {
            name: {
                "input": {"shape": [sizes[name][0]]},
                "layers": [{"type": "Linear", "out_features": sizes[name][1]}, *last],
            }
            for name, last in endings.items()
        }

    def found(**endings: list[Any]) -> list[Any]:
        written = {
            "networks": networks(**endings),
            "training": {"loss": "Wasserstein", "optimizer": "Adam"},
            "data": {"source": "builtin", "name": "ring"},
        }
        return [mismatch(structure) for structure in of(written)]

    assert found(generator=["Tanh"], critic=[]) == [None, None]
    generator, critic = found(generator=["Tanh"], critic=["Sigmoid"])
    assert generator is None
    assert "held to 0 to 1" in critic.message
