"""What can go wrong: each error with a stable code, whose fault it is and whether a retry can help."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Whose = Literal["client", "service"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what a client sent, and where.

    `pointer` is a JSON pointer into the body (`""` is the whole body), `line` counts from 1 and is
    known only where the body was YAML.
    """

    pointer: str
    message: str
    hint: str | None = None
    line: int | None = None


class ClinicError(Exception):
    """Anything the service says no with; `code` never changes once published."""

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    http_status: ClassVar[int] = 500
    whose: ClassVar[Whose] = "service"
    retry: ClassVar[bool] = False

    def __init__(
        self, detail: str, *, problems: Sequence[Problem] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        self.retry_after = retry_after


class MalformedBody(ClinicError):
    """The body is not what its media type says."""

    code, title, http_status, whose = "malformed-body", "The body cannot be read", 400, "client"


class MalformedParameter(ClinicError):
    """A query parameter, cursor or header cannot be read."""

    code, title, http_status, whose = "malformed-parameter", "A parameter cannot be read", 400, "client"


class InvalidSubmission(ClinicError):
    """The submission can be read, but what it describes cannot be run; `problems` holds all of it."""

    code, title, http_status, whose = "invalid-submission", "The submission is not valid", 422, "client"


class BadRequest(ClinicError):
    """The request breaks a rule of HTTP itself, or ended before its announced length."""

    code, title, http_status, whose = "bad-request", "The request cannot be read", 400, "client"


class NotFound(ClinicError):
    """There is no such thing here."""

    code, title, http_status, whose = "not-found", "Not found", 404, "client"


class MethodNotAllowed(ClinicError):
    """The resource exists, but not for this method; the header `Allow` lists those that it takes."""

    code, title, http_status, whose = "method-not-allowed", "Method not allowed", 405, "client"


class Conflict(ClinicError):
    """The request contradicts what is already stored."""

    code, title, http_status, whose = "conflict", "Conflict", 409, "client"


class IdempotencyMismatch(ClinicError):
    """An Idempotency-Key was used again with another body."""

    code, title, http_status, whose = (
        "idempotency-mismatch",
        "Idempotency key used for another body",
        422,
        "client",
    )


class DigestMismatch(ClinicError):
    """The uploaded bytes do not have the digest that their address says."""

    code, title, http_status, whose = "digest-mismatch", "The bytes have another digest", 422, "client"


class TooLarge(ClinicError):
    """The body is over the published limit."""

    code, title, http_status, whose = "too-large", "Too large", 413, "client"


class UnsupportedMediaType(ClinicError):
    """The body's media type is not one that this resource takes."""

    code, title, http_status, whose = "unsupported-media-type", "Unsupported media type", 415, "client"


class Overloaded(ClinicError):
    """Too many of these at once; trying again later helps."""

    code, title, http_status, retry = "overloaded", "Too many requests of this kind at once", 503, True


class Unavailable(ClinicError):
    """Something that the service needs (database, broker) does not answer; `problems` names it."""

    code, title, http_status, retry = "unavailable", "The service is not ready", 503, True


class RunRefused(ClinicError):
    """A run cannot be done for a reason that lies in the submission (memory, time, an impossible network)."""

    code, title, http_status, whose = "run-refused", "The run cannot be done", 422, "client"
