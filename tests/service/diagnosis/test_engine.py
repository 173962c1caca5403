import math
from dataclasses import replace

import pytest

from service.diagnosis.engine import judge
from service.diagnosis.registry import Rule, Sighting, Stage
from service.diagnosis.signals import Signals
from service.schemas.diagnosis import Measurement, Severity
from service.schemas.run import NonFinite
from tests.service.diagnosis.evidence import chain, evidence, geometric, run

LAYERS = chain(10)
STEEP = {"output_gradient_rms": geometric(1e-12, 1e-2, 10)}


def seen_in(
    seeds: set[int],
    *,
    name: str = "illness",
    severity: Severity = "error",
    stage: Stage = "architecture",
    explains: frozenset[str] = frozenset(),
    clear: bool = True,
    from_start: bool = True,
) -> Rule:
    """A rule that fires on given seeds."""

    def detect(signals: Signals) -> Sighting | None:
        if signals.run.seed not in seeds:
            return None
        number = Measurement(
            statistic="number", value=1.0, threshold=0.5, comparison=">", seed=signals.run.seed
        )
        return Sighting(
            message=f"{name} is seen",
            cause="why",
            evidence=(number,),
            layers=LAYERS[:4],
            clear=clear,
            from_start=from_start,
        )

    return Rule(f"GC-{name}", name, severity, stage, explains, "", detect)


def runs(count: int = 3, skill: float = 0.0) -> list:
    return [run(LAYERS, seed=seed, skill=skill) for seed in range(count)]


def test_a_network_that_learns_without_findings_is_healthy() -> None:
    assert judge(evidence(LAYERS, *runs(skill=0.9)), []).verdict == "healthy"


def test_a_network_that_learns_nothing_without_findings_is_inconclusive_and_says_why() -> None:
    judgement = judge(evidence(LAYERS, *runs()), [])
    assert judgement.verdict == "inconclusive"
    assert "65 of 1000 planned steps" in (judgement.reason or "")


def test_an_error_in_the_majority_of_seeds_makes_it_unstable() -> None:
    judgement = judge(evidence(LAYERS, *runs()), [seen_in({0, 2})])
    assert judgement.verdict == "unstable"
    assert (judgement.findings[0].seeds_shown, judgement.findings[0].seeds) == (2, 3)
    assert "2 of 3 seeds" in judgement.summary


def test_an_error_in_a_minority_of_seeds_only_warns() -> None:
    assert judge(evidence(LAYERS, *runs()), [seen_in({1})]).verdict == "warning"


def test_a_borderline_value_never_makes_it_unstable() -> None:
    assert judge(evidence(LAYERS, *runs()), [seen_in({0, 1, 2}, clear=False)]).verdict == "warning"


def test_evidence_in_a_network_that_learns_is_latent() -> None:
    judgement = judge(evidence(LAYERS, *runs(skill=0.8)), [seen_in({0, 1, 2})])
    assert judgement.verdict == "healthy"
    assert judgement.findings[0].latent
    assert judgement.findings[0].severity == "note"


def test_symptoms_hang_on_the_earlier_cause() -> None:
    cause = seen_in({0, 1, 2}, name="cause", stage="data", explains=frozenset({"symptom"}))
    judgement = judge(evidence(LAYERS, *runs()), [seen_in({0, 1}, name="symptom"), cause])
    assert [finding.rule for finding in judgement.findings] == ["cause"]
    assert [symptom.rule for symptom in judgement.findings[0].explains] == ["symptom"]


def test_a_cause_seen_in_a_minority_of_the_symptoms_seeds_does_not_explain_it() -> None:
    cause = seen_in({0}, name="cause", stage="data", explains=frozenset({"symptom"}))
    judgement = judge(evidence(LAYERS, *runs()), [seen_in({0, 1, 2}, name="symptom"), cause])
    assert {finding.rule for finding in judgement.findings} == {"cause", "symptom"}


def test_what_shows_only_after_the_first_steps_is_a_consequence_of_a_later_stage() -> None:
    late = seen_in({0, 1, 2}, name="late", stage="data", from_start=False)
    rate = seen_in({0, 1, 2}, name="rate", stage="learning-rate", explains=frozenset({"late"}))
    judgement = judge(evidence(LAYERS, *runs()), [late, rate])
    assert [finding.rule for finding in judgement.findings] == ["rate"]


def test_an_unrelated_finding_stands_beside_the_cause() -> None:
    judgement = judge(
        evidence(LAYERS, *runs()), [seen_in({0, 1, 2}, name="one"), seen_in({0, 1, 2}, name="two")]
    )
    assert len(judgement.findings) == 2


def test_the_whole_book_calls_a_deep_sigmoid_vanishing_with_a_span_of_layers() -> None:
    judgement = judge(evidence(LAYERS, *(run(LAYERS, seed=seed, by_activation=STEEP) for seed in range(3))))
    assert judgement.verdict == "unstable"
    finding = judgement.findings[0]
    assert finding.rule == "vanishing-gradient"
    assert finding.layers is not None
    assert finding.layers.text.startswith("h.0.sigmoid to h.")
    assert finding.starts_at == "h.0.sigmoid"
    assert finding.confidence == pytest.approx(0.8)


def test_the_fingerprint_survives_another_depth_and_other_numbers() -> None:
    def of(hidden: int, first: float) -> str:
        layers = chain(hidden)
        profile = {"output_gradient_rms": geometric(first, 1e-2, hidden)}
        return judge(evidence(layers, run(layers, by_activation=profile))).findings[0].fingerprint

    assert of(10, 1e-12) == of(14, 1e-15)


def test_a_network_that_went_nan_at_once_is_unstable_without_any_probe() -> None:
    origin = NonFinite(step=0, direction="forward", depth=1, layer="h.0.sigmoid", value="NaN")
    one = run(LAYERS, nonfinite=origin, stopped="non-finite", last_loss=math.nan, skill=math.nan)
    judgement = judge(evidence(LAYERS, one.model_copy(update={"layers": ()})))
    assert judgement.verdict == "unstable"
    assert judgement.findings[0].rule == "non-finite-origin"


def test_the_same_evidence_gives_the_same_judgement() -> None:
    case = evidence(LAYERS, *(run(LAYERS, seed=seed, by_activation=STEEP) for seed in range(3)))
    assert judge(case) == judge(case)


def test_what_is_said_of_the_file_is_no_reason_for_a_network_that_learns_nothing() -> None:
    aside = replace(seen_in({0, 1, 2}, severity="warning"), code="GC999")
    assert judge(evidence(LAYERS, *runs()), [aside]).verdict == "inconclusive"
    assert judge(evidence(LAYERS, *runs()), [aside, seen_in({0, 1, 2})]).verdict == "unstable"
