import math

import pytest

from service.diagnosis.gains import fan_in, gains
from service.schemas.plan import Layer, Tensor
from tests.service.diagnosis.evidence import WIDTH, chain, run, signals


def test_a_gain_is_the_size_of_the_weights_times_the_root_of_the_fan_in() -> None:
    layers = chain(3, "ReLU")
    view = signals(layers, run(layers, everywhere={"weight_rms": 0.25}))
    found = gains(view)
    assert [gain.layer.name for gain in found] == ["h.0.linear", "h.1.linear", "h.2.linear"]
    assert found[0].measured == pytest.approx(0.25 * math.sqrt(WIDTH))
    assert found[0].wanted == pytest.approx(math.sqrt(2))
    assert found[0].excess == pytest.approx(math.log10(found[0].measured / math.sqrt(2)))


@pytest.mark.parametrize(
    ("activation", "wanted"), [("Tanh", 1.0), ("GELU", math.sqrt(2)), ("Sine", math.sqrt(2) / 30)]
)
def test_what_it_should_be_follows_from_the_activation(activation: str, wanted: float) -> None:
    layers = chain(3, activation)
    assert gains(signals(layers, run(layers, everywhere={"weight_rms": 0.1})))[-1].wanted == pytest.approx(
        wanted
    )


@pytest.mark.parametrize(
    ("kind", "family", "shape", "parameters", "fan"),
    [
        ("Linear", "linear", (8,), 8 * 5, 5),
        ("Linear", "linear", (7, 8), 8 * 5, 5),
        ("Conv2d", "convolution", (16, 4, 4), 16 * 27, 27),
        ("ConvTranspose2d", "convolution", (16, 4, 4), 16 * 27, None),
        ("TransformerEncoderLayer", "attention", (4, 8), 900, None),
    ],
)
def test_the_fan_in_follows_from_parameters_and_shape(
    kind: str, family: str, shape: tuple[int, ...], parameters: int, fan: int | None
) -> None:
    layer = Layer.model_validate(
        {
            "depth": 0, "network": "main", "name": "one", "type": kind, "family": family, "inputs": [-1],
            "output": Tensor(shape=shape), "parameters": parameters, "multiply_adds": 0, "pointer": "",
        }
    )  # fmt: skip
    assert fan_in(signals((layer,), run((layer,))), layer) == fan


def test_weights_of_zero_have_no_gain() -> None:
    layers = chain(3, "ReLU")
    assert gains(signals(layers, run(layers, everywhere={"weight_rms": 0.0}))) == ()
