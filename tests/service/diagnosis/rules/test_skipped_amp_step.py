from service.diagnosis.engine import judge
from service.diagnosis.rules.skipped_amp_step import detect
from service.schemas.evidence import RunEvidence
from tests.service.diagnosis.evidence import chain, evidence, run, signals

LAYERS = chain(3)


def skipping(*steps: int, **outcome: object) -> RunEvidence:
    one = run(LAYERS, losses=[2.3] * 20, **outcome)
    rows = tuple(row.model_copy(update={"skipped": float(row.step in steps)}) for row in one.network)
    return one.model_copy(update={"network": rows})


def test_skipped_steps_are_counted_with_the_last() -> None:
    sighting = detect(signals(LAYERS, skipping(0, 1, 7)))
    assert sighting is not None
    assert "skipped 3 of 65 steps, the last of them step 7" in sighting.message


def test_it_is_a_note_and_changes_no_verdict() -> None:
    judgement = judge(evidence(LAYERS, skipping(0, skill=0.9)))
    assert judgement.verdict == "healthy"
    assert ("skipped-amp-step", "note") in {
        (finding.rule, finding.severity) for finding in judgement.findings
    }


def test_steps_that_were_all_taken_and_runs_that_broke_are_passed_over() -> None:
    assert detect(signals(LAYERS, skipping())) is None
    assert detect(signals(LAYERS, skipping(0, stopped="non-finite"))) is None
