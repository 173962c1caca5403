"""A failure as it is sent: RFC 9457, with every single fault and where it lies."""

from pydantic import Field

from service.errors import Whose
from service.schemas.base import Output


class Fault(Output):
    """One thing that is wrong with what was sent."""

    pointer: str
    """JSON pointer into the body; empty for the whole body and for parameters."""
    message: str
    hint: str | None = None
    """What to write instead."""
    line: int | None = None
    """Line of a YAML body, from 1."""


class ProblemDetails(Output):
    """Why a request was refused or failed; `type` and `code` never change once published."""

    type: str
    """Where the manual explains this kind of problem."""
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    code: str
    whose: Whose
    """`client`: change the request. `service`: nothing is wrong with it."""
    retry: bool
    """Whether the same request can succeed later."""
    problems: tuple[Fault, ...] = ()
    """All faults at once, each with its place."""
    instance: str
    """Path of the request."""
    request_id: str
    """Also in the header `X-Request-ID` and in the service's log."""
