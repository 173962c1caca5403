"""Recurrent layers that give one tensor: the last state, the whole sequence, or its mean over time."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from workers.networks.registry import kind

Reading = Literal["last", "sequence", "mean"]


class Recurrent(nn.Module):
    """A recurrent core of torch over (batch, time, features), and what is read from it.

    `last` is the final state of the top layer, for a bidirectional one of both directions side by side:
    the backward direction's final state is the one that has read the sequence back to its first step.
    """

    def __init__(self, core: nn.RNNBase, output: Reading) -> None:
        super().__init__()
        self.core = core
        self.reading = output

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, features) to (batch, time, states) for `sequence`, else to (batch, states)."""
        sequence, states = self.run(x)
        if self.reading == "sequence":
            return sequence
        if self.reading == "mean":
            return sequence.mean(dim=1)
        directions = 2 if self.core.bidirectional else 1
        return torch.cat(tuple(states[-directions:]), dim=-1)

    def run(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """All outputs of the top layer, and the final state of every layer and direction."""
        sequence, states = self.core(x)
        return sequence, states


@kind("RNN")
class ElmanLayer(Recurrent):
    """torch.nn.RNN, tanh or relu."""

    def __init__(self, *, output: Reading, **arguments: object) -> None:
        super().__init__(nn.RNN(**arguments, batch_first=True), output)


@kind("GRU")
class GatedLayer(Recurrent):
    """torch.nn.GRU."""

    def __init__(self, *, output: Reading, **arguments: object) -> None:
        super().__init__(nn.GRU(**arguments, batch_first=True), output)


@kind("LSTM")
class MemoryLayer(Recurrent):
    """torch.nn.LSTM with a settable forget bias, and a loop of our own where the cell is not tanh.

    The loop does what Keras does for `LSTM(activation="relu")`: the candidate and the cell's output go
    through the activation, the gates stay sigmoid. It costs one matrix product per time step.
    """

    def __init__(
        self,
        *,
        output: Reading,
        cell_activation: Literal["tanh", "relu"] = "tanh",
        forget_bias: float | None = None,
        **arguments: object,
    ) -> None:
        super().__init__(nn.LSTM(**arguments, batch_first=True), output)
        self.cell_activation = cell_activation
        self.forget_bias = forget_bias
        self.fill_forget_bias()

    def fill_forget_bias(self) -> None:
        """Set the forget gates' bias to `forget_bias`: all of it in bias_ih, none in bias_hh."""
        if self.forget_bias is not None:
            fill_forget_bias(self.core, self.forget_bias)

    def run(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """As torch computes it, or by our loop for a cell that torch does not have."""
        if self.cell_activation == "tanh":
            sequence, (states, _) = self.core(x)
            return sequence, states
        return run_lstm(self.core, x, functional.relu)


def fill_forget_bias(core: nn.RNNBase, value: float) -> None:
    """Set the sum of both forget-gate biases of an LSTM to `value` in every layer and direction."""
    hidden = core.hidden_size
    with torch.no_grad():
        for name, bias in core.named_parameters():
            if name.startswith("bias_"):
                bias[hidden : 2 * hidden] = value if name.startswith("bias_ih") else 0.0


def run_lstm(core: nn.RNNBase, x: Tensor, activation: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """An LSTM over (batch, time, features) with any cell activation and the weights of `core`."""
    states = []
    suffixes = ("", "_reverse") if core.bidirectional else ("",)
    for layer in range(core.num_layers):
        if layer > 0:
            x = functional.dropout(x, core.dropout, core.training)
        outputs = []
        for suffix in suffixes:
            sequence = _run_direction(core, f"l{layer}{suffix}", x.flip(1) if suffix else x, activation)
            states.append(sequence[:, -1])
            outputs.append(sequence.flip(1) if suffix else sequence)
        x = torch.cat(outputs, dim=-1)
    return x, torch.stack(states)


def _run_direction(
    core: nn.RNNBase, suffix: str, x: Tensor, activation: Callable[[Tensor], Tensor]
) -> Tensor:
    driven = functional.linear(
        x, getattr(core, f"weight_ih_{suffix}"), getattr(core, f"bias_ih_{suffix}", None)
    )
    weight, bias = getattr(core, f"weight_hh_{suffix}"), getattr(core, f"bias_hh_{suffix}", None)
    state = cell = x.new_zeros(len(x), core.hidden_size)
    sequence = []
    for now in driven.unbind(dim=1):
        gate_in, forget, candidate, gate_out = (now + functional.linear(state, weight, bias)).chunk(4, dim=-1)
        cell = forget.sigmoid() * cell + gate_in.sigmoid() * activation(candidate)
        state = gate_out.sigmoid() * activation(cell)
        sequence.append(state)
    return torch.stack(sequence, dim=1)
