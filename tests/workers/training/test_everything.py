"""Every builtin and the synthetic data train three steps under every loss that the service lets them."""

import math
from typing import get_args

import pytest
import torch
from torch import nn

from service.schemas.catalogue import BUILTINS, builtin_shape, synthetic_shape
from service.schemas.data import BuiltinData, SyntheticData
from service.schemas.plan import Tensor
from service.schemas.targets import TargetError, target_for
from service.schemas.training import Loss, LossType
from workers.errors import UnfitData
from workers.training.data import examples
from workers.training.loop import train

CPU = torch.device("cpu")
LOSSES = [each for each in get_args(LossType) if each != "Wasserstein"]
PROBABILITY_LOSSES = {"BCELoss"}
LOG_LOSSES = {"NLLLoss", "KLDivLoss", "CTCLoss"}


class Flat(nn.Module):
    """One linear layer from all inputs to all outputs, ending as its loss wants it."""

    def __init__(self, loss: Loss, entry: Tensor, output: tuple[int, ...]) -> None:
        super().__init__()
        self.loss, self.output, self.tokens = loss, output, entry.dtype == "int"
        self.embedding = nn.Embedding(entry.vocab or 1, 1)
        self.linear = nn.Linear(math.prod(entry.shape), math.prod(output))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embedding(x) if self.tokens else x
        y = self.linear(x.flatten(1)).reshape(-1, *self.output)
        if self.loss.from_logits is False:
            return y.softmax(-1)
        if self.loss.type in PROBABILITY_LOSSES:
            return y.sigmoid()
        return y.log_softmax(-1) if self.loss.type in LOG_LOSSES else y


def trained(order, notebook, data, loss: Loss, entry: Tensor, output: tuple[int, ...]) -> None:
    found = examples(data, loss, entry, Tensor(shape=output))
    spec = order({"loss": loss.model_dump(), "optimizer": {"type": "SGD", "lr": 1e-6}}, steps=3)
    seen = notebook(0, 2)
    if loss.type == "SoftMarginLoss" and float(found.y.abs().max()) > 100:
        return  # exp(346 · output) overflows in torch too
    outcome = train(spec, {"main": Flat(loss, entry, output)}, found, seen, CPU)
    assert (outcome.steps_run, outcome.first_nonfinite) == (3, None)
    assert all(math.isfinite(value) for value in seen.losses)
    if outcome.accuracy is not None:
        assert 0 <= outcome.accuracy <= 1
    if outcome.trivial_loss is not None and loss.type not in {"PoissonNLLLoss", "GaussianNLLLoss"}:
        assert outcome.trivial_loss >= -1e-9


def forms(name: str) -> tuple[Tensor, list[tuple[int, ...]]]:
    """The set's own input, and outputs that a team may hold against its answers."""
    known = BUILTINS[name]
    length, classes = (6 if known.length else 0), known.classes or 0
    first = known.make(length, classes)
    entry = Tensor(shape=first.x.shape, dtype=first.x.dtype, vocab=first.vocab)
    units = first.answer.classes or 1
    outputs = [(1,), (units,)]
    return entry, [*outputs, (length, units), (3 * length, units + 1)] if first.answer.per_step else outputs


def is_binary(name: str) -> bool:
    known = BUILTINS[name]
    return known.make(6, known.classes or 0).answer.classes == 2


def known_preprocess(name: str) -> str:
    """Raw measures overflow torch's soft margin, tokens cannot be standardised."""
    return "none" if BUILTINS[name].length else "standardize"


@pytest.mark.parametrize("loss_type", LOSSES)
@pytest.mark.parametrize("name", sorted(set(BUILTINS) - {"ring"}))
def test_builtin(order, notebook, name: str, loss_type: str) -> None:
    entry, outputs = forms(name)
    length = 6 if BUILTINS[name].length else None
    data, tried = BuiltinData(name=name, length=length, preprocess=known_preprocess(name)), 0
    for output in outputs:
        for from_logits in (None, False):
            loss = Loss(type=loss_type, from_logits=from_logits)
            try:
                target_for(loss, Tensor(shape=output), builtin_shape(data, entry).answer)
            except TargetError:
                continue
            if loss_type == "BCELoss" and from_logits is None and output == (1,) and not is_binary(name):
                with pytest.raises(UnfitData, match="between 0 and 1"):
                    examples(data, loss, entry, Tensor(shape=output))
                continue
            trained(order, notebook, data, loss, entry, output)
            tried += 1
    assert tried or loss_type in {"CTCLoss", "NLLLoss", "MultiMarginLoss", "BCELoss"}


@pytest.mark.parametrize("output", [(1,), (4,), (8, 4), (4, 8), (4, 2, 2)], ids=str)
@pytest.mark.parametrize("loss_type", LOSSES)
def test_synthetic(order, notebook, loss_type: str, output: tuple[int, ...]) -> None:
    loss, entry = Loss(type=loss_type, reduction="sum"), Tensor(shape=(8, 3))
    data = SyntheticData(examples=32)
    try:
        target_for(
            loss, Tensor(shape=output), synthetic_shape(data, loss, entry, None, Tensor(shape=output)).answer
        )
    except TargetError as error:
        pytest.skip(str(error))
    trained(order, notebook, data, loss, entry, output)


@pytest.mark.parametrize("loss_type", LOSSES)
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("mode", ["autocast", "pure"])
def test_reduced_precision(order, notebook, loss_type: str, precision: str, mode: str) -> None:
    output = (8, 4) if loss_type == "CTCLoss" else (4,)
    loss, entry = Loss(type=loss_type), Tensor(shape=(8, 3))
    found = examples(SyntheticData(examples=16), loss, entry, Tensor(shape=output))
    chosen = {"loss": loss.model_dump(), "precision": precision, "precision_mode": mode}
    outcome = train(order(chosen, steps=3), {"main": Flat(loss, entry, output)}, found, notebook(0), CPU)
    assert outcome.steps_run == 3
