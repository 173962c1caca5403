"""Query strings, headers and bodies as the views get them: parsed, or refused with every fault named."""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from service.api.clinic import clinic
from service.errors import MalformedParameter, Problem, TooLarge, UnsupportedMediaType
from service.schemas.body.reading import read_body
from service.schemas.body.tree import Body as Tree
from service.schemas.limits import Limits

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Body:
    """A body as it came, of a media type that the operation takes."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.content).hexdigest()

    def read(self, limits: Limits) -> Tree:
        """The mapping that it is; raises MalformedBody."""
        return read_body(self.content, self.media_type, limits)


def query(model: type[Model]) -> Model:
    """The query string; a parameter given twice is refused unless the model wants a list."""
    lists = {field.alias or name for name, field in model.model_fields.items() if _is_list(field.annotation)}
    given = {
        name: values[0] if len(values) == 1 and name not in lists else values
        for name, values in request.args.lists()
    }
    return _validate(model, given)


def headers(model: type[Model]) -> Model:
    """The headers that the model names by alias; all others are not looked at."""
    names = [field.alias for field in model.model_fields.values() if field.alias]
    return _validate(model, {name: request.headers[name] for name in names if name in request.headers})


def body(media_types: tuple[str, ...], others: tuple[str, ...] = ()) -> Body:
    """The body, whose size is bounded before it is read; `others` are media types read elsewhere."""
    if request.mimetype not in media_types:
        sent = request.mimetype or "none"
        raise UnsupportedMediaType(
            f"this resource takes {', '.join((*media_types, *others))}; the header Content-Type says {sent}"
        )
    limit = clinic().settings.limits.body_bytes
    too_large = TooLarge(f"a body may have at most {limit} bytes (limit `body_bytes`)")
    # One byte more: werkzeug cuts a chunked body off at its maximum without a word.
    request.max_content_length = limit + 1
    try:
        content = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise too_large from error
    if len(content) > limit:
        raise too_large
    return Body(content, request.mimetype)


def _is_list(annotation: object) -> bool:
    return get_origin(annotation) in {tuple, list}


def _validate(model: type[Model], given: Mapping[str, object]) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = [_problem(model, fault["loc"], fault["msg"], fault["type"]) for fault in error.errors()]
        raise MalformedParameter(
            "; ".join(problem.message for problem in problems), problems=problems
        ) from error


def _problem(model: type[BaseModel], place: tuple[int | str, ...], message: str, kind: str) -> Problem:
    name = str(place[0]) if place else "parameters"
    if kind != "extra_forbidden":
        return Problem("", f"{name}: {message}")
    known = [field.alias or own for own, field in model.model_fields.items()]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"known parameters: {', '.join(known)}"
    return Problem("", f"{name}: there is no such parameter", hint)
