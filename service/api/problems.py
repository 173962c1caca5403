"""Every failure as application/problem+json (RFC 9457), and nothing of the inside in it."""

import logging
from http import HTTPStatus

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from service.errors import (
    BadRequest,
    ClinicError,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    UnsupportedMediaType,
)
from service.schemas.problem import Fault, ProblemDetails

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


KNOWN: dict[int, type[ClinicError]] = {
    error.http_status: error for error in (NotFound, MethodNotAllowed, TooLarge, UnsupportedMediaType)
}


def register(app: Flask) -> None:
    """Answer every exception of the application with a problem."""
    app.register_error_handler(ClinicError, _refusal)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def respond(error: ClinicError) -> Response:
    """The response for an error, with its place in the manual as its type."""
    details = ProblemDetails(
        type=f"/problems/{error.code}",
        title=error.title,
        status=error.http_status,
        detail=error.detail,
        code=error.code,
        whose=error.whose,
        retry=error.retry,
        problems=tuple(
            Fault(pointer=each.pointer, message=each.message, hint=each.hint, line=each.line)
            for each in error.problems
        ),
        instance=request.path,
        request_id=g.request_id,
    )
    response = Response(details.model_dump_json(), status=error.http_status, mimetype=MEDIA_TYPE)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _refusal(error: ClinicError) -> Response:
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s %s: %s [%s]", request.method, request.path, error.detail, g.request_id)
    return respond(error)


def _http(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return Response(error.get_response().get_data(), status, dict(error.get_headers()))
    kind = KNOWN.get(status, BadRequest if status < HTTPStatus.INTERNAL_SERVER_ERROR else ClinicError)
    response = respond(kind(error.description or kind.title))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    log.error("%s %s failed [%s]", request.method, request.path, g.request_id, exc_info=error)
    return respond(
        ClinicError("something went wrong inside the service; its log knows this request by its id")
    )
