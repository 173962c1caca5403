"""LSTM, GRU and RNN as functions of their weights, so that weights computed in the graph keep their gradients.

torch's own kernels do the work; ONNX orders the gates otherwise. torch reads beyond its memory where an
initial state has a wrong shape, so all shapes are checked first.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from workers.networks.onnx.call import Call
from workers.networks.onnx.refusal import RefusedNetwork
from workers.networks.onnx.registry import Operation, operator

_WEIGHTS = {1: "weight_ih", 2: "weight_hh", 3: "bias"}
_DEFAULTS = {"LSTM": ("sigmoid", "tanh", "tanh"), "GRU": ("sigmoid", "tanh"), "RNN": ("tanh",)}
_ORDERS = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where torch's gates stand among ONNX's: i f g o from iofc, r z n from zrh."""


class Recurrence:
    """One recurrent operator: (time, batch, features) in, (time, directions, batch, states) out."""

    def __init__(self, call: Call) -> None:
        self.kind = call.operator
        self.hidden = call.integer("hidden_size")
        direction = call.only("direction", "forward", "reverse", "bidirectional")
        self.directions = 2 if direction == "bidirectional" else 1
        self.reverse = direction == "reverse"
        self.batch_first = bool(call.get("layout", 0)) if call.opset >= 14 else False
        self.activations = self._activations(call)
        self.reset_after = bool(call.get("linear_before_reset", 0)) if self.kind == "GRU" else True
        if call.get("clip", 0.0) or (self.kind == "LSTM" and call.get("input_forget", 0)):
            raise RefusedNetwork("clip and input_forget are not supported")
        self.call = call

    def _activations(self, call: Call) -> tuple[str, ...]:
        default = _DEFAULTS[self.kind] * self.directions
        given = tuple(name.lower() for name in call.get("activations", default))
        call.ignore("activation_alpha", "activation_beta")
        if given == default or (self.kind == "RNN" and set(given) in ({"relu"}, {"tanh"})):
            return given
        raise RefusedNetwork(f"activations {', '.join(given)[:60]} are not supported")

    def __call__(
        self,
        x: Tensor,
        w: Tensor,
        r: Tensor,
        b: Tensor | None = None,
        lengths: Tensor | None = None,
        h: Tensor | None = None,
        c: Tensor | None = None,
        peepholes: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """All states, the last state, and for LSTM the last cell."""
        if self.batch_first:
            x = x.transpose(0, 1)
            h, c = (state if state is None else state.transpose(0, 1) for state in (h, c))
        self._check(x, w, r, b, lengths, h, c, peepholes)
        zeros = x.new_zeros(self.directions, x.shape[1], r.shape[-1])
        h, c = (zeros if state is None else state for state in (h, c))
        weights = [
            tensor
            for d in range(self.directions)
            for tensor in self._torch_order(w[d], r[d], None if b is None else b[d])
        ]
        if self.reverse:
            x = x.flip(0)
        y, *last = self._run(x, h, c, weights)
        y = y.reshape(*y.shape[:2], self.directions, -1).transpose(1, 2)
        y = y.flip(0) if self.reverse else y
        if self.batch_first:
            return y.permute(2, 0, 1, 3), *(state.transpose(0, 1) for state in last)
        return y, *last

    def _check(
        self,
        x: Tensor,
        w: Tensor,
        r: Tensor,
        b: Tensor | None,
        lengths: Tensor | None,
        h: Tensor | None,
        c: Tensor | None,
        peepholes: Tensor | None,
    ) -> None:
        gates, hidden = len(_ORDERS[self.kind]), r.shape[-1]
        if peepholes is not None and bool(peepholes.any()):
            raise RefusedNetwork("peepholes are not supported")
        if x.dim() != 3 or (lengths is not None and bool((lengths != x.shape[0]).any())):
            raise RefusedNetwork("sequences of different lengths are not supported")
        state = (self.directions, x.shape[1], hidden)
        wanted = (
            (w, (self.directions, gates * hidden, x.shape[2])),
            (r, (self.directions, gates * hidden, hidden)),
            (b, (self.directions, 2 * gates * hidden)),
            (h, state),
            (c, state),
        )
        for tensor, shape in wanted:
            if tensor is not None and (tuple(tensor.shape) != shape or tensor.dtype != x.dtype):
                raise RefusedNetwork(
                    f"{self.kind} takes {shape} of {x.dtype} where {tuple(tensor.shape)} of {tensor.dtype} is given"
                )
        if self.hidden not in {None, hidden}:
            raise RefusedNetwork(f"hidden_size is {self.hidden}, the weights are made for {hidden}")
        self.call.room(x.shape[0], x.shape[1], self.directions * hidden * gates)

    def _torch_order(self, w: Tensor, r: Tensor, b: Tensor | None) -> list[Tensor]:
        order = _ORDERS[self.kind]
        parts = [w, r] if b is None else [w, r, *b.chunk(2)]
        if len(order) == 1:
            return parts
        return [torch.cat([part.chunk(len(order))[gate] for gate in order]) for part in parts]

    def _run(self, x: Tensor, h: Tensor, c: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        biased = len(weights) == 4 * self.directions
        rest = (biased, 1, 0.0, False, self.directions == 2, False)
        if self.kind == "LSTM":
            return torch.lstm(x, (h, c), list(weights), *rest)
        if self.kind == "GRU":
            if not self.reset_after:
                return self._run_reset_before(x, h, weights)
            return torch.gru(x, h, list(weights), *rest)
        run = torch.rnn_tanh if self.activations[0] == "tanh" else torch.rnn_relu
        return run(x, h, list(weights), *rest)

    def _run_reset_before(self, x: Tensor, h: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The older GRU, whose reset gate acts before the matrix product; a loop, as torch has none."""
        per, outputs, last = len(weights) // self.directions, [], []
        for d in range(self.directions):
            w, r, *biases = weights[d * per : (d + 1) * per]
            wb, rb = biases or (None, None)
            steps, state = [], h[d]
            reset_update, candidate = r[: 2 * len(r) // 3], r[2 * len(r) // 3 :]
            rb_gates, rb_new = (
                (None, None) if rb is None else (rb[: 2 * len(rb) // 3], rb[2 * len(rb) // 3 :])
            )
            for now in torch.nn.functional.linear(x.flip(0) if d else x, w, wb):
                gates_now, new_now = now[:, : 2 * len(r) // 3], now[:, 2 * len(r) // 3 :]
                gates = torch.sigmoid(gates_now + torch.nn.functional.linear(state, reset_update, rb_gates))
                reset, update = gates.chunk(2, -1)
                new = torch.tanh(new_now + torch.nn.functional.linear(reset * state, candidate, rb_new))
                state = (1 - update) * new + update * state
                steps.append(state)
            outputs.append(torch.stack(steps[::-1] if d else steps))
            last.append(state)
        return torch.cat(outputs, -1), torch.stack(last)


@operator("LSTM", family="recurrent", type="LSTM", weights=_WEIGHTS, outputs=3)
def build_lstm(call: Call) -> Operation:
    """Without peepholes."""
    return Recurrence(call)


@operator("GRU", family="recurrent", type="GRU", weights=_WEIGHTS, outputs=2)
def build_gru(call: Call) -> Operation:
    """With the reset gate before or behind the matrix product."""
    return Recurrence(call)


@operator("RNN", family="recurrent", type="RNN", weights=_WEIGHTS, outputs=2)
def build_rnn(call: Call) -> Operation:
    """With tanh or relu."""
    return Recurrence(call)
