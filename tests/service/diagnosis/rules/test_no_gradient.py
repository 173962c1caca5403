from service.diagnosis.engine import judge
from service.diagnosis.rules.no_gradient import detect
from service.schemas.evidence import RunEvidence
from tests.service.diagnosis.evidence import chain, evidence, run, signals

LAYERS = chain(3)
ZERO = {"weight_gradient_zero_share": 1.0, "weight_rms": 1.0}


def only(one: RunEvidence, depth: int, steps: tuple[int, ...]) -> RunEvidence:
    """Zeros at one layer and some steps, numbers everywhere else."""
    rows = tuple(
        row
        if row.depth == depth and row.step in steps
        else row.model_copy(update={"weight_gradient_zero_share": 0.0})
        for row in one.layers
    )
    return one.model_copy(update={"layers": rows})


def test_a_layer_that_never_gets_a_gradient_is_seen_by_name() -> None:
    sighting = detect(signals(LAYERS, only(run(LAYERS, everywhere=ZERO), 2, (0, 32, 64))))
    assert sighting is not None
    assert [layer.name for layer in sighting.layers] == ["h.1.linear"]
    assert "h.1.linear never gets a gradient" in sighting.message


def test_a_loss_that_depends_on_nothing_is_said_so() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, everywhere=ZERO)))
    assert sighting is not None
    assert "No layer" in sighting.message


def test_a_layer_that_waits_for_a_zero_initialised_one_is_passed_over() -> None:
    assert detect(signals(LAYERS, only(run(LAYERS, everywhere=ZERO), 2, (0,)))) is None


def test_gradients_are_passed_over() -> None:
    assert detect(signals(LAYERS, run(LAYERS))) is None


def blocked(*gradients: float) -> RunEvidence:
    """No gradient at the first layers' weights; at the three activations as given."""
    one = run(LAYERS, by_activation={"output_gradient_rms": gradients}, everywhere=ZERO)
    rows = tuple(
        row.model_copy(update={"weight_gradient_zero_share": 0.0}) if row.depth > 2 else row
        for row in one.layers
    )
    return one.model_copy(update={"layers": rows})


def test_the_layer_that_passes_nothing_on_is_named_and_accounts_for_what_vanishes_before_it() -> None:
    sighting = detect(signals(LAYERS, blocked(0.0, 0.02, 0.01)))
    assert sighting is not None
    assert (
        sighting.cause == "h.1.sigmoid answers every example alike, so that no derivative comes through it."
    )
    assert sighting.explains is None


def test_a_gradient_that_fades_from_layer_to_layer_is_no_wall() -> None:
    assert detect(signals(LAYERS, blocked(0.0, 1e-9, 0.01))) is None


def test_a_wall_leads_and_vanishing_is_its_symptom() -> None:
    (finding, *_) = judge(evidence(LAYERS, blocked(0.0, 0.02, 0.01))).findings
    assert finding.rule == "no-gradient"
    assert "vanishing-gradient" in {symptom.rule for symptom in finding.explains}
