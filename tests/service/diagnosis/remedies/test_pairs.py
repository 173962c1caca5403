"""Two cures at once."""

from service.diagnosis.remedies.pairs import LATER, paired
from service.diagnosis.remedies.registry import catalogue
from tests.service.diagnosis.remedies.cases import case_of, deep, evidence_of, written

KNOWN = {each.name: each for each in catalogue()}


def test_partners_follow_in_the_order_in_which_they_are_named() -> None:
    case = case_of(evidence_of(written(deep())), "poor-initialization")
    reinitialize = KNOWN["reinitialize"]
    first = next(iter(reinitialize.propose(case)))
    pairs = list(paired(case, reinitialize, first, catalogue()))
    assert tuple(pair.known[1].name for pair in pairs) == reinitialize.pairs
    assert pairs[0].later == first.later + LATER
    assert [pair.later for pair in pairs] == sorted(pair.later for pair in pairs)


def test_late_advice_has_no_partners() -> None:
    case = case_of(evidence_of(written(deep())), "input-scale")
    reinitialize = KNOWN["reinitialize"]
    first = next(iter(reinitialize.propose(case)))
    assert list(paired(case, reinitialize, first, catalogue())) == []
