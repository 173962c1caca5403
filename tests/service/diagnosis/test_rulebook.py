import pytest

from service.diagnosis.registry import Rule, rules
from service.diagnosis.rulebook import FILE, HEADINGS, page, sections


def test_the_page_is_what_the_rules_say_now() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `python -m service.diagnosis.rulebook`"


@pytest.mark.parametrize("known", rules(), ids=lambda known: known.code)
def test_every_heading_of_a_rule_has_its_text(known: Rule) -> None:
    told = sections(known.documentation)
    assert tuple(told) == HEADINGS
    assert all(told.values())


def test_every_rule_has_a_section_that_the_table_leads_to() -> None:
    text = page()
    for known in rules():
        assert f"(#{known.code.lower()}-{known.name})" in text
        assert f"## {known.code} {known.name}\n" in text
