import pytest

from service.diagnosis.engine import judge
from service.diagnosis.language import LANGUAGES, catalogue, fields, translated
from service.diagnosis.sentences import said_in, sentences
from tests.service.diagnosis.evidence import chain, evidence, geometric, run

LAYERS = chain(10)
OTHERS = LANGUAGES[1:]


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_missing(language: str) -> None:
    known = catalogue(language)
    assert [sentence for sentence in sentences() if not known.get(sentence)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_fields_of_its_message(language: str) -> None:
    wrong = {
        message: translation
        for message, translation in catalogue(language).items()
        if set(fields(message)) != set(fields(translation))
    }
    assert wrong == {}


def test_all_catalogues_hold_the_same_messages() -> None:
    first, *others = (set(catalogue(language)) for language in OTHERS)
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_recognised_with_its_fields_filled_in(language: str) -> None:
    for message in sentences():
        values = {field: f"<{field}>" for field in fields(message)}
        said, wanted = message, catalogue(language)[message]
        for field, value in values.items():
            said, wanted = said.replace(f"{{{field}}}", value), wanted.replace(f"{{{field}}}", value)
        assert translated(said, language) == wanted


def test_fields_are_translated_themselves_and_doubts_follow() -> None:
    said = (
        "The inputs are too large: their RMS is 151, and initial weights are made for about 1. (1 of 3 seeds)"
    )
    russian = translated(said, "ru")
    assert "слишком велики" in russian
    assert russian.endswith("(1 из 3 запусков)")


def test_english_and_what_nobody_translated_stay_as_they_are() -> None:
    assert translated("The verdict is about synthetic data.", "en") == "The verdict is about synthetic data."
    assert translated("Nobody ever said this.", "zh") == "Nobody ever said this."


@pytest.mark.parametrize("language", OTHERS)
def test_a_whole_judgement_can_be_told(language: str) -> None:
    vanishing = {"output_gradient_rms": geometric(1e-12, 1e-2, 10)}
    judgement = judge(evidence(LAYERS, run(LAYERS, by_activation=vanishing)))
    told = [
        judgement.summary,
        *(text for finding in judgement.findings for text in (finding.message, finding.cause)),
    ]
    assert [text for text in told if translated(text, language) == text] == []


def test_sentences_are_read_from_the_source() -> None:
    source = '"""A page."""\nx = f"{a} is too {b}: it ends."\ny = "a-name"\nz = say(meaning="of its size.")\n'
    assert list(said_in(source)) == ["{0} is too {1}: it ends.", "of its size."]
