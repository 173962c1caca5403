import pytest

from service.diagnosis.registry import Rule, Sighting, rule, rules
from service.diagnosis.signals import Signals

HEADINGS = ("What it measures:", "Why it matters:", "Fires on:", "Stays silent on:", "Source:")


def test_rules_are_found_and_ordered_by_code() -> None:
    codes = [rule.code for rule in rules()]
    assert codes == sorted(codes)
    assert {"GC101", "GC201", "GC104", "GC105", "GC301", "GC401", "GC403", "GC404"} <= set(codes)


def test_a_code_is_never_given_twice() -> None:
    def detect(_signals: Signals) -> Sighting | None:
        return None

    with pytest.raises(ValueError, match="GC101"):
        rule(rules()[0].code, "another-name", severity="note", stage="data")(detect)


def test_a_name_is_never_given_twice() -> None:
    def detect(_signals: Signals) -> Sighting | None:
        return None

    with pytest.raises(ValueError, match="twice"):
        rule("GC999", rules()[0].name, severity="note", stage="data")(detect)


@pytest.mark.parametrize("known", rules(), ids=lambda known: known.code)
def test_every_rule_says_what_it_measures_and_when_it_is_silent(known: Rule) -> None:
    assert [heading for heading in HEADINGS if heading not in known.documentation] == []


@pytest.mark.parametrize("known", rules(), ids=lambda known: known.code)
def test_every_explained_rule_exists(known: Rule) -> None:
    assert known.explains <= {other.name for other in rules()}
