"""Recurrent layers over (time, features), and what of their states is handed on."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool

from service.schemas.layers.base import Count, LayerSpec
from service.schemas.layers.registry import kind
from service.schemas.layers.shapes import require_float, require_rank
from service.schemas.plan import Family, Tensor

Nonlinearity = Literal["tanh", "relu"]
_CLASSES: dict[Nonlinearity, str] = {"tanh": "Tanh", "relu": "ReLU"}


class Recurrent(LayerSpec):
    """Torch's arguments (always batch first), and `output`."""

    family: ClassVar[Family] = "recurrent"
    weight_dimensions: ClassVar[int] = 2
    gates: ClassVar[int]
    """How many linear maps one cell has."""

    hidden_size: Count
    num_layers: Annotated[int, Field(ge=1, le=64)] = 1
    bias: StrictBool = True
    dropout: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Between stacked layers: without effect on one."""
    bidirectional: StrictBool = False
    reading: Literal["last", "sequence", "mean"] = Field(default="last", alias="output")
    """The final state of the top layer (of both directions, side by side), all its states, or their mean."""

    @property
    def directions(self) -> int:
        """1, or 2 if the sequence is read backwards too."""
        return 1 + self.bidirectional

    def output(self, *inputs: Tensor) -> Tensor:
        """(time, states) for `sequence`, else (states)."""
        (x,) = inputs
        require_float(self.type, x)
        require_rank(self.type, x, fewest=2, most=2, layout="(time, features)")
        states = self.hidden_size * self.directions
        return Tensor(shape=(x.shape[0], states) if self.reading == "sequence" else (states,))

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """Torch's arguments, and `output`; torch warns of a dropout that has no effect."""
        (x,) = inputs
        return {
            "input_size": x.shape[-1],
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "bias": self.bias,
            "dropout": self.dropout if self.num_layers > 1 else 0.0,
            "bidirectional": self.bidirectional,
            "output": self.reading,
        }

    def weights(self, features: int) -> int:
        """Numbers in the weights of all layers, directions and gates, without biases."""
        states = self.hidden_size * self.directions
        widths = features + (self.num_layers - 1) * states + self.num_layers * self.hidden_size
        return self.gates * self.hidden_size * self.directions * widths

    def parameters(self, *inputs: Tensor) -> int:
        """Weights, and two biases for each gate as torch has them."""
        (x,) = inputs
        biases = 2 * self.gates * self.hidden_size * self.directions * self.num_layers
        return self.weights(x.shape[-1]) + self.bias * biases

    def multiply_adds(self, *inputs: Tensor) -> int:
        """One per weight and time step."""
        (x,) = inputs
        return x.shape[0] * self.weights(x.shape[-1])


@kind
class RNN(Recurrent):
    """h' = f(W x + U h + b)."""

    gates: ClassVar[int] = 1

    type: Literal["RNN"]
    nonlinearity: Nonlinearity = "tanh"

    @property
    def inner_activation(self) -> str:
        """Of the state."""
        return _CLASSES[self.nonlinearity]

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """With the nonlinearity."""
        return {**super().arguments(*inputs), "nonlinearity": self.nonlinearity}


@kind
class LSTM(Recurrent):
    """A cell that gates keep, fill and read; torch's is tanh, Keras also knows relu."""

    gates: ClassVar[int] = 4

    type: Literal["LSTM"]
    activation: Nonlinearity = "tanh"
    """Of the candidate and of the cell that is read."""
    forget_bias: float | None = None
    """Sum of the forget gate's biases; log(time steps) remembers for long."""

    @property
    def inner_activation(self) -> str:
        """Of the candidate and of the cell that is read."""
        return _CLASSES[self.activation]

    def arguments(self, *inputs: Tensor) -> dict[str, object]:
        """With the cell's activation and the forget bias, which torch's class does not have."""
        own = {"cell_activation": self.activation, "forget_bias": self.forget_bias}
        return {**super().arguments(*inputs), **own}


@kind
class GRU(Recurrent):
    """A state that gates mix with its candidate."""

    gates: ClassVar[int] = 3

    type: Literal["GRU"]

    @property
    def inner_activation(self) -> str:
        """Of the candidate."""
        return "Tanh"
