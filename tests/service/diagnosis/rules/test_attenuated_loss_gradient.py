import pytest

from service.diagnosis.rules.attenuated_loss_gradient import detect
from service.diagnosis.signals import Signals
from service.schemas.plan import Layer, Tensor
from service.schemas.statistics import LayerStatistics
from tests.service.diagnosis.evidence import chain, run, signals


def ending(kind: str, passed: float, loss: str = "MSELoss", **fields: float) -> Signals:
    """A chain that ends in an activation, before which `passed` of the gradient arrives."""
    layers = chain(2, "Tanh")
    last = Layer(
        depth=len(layers), network="main", name="last", type=kind, inputs=(len(layers) - 1,),
        output=Tensor(shape=(10,)), family="activation", parameters=0, multiply_adds=0, pointer="",
    )  # fmt: skip
    one = run(layers, **fields)
    rows = [row for row in one.layers if row.depth != last.depth - 1]
    for step in (0, 32, 64):
        rows.append(
            LayerStatistics(
                depth=last.depth - 1, step=step, output_gradient_rms=passed * 1e-2, update_ratio=1e-3
            )
        )
        rows.append(LayerStatistics(depth=last.depth, step=step, output_gradient_rms=1e-2))
    return signals((*layers, last), one.model_copy(update={"layers": tuple(rows)}), loss={"type": loss})


def test_a_saturated_sigmoid_before_a_squared_error_is_seen() -> None:
    sighting = detect(ending("Sigmoid", 1e-4))
    assert sighting is not None
    assert sighting.clear
    assert sighting.layers[0].name == "last"
    assert sighting.evidence[0].value == pytest.approx(-4)


def test_no_gradient_at_all_is_seen() -> None:
    assert detect(ending("Softmax", 0.0)) is not None


def test_the_usual_slope_of_a_sigmoid_is_a_note_that_explains_nothing() -> None:
    sighting = detect(ending("Sigmoid", 0.2))
    assert sighting is not None
    assert (sighting.severity, sighting.contributory, sighting.explains) == ("note", True, frozenset())


def test_a_loss_whose_logarithm_makes_up_for_the_slope_is_sound() -> None:
    assert detect(ending("Sigmoid", 1e-4, loss="BCELoss")) is None


def test_a_network_that_is_sure_because_it_is_right_is_sound() -> None:
    assert detect(ending("Sigmoid", 1e-4, skill=0.9)) is None


def test_an_ending_without_bounds_passes_everything() -> None:
    assert detect(ending("ReLU", 1e-4)) is None
