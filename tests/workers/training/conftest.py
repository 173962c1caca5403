"""Orders, networks and an observer for trainings small enough for a test."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from service.schemas.limits import Limits
from service.schemas.order import RunOrder
from service.schemas.run import NonFinite
from service.schemas.submission import Submission


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


class Notebook:
    """An observer that writes down everything it is told; probes the steps in `probed`."""

    def __init__(self, *probed: int) -> None:
        self.probed = set(probed)
        self.calls: list[str] = []
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.clipped: list[Tensor | None] = []
        self.accuracies: list[Tensor | None] = []
        self.trivial: list[float] = []
        self.skipped: list[bool | None] = []
        self.probes: list[int] = []
        self.optimizers: Mapping[str, Optimizer] = {}
        self.gradients: list[list[Tensor]] = []
        self.scales: list[float] = []
        self._demanded = False

    def attach(self, optimizers: Mapping[str, Optimizer]) -> None:
        self.calls.append("attach")
        self.optimizers = optimizers

    def demand(self) -> None:
        self._demanded = True

    def begin(self, step: int) -> bool:
        self.calls.append("begin")
        probed, self._demanded = self._demanded or step in self.probed, False
        if probed:
            self.probes.append(step)
        return probed

    def after_forward(self, *, inputs: Tensor, loss: Tensor) -> None:
        self.calls.append("forward")
        assert loss.requires_grad
        assert inputs.dim() > 0
        loss.register_hook(lambda gradient: self.scales.append(float(gradient)))

    def after_backward(self) -> None:
        self.calls.append("backward")
        weights = [w for o in self.optimizers.values() for group in o.param_groups for w in group["params"]]
        self.gradients.append([w.grad.clone() for w in weights if w.grad is not None])

    def after_update(
        self,
        step: int,
        *,
        loss: Tensor,
        learning_rate: float,
        accuracy: Tensor | None,
        trivial_loss: float,
        clipped: Tensor | None,
        skipped: bool | None = None,
    ) -> None:
        self.calls.append("update")
        self.skipped.append(skipped)
        assert not loss.requires_grad
        self.losses.append(float(loss))
        self.rates.append(learning_rate)
        self.accuracies.append(accuracy)
        self.trivial.append(trivial_loss)
        self.clipped.append(clipped)

    def finish(self) -> NonFinite | None:
        self.calls.append("finish")
        return None


@pytest.fixture
def notebook() -> Callable[..., Notebook]:
    """A fresh observer that probes the given steps."""
    return Notebook


@pytest.fixture
def order() -> Callable[..., RunOrder]:
    """An order with the given training (merged over SGD and MSE), data, steps and seed."""

    def make(
        training: Mapping[str, Any] | None = None, *, steps: int = 5, seed: int = 0, **submission: Any
    ) -> RunOrder:
        chosen = {"loss": {"type": "MSELoss"}, "optimizer": {"type": "SGD", "lr": 0.1}, "batch_size": 8}
        body = {"training": {**chosen, **(training or {})}, **submission}
        if "networks" not in body:
            body.setdefault(
                "network", {"input": {"shape": [3]}, "layers": [{"type": "Linear", "out_features": 2}]}
            )
        return RunOrder(
            run_id="r",
            attempt=1,
            seed=seed,
            steps=steps,
            planned_steps=100,
            submission=Submission.model_validate(body),
            limits=Limits(),
        )

    return make


@pytest.fixture
def mlp() -> Callable[..., nn.Sequential]:
    """A small network, initialised the same way every time."""

    def make(width: int = 3, out: int = 2, *, dropout: float = 0.0, norm: bool = False) -> nn.Sequential:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            middle: list[nn.Module] = [nn.BatchNorm1d(16)] if norm else []
            return nn.Sequential(
                nn.Linear(width, 16), *middle, nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, out)
            )

    return make
