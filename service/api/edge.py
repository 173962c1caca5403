"""Where requests come in and answers go out: what a view takes and gives, declared once."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response, request
from pydantic import BaseModel

from service.api import language, parse
from service.errors import (
    ClinicError,
    InvalidSubmission,
    MalformedBody,
    MalformedParameter,
    TooLarge,
    UnsupportedMediaType,
)

View = Callable[..., Any]
Refusals = tuple[type[ClinicError], ...]

BODY_REFUSALS: Refusals = (MalformedBody, TooLarge, UnsupportedMediaType, InvalidSubmission)


@dataclass(frozen=True)
class Reply:
    """One way in which an operation answers; `schema` describes what is no JSON of a model."""

    status: int
    model: type[BaseModel] | None
    description: str
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    schema: Mapping[str, object] | None = None


@dataclass(frozen=True)
class FormBody:
    """A body in parts, which an operation takes beside its plain one."""

    media_type: str
    schema: Mapping[str, object]
    encoding: Mapping[str, object]
    read: Callable[[], Any]


@dataclass(frozen=True)
class Operation:
    """What one view takes, gives and refuses: the source of the parsing and of the OpenAPI document alike."""

    query: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    media_types: tuple[str, ...] = ()
    form: FormBody | None = None
    upload: str | None = None
    """Media type of a body that the view reads as a stream."""
    replies: tuple[Reply, ...] = ()
    refusals: Refusals = ()


def operation_of(view: View) -> Operation:
    """What was declared of a view; empty for one that is no part of the documented interface."""
    operation = getattr(view, "operation", None)
    return operation if isinstance(operation, Operation) else Operation()


def takes(
    *,
    query: type[BaseModel] | None = None,
    headers: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    media_types: tuple[str, ...] = (),
    form: FormBody | None = None,
    upload: str | None = None,
) -> Callable[[View], View]:
    """Hand the view its parameters as `query` and `headers`, parsed, and its body as `body`, in bytes or parts.

    What a body means is left to the view: only its media type and size are checked here.
    """
    refusals: Refusals = (MalformedParameter,) if query or headers else ()
    refusals += BODY_REFUSALS if body else ()

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(**taken: object) -> object:
            if query is not None:
                taken["query"] = parse.query(query)
            if headers is not None:
                taken["headers"] = parse.headers(headers)
            if body is not None:
                taken["body"] = _body(media_types, form)
            return view(**taken)

        known = operation_of(view)
        wrapper.operation = replace(  # type: ignore[attr-defined]
            known,
            query=query,
            headers=headers,
            body=body,
            media_types=media_types,
            form=form,
            upload=upload,
            refusals=(*known.refusals, *refusals),
        )
        return wrapper

    return decorate


def gives(*replies: Reply, refuses: Refusals = ()) -> Callable[[View], View]:
    """Write what the view returns as JSON: a model or `(model, status, headers)`; a response stays as it is."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(**taken: object) -> Response:
            return _respond(view(**taken), replies[0].status)

        known = operation_of(view)
        wrapper.operation = replace(known, replies=replies, refusals=(*known.refusals, *refuses))  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _body(media_types: tuple[str, ...], form: FormBody | None) -> object:
    if form is None:
        return parse.body(media_types)
    in_parts = request.mimetype == form.media_type
    return form.read() if in_parts else parse.body(media_types, (form.media_type,))


def _respond(answer: object, status: int) -> Response:
    if isinstance(answer, Response):
        return answer
    model, status, headers = answer if isinstance(answer, tuple) else (answer, status, {})
    if model is None:
        return Response(status=status, headers=headers)
    spoken = language.wanted()
    content = language.spoken(model, spoken).model_dump_json()
    response = Response(content, status=status, headers=headers, mimetype="application/json")
    language.label(response, model, spoken)
    return response
