"""The page of the catalogue is what the cures say now."""

from service.diagnosis.remedies import catalogue
from service.diagnosis.remedies.book import FILE, page


def test_the_page_is_what_the_cures_say_now() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `python -m service.diagnosis.remedies.book`"


def test_every_cure_has_a_section_that_the_table_leads_to() -> None:
    text = page()
    for known in catalogue():
        assert f"(#{known.name})" in text
        assert f"## {known.name}\n" in text
