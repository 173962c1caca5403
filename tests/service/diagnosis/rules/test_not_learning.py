from service.diagnosis.engine import judge
from service.diagnosis.registry import rules
from service.diagnosis.rules.not_learning import detect
from tests.service.diagnosis.evidence import chain, evidence, geometric, run, signals

LAYERS = chain(4)
FLAT = [2.3 - 1e-4 * step for step in range(65)]
FALLING = [2.3 - 0.002 * step for step in range(65)]


def test_a_plateau_is_seen() -> None:
    sighting = detect(signals(LAYERS, run(LAYERS, losses=FLAT)))
    assert sighting is not None
    assert "does not rise" in sighting.message


def test_a_loss_that_gets_there_within_the_plan_is_passed_over() -> None:
    assert detect(signals(LAYERS, run(LAYERS, losses=FALLING))) is None
    assert detect(signals(LAYERS, run(LAYERS, losses=FALLING), planned_steps=65)) is not None


def test_short_runs_and_those_cut_short_are_passed_over() -> None:
    assert detect(signals(LAYERS, run(LAYERS, losses=FLAT[:8]))) is None
    assert detect(signals(LAYERS, run(LAYERS, losses=FLAT, stopped="settled"))) is None
    assert detect(signals(LAYERS, run(LAYERS, losses=FLAT, skill=0.9))) is None


def test_alone_it_is_a_note_and_the_verdict_inconclusive() -> None:
    judgement = judge(evidence(LAYERS, run(LAYERS, losses=FLAT)))
    assert judgement.verdict == "inconclusive"
    assert (judgement.findings[0].rule, judgement.findings[0].severity) == ("not-learning", "note")


def test_any_cause_accounts_for_it() -> None:
    vanishing = {"output_gradient_rms": geometric(1e-12, 1e-2, 4)}
    findings = judge(evidence(LAYERS, run(LAYERS, losses=FLAT, by_activation=vanishing)), rules()).findings
    assert findings[0].rule == "vanishing-gradient"
    assert "not-learning" in {symptom.rule for symptom in findings[0].explains}


def test_a_loss_that_still_falls_is_said_so() -> None:
    judgement = judge(evidence(LAYERS, run(LAYERS, losses=FALLING)))
    assert judgement.verdict == "inconclusive"
    assert "still falling" in (judgement.reason or "")
