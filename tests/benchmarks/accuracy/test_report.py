"""The page says how it was measured, and the file keeps what was not measured now."""

import json
from dataclasses import replace

from benchmarks.accuracy.mistakes import mistake, mistakes
from benchmarks.accuracy.report import Evaluation, page, served
from benchmarks.accuracy.scoring import Share, cause_accuracy
from benchmarks.accuracy.split import Part
from benchmarks.accuracy.stopping import Stopped
from service.diagnosis.registry import VERSION
from tests.benchmarks.accuracy.test_scoring import judged
from tests.benchmarks.accuracy.traces import case

SICK = case("sick", "vanishing-gradient")
RESULTS = [
    judged(SICK, "vanishing-gradient"),
    judged(case("healthy"), "dead-units"),
    judged(case("borderline"), verdict="healthy"),
]


def evaluation(part: Part = "tune") -> Evaluation:
    return Evaluation(part, RESULTS, {result.case.configuration.name: 8 for result in RESULTS})


def test_the_page_shows_ours_beside_the_others_and_every_rule() -> None:
    text = page([evaluation()])
    for part in (
        "Gradient Clinic",
        "SageMaker Debugger",
        "AutoTrainer",
        "DeepDiagnosis",
        "torchmortem",
        "GC101",
        "Approximated",
    ):
        assert part in text
    assert "Root cause: 1.00 [.21, 1.00] 1/1" in text
    assert "false alarm: healthy None" in text


def test_early_stopping_stands_beside_full_budgets() -> None:
    early = [Stopped(result.case, (33, 65), 130) for result in RESULTS]
    text = page([replace(evaluation(), early=early, early_results=RESULTS[:1])])
    assert "| full budgets | " in text
    assert "| early stop | 1.00 [.21, 1.00] 1/1 | " in text
    assert "ends after 33, 33, 33, 65, 65 steps" in text
    assert "38 % of its budget in the median" in text
    assert "early stop" not in page([evaluation()])


def test_mistakes_of_the_held_out_part_are_counted_and_not_named() -> None:
    text = page([evaluation("held-out")])
    assert "false alarm 1" in text
    assert "healthy None" not in text


def test_the_file_gives_each_rule_its_figures() -> None:
    figures = json.loads(served([evaluation()], {}))
    assert figures["rules_version"] == VERSION
    rule = figures["parts"]["tune"]["rules"]["GC101"]
    assert rule["rule"] == "vanishing-gradient"
    assert rule["precision"] == {"value": 1.0, "interval": [0.2065, 1.0], "k": 1, "n": 1}


def test_figures_of_another_part_stay_while_the_rules_are_the_same() -> None:
    before = json.loads(served([evaluation("held-out")], {}))
    assert set(json.loads(served([evaluation()], before))["parts"]) == {"tune", "held-out"}
    assert set(json.loads(served([evaluation()], before | {"rules_version": "old"}))["parts"]) == {"tune"}


def test_every_kind_of_mistake_has_a_name() -> None:
    assert [mistake(result) for result in RESULTS] == [None, "1 false alarm", None]
    assert mistake(judged(SICK, verdict="healthy")) == "2 missed"
    assert mistake(judged(SICK, verdict="inconclusive")) == "3 unexplained"
    assert mistake(judged(SICK, "vanishing-gradient", verdict="warning")) == "4 only a warning"
    assert mistake(judged(SICK, "input-scale")) == "5 wrong cause"
    assert mistake(judged(SICK, "vanishing-gradient", "input-scale")) == "6 one cause too many"


def test_a_plateau_is_rightly_inconclusive() -> None:
    plateau = judged(case("sick", "not-learning"), "not-learning", verdict="inconclusive", severity="note")
    assert mistake(plateau) is None
    assert cause_accuracy([plateau]) == Share(1, 1)
    assert (
        judged(case("sick", "dead-units"), "synthetic-data", verdict="unstable", severity="note").leading
        is None
    )


def test_a_mistake_is_told_with_its_signals() -> None:
    (told,) = mistakes(RESULTS)
    assert "said: unstable; dead-units" in told
    assert "D " in told
