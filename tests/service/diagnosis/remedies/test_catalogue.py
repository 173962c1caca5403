"""Every cure on every network that is at hand: what is offered can be run, and nothing else has changed."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.accuracy.corpus import corpus
from service.diagnosis.registry import rules
from service.diagnosis.remedies import HEADINGS, Known, candidates, catalogue, remedy
from service.diagnosis.remedies.case import Case
from service.diagnosis.remedies.choosing import sound
from service.schemas.evidence import Evidence
from service.schemas.intake import accept
from service.schemas.limits import Limits
from service.schemas.patching import difference, patched, tree_of
from service.schemas.submission import Submission
from tests import zoo, zoo_practice, zoo_practice_output
from tests.service.diagnosis.remedies.cases import (
    case_of,
    deep,
    evidence_of,
    finding,
    judged,
    written,
)

ZOO = [
    patient.submission
    for module in (zoo, zoo_practice, zoo_practice_output)
    for patient in (*module.SICK, *module.HEALTHY)
]
RAISED = written(deep("ReLU"), training={"optimizer": {"type": "SGD", "maximize": True}})
SUBMISSIONS = [*ZOO, RAISED, *(each.submission for each in corpus())]
RULES = [known.name for known in rules()]
LIMITS = Limits()

ill = st.sampled_from(SUBMISSIONS)
cure = st.sampled_from(catalogue())


@cache
def _evidence(place: int) -> Evidence:
    return evidence_of(SUBMISSIONS[place])


def _case(submission: dict[str, Any], rule: str, *, full: bool = False) -> Case:
    return case_of(_evidence(SUBMISSIONS.index(submission)), rule, full=full)


@pytest.mark.parametrize("known", catalogue(), ids=lambda known: known.name)
def test_every_cure_documents_itself(known: Known) -> None:
    assert tuple(known.sections) == HEADINGS
    assert all(known.sections.values())
    assert known.summary.endswith(".")


@pytest.mark.parametrize("known", catalogue(), ids=lambda known: known.name)
def test_every_cure_answers_rules_that_exist_and_pairs_with_cures_that_do(known: Known) -> None:
    assert known.answers
    assert set(known.answers) <= set(RULES)
    assert set(known.pairs) <= {each.name for each in catalogue()}


@pytest.mark.parametrize("known", catalogue(), ids=lambda known: known.name)
def test_every_cure_is_offered_for_some_network_and_says_so_in_words(known: Known) -> None:
    for place, submission in enumerate(SUBMISSIONS):
        for rule in sorted(known.answers, key=known.answers.__getitem__)[:3]:
            found = list(known.propose(_case(submission, rule, full=True)))
            if found:
                assert all(each.sentence.endswith(".") and each.torch and each.keras for each in found)
                return
        assert place < len(SUBMISSIONS) - 1, "it is offered for no network at all"


def test_every_rule_that_can_fail_a_build_has_a_cure() -> None:
    answered = {rule for known in catalogue() for rule in known.answers}
    incurable = {"exported-for-inference"}
    assert {known.name for known in rules() if known.severity == "error"} - incurable <= answered


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        remedy(catalogue()[0].name, answers={"dead-units": 1})(lambda _case: ())


@given(ill, cure, st.sampled_from(RULES))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_a_cure_proposes_is_a_patch_of_a_submission_that_stays_as_it_was(
    submission: dict[str, Any], known: Known, rule: str
) -> None:
    case = _case(submission, rule, full=True)
    before = case.submission.model_dump_json()
    tree = tree_of(case.submission)
    for proposal in known.propose(case):
        patch = difference(tree, tree_of(proposal.submission))
        assert patch
        assert Submission.model_validate(patched(tree, patch, LIMITS)) == proposal.submission
        assert json.loads(proposal.submission.model_dump_json()) != json.loads(before)
    assert case.submission.model_dump_json() == before


@given(ill, st.sampled_from(RULES), st.booleans())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_candidate_is_accepted_and_keeps_the_path_of_every_layer_with_weights(
    submission: dict[str, Any], rule: str, full: bool
) -> None:
    profile = {"profile": "full" if full else "quick"}
    probing = {"probing": submission.get("probing", {}) | profile}
    evidence = evidence_of(submission | probing)
    weighted = [layer for layer in evidence.layers if layer.parameters and layer.family != "activation"]
    kept = {(layer.network, layer.name) for layer in weighted}
    acceptable = sound(evidence.submission, None)
    for candidate in candidates(evidence, judged(finding(rule))):
        assert acceptable
        plan = accept(candidate.submission, LIMITS, lambda _digest: None).plan
        assert kept <= {(layer.network, layer.name) for layer in plan.layers}
        assert candidate.rule == rule


@given(ill, cure, st.sampled_from(RULES))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_cure_can_be_applied_to_what_it_has_cured(
    submission: dict[str, Any], known: Known, rule: str
) -> None:
    case = _case(submission, rule)
    for proposal in list(known.propose(case))[:1]:
        again = [
            each for each in known.propose(case.on(proposal.submission)) if each.suffix == proposal.suffix
        ]
        assert all(sound(each.submission, None) for each in again) or not sound(proposal.submission, None)
