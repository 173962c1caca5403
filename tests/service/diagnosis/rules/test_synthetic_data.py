from service.diagnosis.engine import inspect, judge
from service.diagnosis.rules.synthetic_data import detect
from tests.service.diagnosis.evidence import chain, evidence, run, signals
from tests.service.diagnosis.structures import ending

LAYERS = chain(3)


def test_made_up_data_are_noted_and_change_no_verdict() -> None:
    assert detect(signals(LAYERS, run(LAYERS))) is not None
    judgement = judge(evidence(LAYERS, run(LAYERS, skill=0.9)))
    assert judgement.verdict == "healthy"
    assert [(finding.rule, finding.severity) for finding in judgement.findings] == [
        ("synthetic-data", "note")
    ]


def test_they_are_told_before_anything_runs_and_real_ones_are_not() -> None:
    made, real = ending(data={"source": "synthetic"}), ending()
    assert [finding.rule for finding in inspect(made.submission, made.layers)] == ["synthetic-data"]
    assert inspect(real.submission, real.layers) == ()
