import math

from service.diagnosis.rules.non_finite_gradient import detect
from service.schemas.evidence import RunEvidence
from tests.service.diagnosis.evidence import chain, run, signals

LAYERS = chain(3)
BROKEN = {"output_gradient_nonfinite_count": [0.0, 4.0, 0.0]}


def told(one: RunEvidence, **fields: float) -> RunEvidence:
    """The first step told with other numbers."""
    first, *others = one.network
    return one.model_copy(update={"network": (first.model_copy(update=fields), *others)})


def test_a_gradient_that_goes_first_is_seen_with_its_step_and_layer() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, by_activation=BROKEN)))
    assert sighting is not None
    assert [layer.name for layer in sighting.layers] == ["h.1.sigmoid"]
    assert "at step 0" in sighting.message
    assert "h.1.sigmoid is the first" in sighting.cause


def test_a_step_that_was_skipped_touched_nothing() -> None:
    one = told(
        run(LAYERS, by_activation=BROKEN, later={"output_gradient_nonfinite_count": [0, 0, 0]}), skipped=1
    )
    assert detect(signals(LAYERS, one)) is None


def test_a_loss_that_was_not_finite_itself_has_another_name() -> None:
    one = told(
        run(LAYERS, by_activation=BROKEN, later={"output_gradient_nonfinite_count": [0, 0, 0]}), loss=math.nan
    )
    assert detect(signals(LAYERS, one)) is None


def test_finite_gradients_are_passed_over() -> None:
    assert detect(signals(LAYERS, run(LAYERS))) is None
