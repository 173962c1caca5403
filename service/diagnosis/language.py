"""Explanations in other languages: sentences are stored in English and translated when they are read.

A message of a catalogue is a pattern: "{0} saturates: {1} % ..." is found in what was said, and its fields stand in the
translation, translated themselves where they are messages too. So what was stored by an older release can be read in
any language, and a sentence without translation stays as it is.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.pofile import read_po

LANGUAGES = ("en", "ru", "zh")
"""What is spoken; the first is what is stored."""
FOLDER = Path(__file__).with_name("locale")
_FIELD = re.compile(r"\{(\d+)\}")


class Phrase(NamedTuple):
    """One message of a catalogue, ready to be found in what was said."""

    pattern: re.Pattern[str]
    fields: tuple[str, ...]
    translation: str


def translated(sentence: str, language: str) -> str:
    """The sentence in a language; as it is where that is English or the catalogue has no pattern for it."""
    if language == LANGUAGES[0] or not sentence.strip():
        return sentence
    plain, phrases = _phrases(language)
    if sentence in plain:
        return plain[sentence]
    for phrase in phrases:
        match = phrase.pattern.fullmatch(sentence)
        if match:
            return _filled(phrase, [translated(part, language) for part in match.groups()])
    return sentence


def _filled(phrase: Phrase, parts: list[str]) -> str:
    """The translation with its fields, which may stand in another order."""
    values = dict(zip(phrase.fields, parts, strict=True))
    return _FIELD.sub(lambda found: values[found[1]], phrase.translation)


@cache
def catalogue(language: str) -> dict[str, str]:
    """Messages of a language with their translations."""
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file, locale=language) if each.id}


def fields(message: str) -> tuple[str, ...]:
    """Fields of a message in order."""
    return tuple(_FIELD.findall(message))


@cache
def _phrases(language: str) -> tuple[dict[str, str], tuple[Phrase, ...]]:
    """Messages without fields, and patterns of the others, those that say the most first."""
    known = catalogue(language)
    plain = {message: translation for message, translation in known.items() if not fields(message)}
    wide = sorted((message for message in known if fields(message)), key=lambda m: -len(_FIELD.sub("", m)))
    return plain, tuple(_compiled(known, wide))


def _compiled(known: dict[str, str], messages: list[str]) -> Iterator[Phrase]:
    for message in messages:
        literals = [re.escape(part) for part in re.split(r"\{\d+\}", message)]
        yield Phrase(re.compile("(.*?)".join(literals), re.DOTALL), fields(message), known[message])
