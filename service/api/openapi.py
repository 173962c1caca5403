"""The OpenAPI 3.1 document, generated from what the views declare and the models they speak."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from service.api import problems
from service.api.components import Components, components
from service.api.edge import Operation, operation_of
from service.errors import ClinicError
from service.schemas.problem import ProblemDetails

Json = dict[str, Any]
PATH_PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
DESCRIPTION = """
    Post a network and its training plan, get a diagnosis: which layers vanish, explode, are dead, saturated
    or non-finite, and why. `status` says whether the work was done, `verdict` what it found.

    Explanations come in English, Russian or Chinese, as `Accept-Language` asks for; `Content-Language` says which.

    Every failure is `application/problem+json` with a stable `code`. Numbers that are not finite are data:
    they are written as the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
    """


@dataclass(frozen=True)
class Place:
    """A documented view: where it is mounted and what it declares."""

    rule: Rule
    method: str
    tag: str
    name: str
    text: str
    operation: Operation


def document(app: Flask) -> Json:
    """The document of an application; paths and models stand in an order that never changes by itself."""
    places = sorted(_places(app), key=lambda place: (place.rule.rule, place.method))
    known = _components(places)
    paths: Json = {}
    for place in places:
        path = PATH_PARAMETER.sub(r"{\g<name>}", place.rule.rule)
        paths.setdefault(path, {})[place.method] = _operation(app, place, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gradient Clinic",
            "version": version("gradclinic"),
            "description": cleandoc(DESCRIPTION),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _tags(app).items()],
        "paths": paths,
        "components": {"schemas": known.definitions},
    }


def _places(app: Flask) -> Iterator[Place]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        operation = operation_of(view)
        if not operation.replies:
            continue
        tag, _, name = rule.endpoint.rpartition(".")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield Place(rule, method.lower(), tag, name, cleandoc(view.__doc__ or ""), operation)


def _tags(app: Flask) -> dict[str, str]:
    """Resources in the order in which they are mounted, the important ones first."""
    used = {place.tag for place in _places(app)}
    modules = {name: import_module(blueprint.import_name) for name, blueprint in app.blueprints.items()}
    return {name: cleandoc(module.__doc__ or "") for name, module in modules.items() if name in used}


def _components(places: list[Place]) -> Components:
    operations = [place.operation for place in places]
    answered = [reply.model for operation in operations for reply in operation.replies]
    sent = [operation.body for operation in operations]
    parameters = [model for operation in operations for model in (operation.query, operation.headers)]
    return components(
        [ProblemDetails, *(model for model in (*answered, *sent) if model is not None)],
        [model for model in parameters if model is not None],
    )


def _operation(app: Flask, place: Place, known: Components) -> Json:
    operation = place.operation
    summary, _, description = place.text.partition("\n\n")
    written: Json = {
        "operationId": f"{place.tag}.{place.name}",
        "tags": [place.tag],
        "summary": " ".join(summary.split()).rstrip("."),
        "description": description,
        "parameters": [
            *_path_parameters(app, place.rule),
            *known.parameters("query", operation.query),
            *known.parameters("header", operation.headers),
        ],
        "requestBody": _body(operation, known),
        "responses": _responses(operation, known),
    }
    return {key: value for key, value in written.items() if value}


def _path_parameters(app: Flask, rule: Rule) -> Iterator[Json]:
    for match in PATH_PARAMETER.finditer(rule.rule):
        converter = app.url_map.converters[match["converter"] or "default"]
        schema = {"type": "string", "pattern": f"^{converter.regex}$"}
        yield {"name": match["name"], "in": "path", "required": True, "schema": schema}


def _body(operation: Operation, known: Components) -> Json | None:
    if operation.upload:
        return {"required": True, "content": {operation.upload: {}}}
    if operation.body is None:
        return None
    schema = known.reference(operation.body)
    content: Json = {media: {"schema": schema} for media in operation.media_types}
    if operation.form is not None:
        form = operation.form
        content[form.media_type] = {"schema": form.schema, "encoding": form.encoding}
    return {"required": True, "content": content}


def _responses(operation: Operation, known: Components) -> Json:
    responses: Json = {}
    for reply in operation.replies:
        written = responses.setdefault(str(reply.status), {"description": reply.description})
        for name, text in reply.headers.items():
            header = {"description": text, "schema": {"type": "string"}}
            written.setdefault("headers", {})[name] = header
        schema = known.reference(reply.model) if reply.model else reply.schema
        if schema is not None:
            written.setdefault("content", {})[reply.media_type] = {"schema": schema}
    for status, refusals in _by_status(operation).items():
        causes = "; ".join(f"`{refusal.code}`: {refusal.title}" for refusal in refusals)
        responses[str(status)] = _problem(causes, known)
    responses["default"] = _problem("Any other problem", known)
    return responses


def _by_status(operation: Operation) -> dict[int, list[type[ClinicError]]]:
    statuses: dict[int, list[type[ClinicError]]] = {}
    for refusal in sorted(set(operation.refusals), key=lambda each: (each.http_status, each.code)):
        statuses.setdefault(refusal.http_status, []).append(refusal)
    return statuses


def _problem(description: str, known: Components) -> Json:
    content = {problems.MEDIA_TYPE: {"schema": known.reference(ProblemDetails)}}
    return {"description": description, "content": content}
