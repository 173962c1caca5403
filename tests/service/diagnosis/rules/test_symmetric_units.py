import pytest

from service.diagnosis.rules.symmetric_units import detect
from service.diagnosis.signals import Signals
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(3, "Tanh")


def spreads(at_start: dict[str, float], later: dict[str, float], weight_rms: float = 0.1) -> Signals:
    """Spread of rows by layer name, 1 where it is left out."""
    one = run(LAYERS)
    names = {layer.depth: layer.name for layer in LAYERS if layer.parameters}
    rows = tuple(
        row.model_copy(
            update={
                "weight_row_spread": (later if row.step else at_start).get(names[row.depth], 1.0),
                "weight_rms": weight_rms,
            }
        )
        if row.depth in names
        else row
        for row in one.layers
    )
    return signals(LAYERS, one.model_copy(update={"layers": rows}))


def test_units_that_begin_and_stay_alike_are_seen() -> None:
    sighting = detect(spreads({"h.1.linear": 0.0}, {"h.1.linear": 1e-6}))
    assert sighting is not None
    assert [layer.name for layer in sighting.layers] == ["h.1.linear"]
    assert "same values" in sighting.cause


def test_weights_of_zero_are_told_from_constants() -> None:
    sighting = detect(spreads({"h.1.linear": 0.0}, {"h.1.linear": 0.0}, weight_rms=0.0))
    assert sighting is not None
    assert "begin at zero" in sighting.cause


def test_a_branch_that_begins_at_zero_and_moves_is_sound() -> None:
    assert detect(spreads({"h.1.linear": 0.0}, {"h.1.linear": 0.8})) is None


def test_an_output_layer_may_begin_with_equal_rows() -> None:
    assert detect(spreads({"head": 0.0}, {"head": 0.0})) is None


@pytest.mark.parametrize("spread", [1.0, 0.1])
def test_usual_weights_are_sound(spread: float) -> None:
    assert detect(spreads({"h.1.linear": spread}, {"h.1.linear": spread})) is None
