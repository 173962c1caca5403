"""Explanations in the reader's language: what is about to be answered, with its sentences translated."""

from typing import Any

from flask import Response, request
from pydantic import BaseModel

from service.diagnosis.language import LANGUAGES, translated
from service.schemas.diagnosis import Diagnosis, DiagnosisSummary, Finding, Judgement, Measurement, Symptom
from service.schemas.onnx import ImportReport
from service.schemas.page import Page
from service.schemas.validation import Validation

SPEAKING = (
    Diagnosis, DiagnosisSummary, Judgement, Finding, Measurement, Symptom, Page, Validation, ImportReport,
)  # fmt: skip
"""Models with sentences in them, at any depth."""
SENTENCES = frozenset({"message", "cause", "summary", "reason", "meaning", "lost"})


def wanted() -> str:
    """The language that `Accept-Language` asks for; English where it asks for none that is spoken."""
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def spoken(model: BaseModel, language: str) -> BaseModel:
    """The same with its sentences in a language."""
    if language == LANGUAGES[0] or not isinstance(model, SPEAKING):
        return model
    found = ((name, getattr(model, name)) for name in type(model).model_fields)
    return model.model_copy(update={name: _in(name, value, language) for name, value in found})


def label(response: Response, model: BaseModel, language: str) -> None:
    """Say in the headers which language it is, and that there are others."""
    if isinstance(model, SPEAKING):
        response.headers["Content-Language"] = language
        response.vary.add("Accept-Language")


def _in(name: str, value: Any, language: str) -> Any:
    if isinstance(value, str):
        return translated(value, language) if name in SENTENCES else value
    if isinstance(value, tuple):
        return tuple(_in(name, each, language) for each in value)
    return spoken(value, language) if isinstance(value, BaseModel) else value
