"""Which candidates a diagnosis gets, and in which order."""

from service.diagnosis.remedies import RANGE_TEST, candidates, named
from service.diagnosis.remedies.choosing import MOST, sound
from service.schemas.evidence import Evidence
from service.schemas.submission import Submission
from tests.service.diagnosis.remedies.cases import (
    deep,
    evidence_of,
    finding,
    judged,
    linear,
    names,
    ran,
    written,
)

DEEP = written(deep("Sigmoid", 20))


def chosen(submission, *rules, **evidence) -> list[str]:
    found = [finding(rule) if isinstance(rule, str) else rule for rule in rules]
    given = evidence_of(submission).model_copy(update=evidence)
    return names(candidates(given, judged(*found)))


def test_what_cured_the_cause_most_often_comes_first_and_advice_that_fails_last() -> None:
    found = chosen(DEEP, "vanishing-gradient")
    assert found[0] == "add-residual-norm"
    assert found.index("add-batch-norm") < found.index("replace-activation-relu")
    assert found[-3:] == ["use-adaptive-optimizer-adam", "add-layer-norm", "standardize-input"]


def test_each_finding_has_its_own_order() -> None:
    assert chosen(DEEP, "poor-initialization")[0] == "reinitialize-xavier"
    assert chosen(DEEP, "learning-rate-too-high")[0] == RANGE_TEST
    plain = written(deep("ReLU", 3), data={"source": "builtin", "name": "digits"})
    assert chosen(plain, "input-scale")[0] == "standardize-input"


def test_there_are_no_more_than_a_diagnosis_can_afford() -> None:
    most, advice = MOST["quick"]
    assert len(chosen(DEEP, "vanishing-gradient")) <= most + advice
    full = DEEP | {"probing": {"profile": "full"}}
    assert len(chosen(full, "vanishing-gradient")) > most + advice


def test_regularisers_are_for_the_full_profile() -> None:
    exploding = {"probing": {"profile": "full"}}
    quick = candidates(evidence_of(DEEP), judged(finding("exploding-gradient")))
    full = candidates(evidence_of(DEEP | exploding), judged(finding("exploding-gradient")))
    assert not any(each.regulariser for each in quick)
    assert {each.remedy for each in full if each.regulariser} >= {"weight-decay", "add-dropout"}


def test_an_effect_is_offered_once_whatever_it_is_called() -> None:
    found = candidates(
        evidence_of(DEEP), judged(finding("vanishing-gradient"), finding("poor-initialization"))
    )
    effects = [each.submission.model_dump_json() for each in found]
    assert len(set(effects)) == len(effects)
    assert len(set(names(found))) == len(found)
    assert found[0].rule == "vanishing-gradient"


def test_what_a_network_gets_by_with_is_not_cured() -> None:
    latent = finding("vanishing-gradient", latent=True)
    assert chosen(DEEP, latent) == []
    assert chosen(DEEP, latent, finding("learning-rate-too-low"))[0] == RANGE_TEST


def test_notes_are_answered_only_where_nothing_graver_was_found() -> None:
    note = finding("not-learning", severity="note")
    alone = candidates(evidence_of(DEEP), judged(note))
    assert alone
    beside = candidates(evidence_of(DEEP), judged(finding("vanishing-gradient"), note))
    assert {each.rule for each in beside} == {"vanishing-gradient"}


def test_pairs_hold_both_changes() -> None:
    found = candidates(evidence_of(DEEP), judged(finding("poor-initialization")))
    pair = next(each for each in found if each.name == "reinitialize-xavier+use-adaptive-optimizer-adam")
    assert pair.remedy == "reinitialize+use-adaptive-optimizer"
    assert pair.submission.training.optimizer.type == "Adam"
    alone = next(each for each in found if each.name == "reinitialize-xavier")
    assert pair.submission.network == alone.submission.network


def test_a_client_gets_what_it_asks_for_whether_a_finding_calls_for_it_or_not() -> None:
    found = named(["add-dropout", "use-adaptive-optimizer"], evidence_of(DEEP), judged())
    assert [each.remedy for each in found][:2] == ["add-dropout", "use-adaptive-optimizer"]
    assert {each.rule for each in found} == {"not-learning"}


def test_measured_values_are_used_where_there_are_any() -> None:
    evidence: Evidence = evidence_of(DEEP, ran(norms=(30.0, 40.0, 50.0), update=1.0))
    found = {each.name: each for each in candidates(evidence, judged(finding("learning-rate-too-high")))}
    assert found["lower-learning-rate-measured"].submission.training.optimizer.lr == 0.001
    assert found["clip-gradients-measured"].submission.training.clip.norm == 40.0


def test_what_would_not_be_accepted_is_not_sound() -> None:
    misfit = Submission.model_validate(written([linear(3)]))
    assert not sound(misfit, None)
    assert sound(Submission.model_validate(DEEP), None)
