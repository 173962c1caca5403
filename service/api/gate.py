"""What every request passes first and every response last: an id, and headers that keep browsers careful."""

import re
import uuid

from flask import Flask, Response, g, request

from service.api.incoming import Incoming

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def register(app: Flask) -> None:
    """Put the gate around the application."""
    app.before_request(admit)
    app.after_request(dress)


def admit() -> None:
    """Name the request and guard its body; who asks, and what it may see, is a question for this same place."""
    request.environ["wsgi.input"] = Incoming(request.environ["wsgi.input"])
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def dress(response: Response) -> Response:
    """Add the security headers that the view did not set itself, and the request's id."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-ID"] = g.request_id
    return response
