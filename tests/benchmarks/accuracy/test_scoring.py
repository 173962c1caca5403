"""Shares, intervals, and what counts as right."""

from typing import Any

import pytest

from benchmarks.accuracy.comparators.tool import Tool
from benchmarks.accuracy.judging import Judged, true_families
from benchmarks.accuracy.labels import Labelled
from benchmarks.accuracy.scoring import Share, cause_accuracy, own_totals, rule_score, tool_totals
from service.schemas.diagnosis import Finding, Judgement, Symptom
from tests.benchmarks.accuracy.traces import case

VANISHING = "vanishing-gradient"


def judged(
    about: Labelled,
    *rules: str,
    verdict: str = "unstable",
    severity: Any = "error",
    latent: bool = False,
    explains: tuple[str, ...] = (),
) -> Judged:
    symptoms = tuple(Symptom(rule=name, code="GC", message="", seeds_shown=1, seeds=1) for name in explains)
    findings = tuple(
        Finding(
            rule=rule, code="GC", severity=severity, message="", cause="", seeds_shown=1, seeds=1, confidence=0.5,
            fingerprint="", latent=latent, explains=symptoms,
        )
        for rule in rules
    )  # fmt: skip
    return Judged(about, Judgement(verdict=verdict, summary="", findings=findings, rules_version="test"))


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (95, 100, 0.8882, 0.9785), (1, 1, 0.2065, 1.0)],
)
def test_intervals_are_wilsons(k: int, n: int, low: float, high: float) -> None:
    assert Share(k, n).interval == pytest.approx((low, high), abs=1e-4)


def test_of_nothing_there_is_no_share() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None


def test_a_rule_is_right_where_it_is_true_of_a_sick_network() -> None:
    sick = case("sick", "poor-initialization", same_root=(VANISHING,))
    score = rule_score(
        VANISHING,
        [
            judged(sick, VANISHING),
            judged(case("healthy"), VANISHING),
            judged(case("sick", "dead-units"), VANISHING),
        ],
    )
    assert (score.precision.k, score.precision.n) == (1, 3)


def test_a_rule_is_recalled_as_a_finding_or_as_a_symptom_that_one_explains() -> None:
    sick = case("sick", VANISHING)
    results = [
        judged(sick, VANISHING),
        judged(sick, "input-scale", explains=(VANISHING,)),
        judged(sick, "dead-units"),
    ]
    assert (rule_score(VANISHING, results).recall.k, rule_score(VANISHING, results).recall.n) == (2, 3)


def test_borderline_networks_and_sick_ones_of_unknown_cause_count_for_no_rule() -> None:
    score = rule_score(
        VANISHING, [judged(case("borderline", VANISHING), VANISHING), judged(case("sick"), VANISHING)]
    )
    assert score.precision.n == score.recall.n == 0


def test_what_is_latent_was_not_said() -> None:
    result = judged(case("healthy"), VANISHING, verdict="healthy", latent=True)
    assert rule_score(VANISHING, [result]).precision.n == 0
    assert not result.flagged


def test_the_cause_is_the_leading_finding() -> None:
    sick = case("sick", "poor-initialization", same_root=(VANISHING,), also=("dead-units",))
    results = [
        judged(sick, "poor-initialization"),
        judged(sick, VANISHING),
        judged(sick, "dead-units", "poor-initialization"),
        judged(sick, verdict="healthy"),
    ]
    assert cause_accuracy(results).k == 2
    assert cause_accuracy(results, exact=True).k == 1
    assert cause_accuracy(results).n == 4


def test_families_are_those_of_the_mechanism_or_else_of_its_other_names() -> None:
    assert true_families(case("sick", VANISHING).configuration) == {"vanishing"}
    assert true_families(
        case("sick", "poor-initialization", same_root=("exploding-signal",)).configuration
    ) == {"exploding"}
    assert true_families(case("sick", "input-scale", also=(VANISHING,)).configuration) == frozenset()


def test_totals_of_ours_and_of_another_tool_are_counted_alike() -> None:
    sick, sound = case("sick", VANISHING), case("healthy")
    ours = own_totals([judged(sick, VANISHING), judged(sound, verdict="healthy")])
    alarming = Tool("alarming", "", "", lambda _view: {"any": "vanishing"})
    theirs = tool_totals(alarming, [sick, sound])
    assert ours.families["vanishing"].precision == Share(1, 1)
    assert ours.healthy_flagged == Share(0, 1)
    assert theirs.families["vanishing"].precision == Share(1, 2)
    assert theirs.families["vanishing"].recall == ours.families["vanishing"].recall == Share(1, 1)
    assert theirs.healthy_flagged == Share(1, 1)
