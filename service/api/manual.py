"""The interface's own manual: the OpenAPI document, and a page made from it that loads nothing else."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from service.api import openapi, prose
from service.api.edge import Reply, gives
from service.errors import ClinicError, NotFound

blueprint = Blueprint("manual", __name__, template_folder="templates")

Json = dict[str, Any]
STYLE = (Path(__file__).parent / "templates" / "manual.css").read_text(encoding="utf-8")
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"


@blueprint.get("/openapi.json")
@gives(Reply(200, None, "This document", schema={"type": "object"}))
def document() -> Response:
    """Read this interface as OpenAPI 3.1."""
    content = json.dumps(openapi.document(current_app), ensure_ascii=False)
    response = Response(content, mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@blueprint.get("/docs")
def page() -> Response:
    """The manual as one page, without scripts."""
    described = openapi.document(current_app)
    content = render_template(
        "manual.html",
        style=STYLE,
        document=described,
        groups=groups(described),
        tags={tag["name"]: tag["description"] for tag in described["tags"]},
        host=request.host_url,
        problems=sorted(known_problems(), key=lambda kind: (kind.http_status, kind.code)),
        prose=prose,
    )
    return Response(content, mimetype="text/html", headers={"Content-Security-Policy": POLICY})


@blueprint.get("/problems/<code>")
def problem(code: str) -> Redirect:
    """The `type` of a problem leads to its place in the manual."""
    if code not in {kind.code for kind in known_problems()}:
        raise NotFound("there is no such kind of problem")
    return redirect(url_for("manual.page", _anchor=f"problem-{code}"))


def groups(described: Json) -> dict[str, list[Json]]:
    """Operations by resource, each with its method and path."""
    found: dict[str, list[Json]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            place = {**operation, "method": method.upper(), "path": path}
            found[operation["tags"][0]].append(place)
    return found


def known_problems(kind: type[ClinicError] = ClinicError) -> Iterator[type[ClinicError]]:
    """Every kind of problem that the service can answer with."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from known_problems(narrower)
